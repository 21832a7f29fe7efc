package nettest

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// netnsDir is where iproute2 keeps named network namespaces.
const netnsDir = "/run/netns"

// A Namespace is a network namespace that lives as long as a test.
type Namespace struct {
	tb   TB
	name string
}

// New creates a network namespace with lo up and IPv6 duplicate address
// detection off. Its name ends with the given name and is unique on this
// machine. When the test ends, the processes in it are killed and the
// namespace is removed.
func New(tb TB, name string) *Namespace {
	tb.Helper()
	ns := &Namespace{tb: tb, name: fmt.Sprintf("ldt-%d-%06x-%s", os.Getpid(), rand.Uint32N(1<<24), name)}
	if err := ip("netns", "add", ns.name); err != nil {
		tb.Fatalf("create network namespace: %v", err)
	}
	tb.Cleanup(ns.remove)
	ns.writeSysctl("net/ipv6/conf/all/accept_dad", "0")
	ns.writeSysctl("net/ipv6/conf/default/accept_dad", "0")
	ns.Run("ip", "link", "set", "lo", "up")
	return ns
}

// ip runs iproute2 outside any namespace.
func ip(args ...string) error {
	path, err := program("ip")
	if err != nil {
		return err
	}
	if out, err := exec.Command(path, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, bytes.TrimSpace(out))
	}
	return nil
}

// writeSysctl sets a sysctl in the namespace; one that the kernel does not
// have (IPv6 may be disabled) is left out.
func (ns *Namespace) writeSysctl(name, value string) {
	ns.tb.Helper()
	err := ns.Do(func() error {
		return os.WriteFile(filepath.Join("/proc/sys", name), []byte(value), 0)
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		ns.tb.Fatalf("prepare network namespace: %v", err)
	}
}

// Name returns the namespace's name as "ip netns list" shows it.
func (ns *Namespace) Name() string { return ns.name }

// Path returns the file that holds the namespace, for setns(2).
func (ns *Namespace) Path() string { return filepath.Join(netnsDir, ns.name) }

// Do runs f in the namespace and returns its error. Sockets that f opens stay
// in the namespace for good, also when they are used after Do; processes that
// f starts run in it.
//
// f has its own goroutine and thread. Goroutines that f starts are not in the
// namespace: a net.Dialer that tries two address families in parallel, for
// example, leaves it. Files under /proc/net belong to the process, not to the
// thread: f reads /proc/thread-self/net instead. f may end the test (FailNow).
func (ns *Namespace) Do(f func() error) error {
	var err error
	returned := false
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		home, openErr := enter(ns.Path())
		if openErr != nil {
			runtime.UnlockOSThread()
			err, returned = openErr, true
			return
		}
		defer func() {
			// A thread that cannot go home stays locked and ends with this goroutine.
			if setns(home) == nil {
				runtime.UnlockOSThread()
			}
			_ = home.Close()
		}()
		err = f()
		returned = true
	}()
	<-done
	if !returned { // f left by runtime.Goexit
		runtime.Goexit()
	}
	return err
}

// enter moves the calling thread into the namespace at path and returns the one
// it comes from.
func enter(path string) (home *os.File, err error) {
	target, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open network namespace: %w", err)
	}
	defer func() { _ = target.Close() }()
	home, err = os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return nil, fmt.Errorf("open own network namespace: %w", err)
	}
	if err := setns(target); err != nil {
		return nil, errors.Join(fmt.Errorf("enter %s: %w", path, err), home.Close())
	}
	return home, nil
}

// setns moves the calling thread into a network namespace.
func setns(ns *os.File) error {
	return unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET)
}

// Command returns a command that runs inside the namespace, in a process group
// of its own, and is killed with the test at the latest. A program that PATH
// lacks is also looked for in the directories for root's programs.
//
// The process has the pid that cmd.Process shows. It gets SIGKILL if the test
// binary dies; so it must not be started from a goroutine that ends with its
// thread locked.
func (ns *Namespace) Command(name string, args ...string) *exec.Cmd {
	ipPath, err := program("ip")
	if err == nil {
		name, err = program(name)
	}
	cmd := exec.Command(ipPath, append([]string{"netns", "exec", ns.name, name}, args...)...)
	if err != nil {
		cmd.Err = err
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return cmd
}

// Run runs a program to its end inside the namespace and returns its standard
// output and error. The test fails at once if the program does.
func (ns *Namespace) Run(name string, args ...string) string {
	ns.tb.Helper()
	out, err := ns.Command(name, args...).CombinedOutput()
	if err != nil {
		ns.tb.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// killTimeout bounds the wait for killed processes.
const killTimeout = 10 * time.Second

// remove kills the processes in the namespace and deletes it.
func (ns *Namespace) remove() {
	// Again and again, because a process may start another one meanwhile.
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for deadline := time.Now().Add(killTimeout); ; <-tick.C {
		pids := ns.processes()
		if len(pids) == 0 {
			break
		}
		if time.Now().After(deadline) {
			ns.tb.Errorf("processes %v in %s outlive SIGKILL", pids, ns.name)
			break
		}
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended by itself
		}
	}
	if err := ip("netns", "delete", ns.name); err != nil {
		ns.tb.Errorf("remove network namespace: %v", err)
	}
}

// processes returns the pids of the processes in the namespace.
func (ns *Namespace) processes() []int {
	path, err := program("ip")
	if err != nil {
		return nil
	}
	out, err := exec.Command(path, "netns", "pids", ns.name).Output()
	if err != nil {
		return nil
	}
	var pids []int
	for field := range strings.FieldsSeq(string(out)) {
		// The test itself shows up if its main thread is in Do.
		if pid, err := strconv.Atoi(field); err == nil && pid != os.Getpid() {
			pids = append(pids, pid)
		}
	}
	return pids
}
