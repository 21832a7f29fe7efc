// Package misc asks real servers by a program of the operator's, as
// keepalived's MISC_CHECK does.
//
// It fails closed: a program that is missing, cannot be run or may be changed
// by others is a failed probe with that reason, where keepalived takes it for
// a healthy server. What is tried again instead is what this host alone lacks:
// processes, memory, descriptors.
//
// On one CPU of an EPYC, a static program costs 0.9 milliseconds of CPU time, a
// shell script 1.0 and each program that it starts another 1.0 (BenchmarkProbe),
// nearly all of it the kernel's work of making and ending processes. While a
// program runs it holds a thread and two descriptors.
package misc

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/script"
)

// Config is a misc_check block.
type Config struct {
	// Command is a program and its arguments; no shell is involved
	// (keepalived: misc_path). A program without a slash is looked for in
	// [script.SearchPath].
	Command []string

	// Dynamic makes exit statuses from 2 to 255 healthy with a weight of the
	// status less 2 (keepalived: misc_dynamic). Status 0 is healthy with the
	// configured weight, 1 is down.
	Dynamic bool

	// Nagios takes exit statuses as plugins of Nagios mean them: 0 is healthy,
	// 1 is healthy with a warning, 2 is down. 3 means that the plugin could
	// not tell, and is down too.
	Nagios bool

	// User is the name of the user that the program runs as, with all the
	// user's groups, or with Group alone if that is not empty (keepalived: user
	// and script_user). "" is the user of this process.
	User, Group string

	// Env is added to the program's environment: VIP, VPORT and PROTOCOL, as
	// far as there is a virtual server with these. RIP and RPORT, the address
	// that is probed, and STATE, what is known of it ("unknown", "up", "down"),
	// come with each probe.
	Env []string
}

// A Prober runs a program to learn whether a real server is healthy.
type Prober struct {
	config  Config
	account atomic.Pointer[script.Account] // nil until it has been found
}

var (
	_ healthcheck.Forker   = (*Prober)(nil)
	_ healthcheck.Preparer = (*Prober)(nil)
)

// New returns the prober of a configuration. The error says why that cannot
// work on any host.
func New(c Config) (*Prober, error) {
	switch {
	case len(c.Command) == 0 || c.Command[0] == "":
		return nil, errors.New("misc_path names no program")
	case strings.Contains(c.Command[0], "/") && !filepath.IsAbs(c.Command[0]):
		return nil, fmt.Errorf("misc_path runs %q, which depends on the working directory: write an absolute path", c.Command[0])
	case strings.ContainsRune(strings.Join(slices.Concat(c.Command, c.Env), ""), 0):
		return nil, errors.New("misc_path holds a NUL character, which no program can be given")
	case c.Dynamic && c.Nagios:
		return nil, errors.New("misc_dynamic and nagios give the exit status two meanings: choose one")
	case c.Group != "" && c.User == "":
		return nil, fmt.Errorf("group %s needs a user", c.Group)
	}
	c.Command, c.Env = slices.Clone(c.Command), slices.Clone(c.Env)
	return &Prober{config: c}, nil
}

// Kind is "misc_check".
func (p *Prober) Kind() string { return "misc_check" }

// Forks says that each probe starts a process.
func (p *Prober) Forks() {}

// Prepare returns why the program would not be run now: its user is unknown,
// it is missing or not executable, or, as root, others could change it. See
// [script.Account.Check].
func (p *Prober) Prepare() error {
	account, err := script.FindAccount(p.config.User, p.config.Group)
	if err != nil {
		return err
	}
	p.account.Store(&account)
	path, err := script.Find(p.config.Command[0])
	if err != nil {
		return err
	}
	return account.Check(path)
}

// Probe runs the program and judges its exit status. The last line of its
// output, of a Nagios plugin the first, says why a server is down. When ctx is
// done, the program's process group gets SIGTERM and half a second later
// SIGKILL (keepalived: misc_timeout, with 2 seconds); Probe returns when
// nothing of it is left. See [script.Run].
func (p *Prober) Probe(ctx context.Context, t healthcheck.Target, was healthcheck.State) (healthcheck.Result, error) {
	outcome, err := p.run(ctx, t, was)
	if err != nil {
		return healthcheck.Result{}, classify(err)
	}
	if outcome.Signal != 0 {
		return healthcheck.Result{}, killed(outcome)
	}
	if p.config.Nagios {
		return judgeNagios(outcome)
	}
	return judge(outcome, p.config.Dynamic)
}

// run runs the program, if that is still safe.
func (p *Prober) run(ctx context.Context, t healthcheck.Target, was healthcheck.State) (script.Outcome, error) {
	account := p.account.Load()
	if account == nil {
		found, err := script.FindAccount(p.config.User, p.config.Group)
		if err != nil {
			return script.Outcome{}, err
		}
		account = &found
		p.account.Store(account)
	}
	cmd, err := account.Command(p.config.Command, slices.Concat(p.config.Env, []string{
		"RIP=" + t.Addr.Addr().String(),
		"RPORT=" + strconv.Itoa(int(t.Addr.Port())),
		"STATE=" + was.String(),
	}))
	if err != nil {
		return script.Outcome{}, err
	}
	if err := account.Check(cmd.Path); err != nil {
		return script.Outcome{}, err
	}
	return script.Run(ctx, cmd)
}

// classify marks errors that say nothing about the target: this host lacks
// processes, memory or descriptors, or somebody is writing the program now.
func classify(err error) error {
	errno, ok := errors.AsType[syscall.Errno](err)
	if !ok {
		return err
	}
	switch errno {
	case unix.EAGAIN, unix.ENOMEM, unix.EMFILE, unix.ENFILE, unix.ETXTBSY:
		return fmt.Errorf("%w: %w", healthcheck.ErrLocal, err)
	default:
		return err
	}
}
