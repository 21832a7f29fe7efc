package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/internal/fwmark"
	"github.com/ldirector/ldirector/internal/migrate"
	"github.com/ldirector/ldirector/internal/plan"
	"github.com/ldirector/ldirector/internal/tuning"
)

const tuningName = "tuning.json"

// Back-off between attempts to set what could not be set.
const (
	minSettingsRetry = time.Second
	maxSettingsRetry = 30 * time.Second
)

// routesInterval is how often the routes to real servers are looked at again.
// Which settings of interfaces are needed depends on them.
const routesInterval = 30 * time.Second

// settings are what the kernel is told besides the table: timeouts, sysctls and
// firewall marks.
type settings struct {
	tuner   *tuning.Tuner
	marks   *fwmark.Table
	log     *slog.Logger
	wishes  chan wish
	trouble atomic.Pointer[string] // why the last attempt failed
	keep    atomic.Bool            // nothing is restored at the end

	wanted *config.Config // belongs to the goroutine in run
}

// A wish is what is wanted from now on.
type wish struct {
	cfg   *config.Config
	reply chan error // has room for the outcome of the first attempt
}

func newSettings(kernel tuning.Kernel, stateDir string, log *slog.Logger) *settings {
	return &settings{
		tuner:  tuning.New(tuning.Config{SysctlDir: tuning.SysctlDir, Record: filepath.Join(stateDir, tuningName)}, kernel, log),
		marks:  fwmark.New(log),
		log:    log,
		wishes: make(chan wish),
	}
}

// set says what is wanted from now on, and returns what the first attempt
// failed with. Others follow.
func (s *settings) set(ctx context.Context, cfg *config.Config) error {
	w := wish{cfg: cfg, reply: make(chan error, 1)}
	select {
	case s.wishes <- w:
		return <-w.reply
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run keeps the settings as wanted, from when the table is ready: a mark before
// its service would send packets astray. At the end it restores what was, if
// the services leave, too.
func (s *settings) run(ctx context.Context, cfg *config.Config, ready <-chan struct{}) error {
	s.wanted = cfg
	select {
	case <-ready:
	case <-ctx.Done():
		return s.restore(ctx)
	}
	retry := minSettingsRetry
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return s.restore(ctx)
		case w := <-s.wishes:
			s.wanted = w.cfg
			err = s.apply(ctx)
			w.reply <- err
		case <-timer.C:
			err = s.apply(ctx)
		}
		timer.Stop()
		if err == nil {
			retry = minSettingsRetry
			if hasPaths(s.wanted.Director) {
				timer.Reset(routesInterval)
			}
			continue
		}
		timer.Reset(retry)
		retry = min(2*retry, maxSettingsRetry)
	}
}

// apply sets everything once.
func (s *settings) apply(ctx context.Context) error {
	err := errors.Join(s.tuner.Apply(ctx, tuned(s.wanted)), s.marks.Apply(ctx, s.wanted.Marks))
	text, before := "", s.err()
	if err != nil {
		text = err.Error()
	}
	s.trouble.Store(&text)
	switch {
	case text == before:
	case text != "":
		s.log.Error("kernel not set as configured", "err", text)
	default:
		s.log.Info("kernel set as configured again")
	}
	return err
}

// restore puts back what was before.
func (s *settings) restore(ctx context.Context) error {
	if s.wanted.Director.OnExit == director.KeepOnExit || s.keep.Load() {
		return nil // what stays in service needs them
	}
	ctx = context.WithoutCancel(ctx)
	return errors.Join(s.marks.Remove(ctx), s.tuner.Restore(ctx))
}

// err is why the kernel is not as wanted, "" if it is.
func (s *settings) err() string {
	if text := s.trouble.Load(); text != nil {
		return *text
	}
	return ""
}

// differences lists what apply would change for cfg.
func (s *settings) differences(ctx context.Context, cfg *config.Config) ([]plan.Argument, error) {
	var arguments []plan.Argument
	tunings, err := s.tuner.Diff(ctx, tuned(cfg))
	if err != nil {
		return nil, err
	}
	for _, d := range tunings {
		arguments = append(arguments, tuningArgument(d))
	}
	marks, err := s.marks.Diff(ctx, cfg.Marks)
	for _, d := range marks {
		arguments = append(arguments, markArgument(d))
	}
	return arguments, err
}

// tuned is what a configuration says of timeouts and sysctls, and what probes
// through the forwarding path need.
func tuned(cfg *config.Config) tuning.Settings {
	return tuning.Settings{Timeouts: cfg.IPVS.Timeouts, Sysctl: cfg.IPVS.Sysctl, Interfaces: pathSettings(cfg.Director)}
}

// tuningArgument is a difference of timeouts or sysctls as a line of a plan.
func tuningArgument(d tuning.Difference) plan.Argument {
	if name, ok := strings.CutPrefix(d.Name, "net.ipv4.vs."); ok {
		return plan.Argument{Name: "sysctl." + name, From: d.Have, To: d.Want}
	}
	if strings.Contains(d.Name, "/") {
		return plan.Argument{Name: d.Name, From: d.Have, To: d.Want}
	}
	return plan.Argument{Name: d.Name, From: durationText(d.Have), To: durationText(d.Want)}
}

// durationText writes a duration as a configuration does.
func durationText(text string) string {
	d, err := time.ParseDuration(text)
	if err != nil {
		return text
	}
	return strconv.Quote(migrate.FormatDuration(d))
}

// markArgument is a difference of marks as a line of a plan.
func markArgument(d fwmark.Difference) plan.Argument {
	a := plan.Argument{Name: fmt.Sprintf("fwmark %d match", d.Mark)}
	if d.Have {
		a.From = "old"
	}
	if d.Want {
		a.To = "new"
	}
	return a
}
