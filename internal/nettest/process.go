package nettest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A Process is a program that runs beside a test.
type Process struct {
	cmd    *exec.Cmd
	output lockedBuffer
	done   chan struct{} // closed when err holds what Wait returned
	err    error
}

// Start starts cmd, which comes from [Namespace.Command], and collects its output
// unless cmd has its own writers. When the test ends, the program and its
// process group are killed; if the test failed, the output goes to its log.
func (ns *Namespace) Start(cmd *exec.Cmd) *Process {
	ns.tb.Helper()
	return start(ns.tb, cmd)
}

// start starts cmd, whose process group is its own, until the test ends.
func start(tb TB, cmd *exec.Cmd) *Process {
	tb.Helper()
	p := &Process{cmd: cmd, done: make(chan struct{})}
	if cmd.Stdout == nil {
		cmd.Stdout = &p.output
	}
	if cmd.Stderr == nil {
		cmd.Stderr = &p.output
	}
	cmd.WaitDelay = time.Second // a grandchild may hold the output open
	if err := cmd.Start(); err != nil {
		tb.Fatalf("start %s: %v", strings.Join(cmd.Args, " "), err)
	}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	tb.Cleanup(func() {
		p.Kill()
		if tb.Failed() {
			tb.Logf("%s: %s\n%s", strings.Join(cmd.Args, " "), cmd.ProcessState, p.Output())
		}
	})
	return p
}

// Pid returns the program's process id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Output returns what the program has written to standard output and error.
func (p *Process) Output() string { return p.output.String() }

// Done is closed when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Signal sends sig to the program alone.
func (p *Process) Signal(sig syscall.Signal) error { return p.cmd.Process.Signal(sig) }

// Kill ends the program and its process group with SIGKILL and waits for it.
func (p *Process) Kill() {
	// Also when the program has ended: its children may live on in the group,
	// and while one does, the number is not given to another group.
	_ = syscall.Kill(-p.Pid(), syscall.SIGKILL)
	<-p.done
}

// Stop sends SIGTERM and returns what Wait returns. A program that has not
// ended after the timeout is killed, and that is the error.
func (p *Process) Stop(timeout time.Duration) error {
	if err := p.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal %s: %w", p.cmd.Path, err)
	}
	return p.Wait(timeout)
}

// Wait returns the program's outcome as [exec.Cmd.Wait] does. A program that
// has not ended after the timeout is killed, and that is the error.
func (p *Process) Wait(timeout time.Duration) error {
	select {
	case <-p.done:
		return p.err
	case <-time.After(timeout):
		p.Kill()
		return fmt.Errorf("%s did not end within %v", strings.Join(p.cmd.Args, " "), timeout)
	}
}

// lockedBuffer is a bytes.Buffer that a process may fill while a test reads it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
