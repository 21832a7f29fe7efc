package nettest

import (
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestStopSendsTerm(t *testing.T) {
	Require(t, NetNS)
	ns := New(t, "stop")
	p := ns.Start(ns.Command("sh", "-c", `trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.01; done`))
	awaitOutput(t, p, "ready")
	err := p.Stop(10 * time.Second)
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 7 {
		t.Errorf("got %v, want exit status 7", err)
	}
	if !strings.HasSuffix(p.Output(), "bye\n") {
		t.Errorf("output %q, want it to end with the trap's", p.Output())
	}
	if err := p.Stop(time.Second); err == nil || !strings.Contains(err.Error(), "exit status 7") {
		t.Errorf("second Stop: got %v, want the same outcome", err)
	}
}

func TestWaitKillsTheGroupAfterTheTimeout(t *testing.T) {
	Require(t, NetNS)
	ns := New(t, "wait")
	p := ns.Start(ns.Command("sh", "-c", "sleep 600 & echo child $!; wait"))
	awaitOutput(t, p, "child")
	child, err := strconv.Atoi(strings.Fields(p.Output())[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(time.Millisecond); err == nil || !strings.Contains(err.Error(), "did not end") {
		t.Errorf("got %v, want a time-out", err)
	}
	Eventually(t, 5*time.Second, "the child is gone", func() error {
		if err := syscall.Kill(child, 0); !errors.Is(err, syscall.ESRCH) {
			return errors.Join(errors.New("signal 0 reached it"), err)
		}
		return nil
	})
}

func TestOutputGoesToTheLogOfAFailedTest(t *testing.T) {
	Require(t, NetNS)
	tb := &recorder{TB: t}
	tb.run(func() {
		ns := New(tb, "log")
		p := ns.Start(ns.Command("sh", "-c", "echo from the program"))
		<-p.Done()
		tb.Fatalf("failed on purpose")
	})
	if !strings.Contains(tb.text, "from the program") || !strings.Contains(tb.text, "exit status 0") {
		t.Errorf("log %q, want the program's output and status", tb.text)
	}
}

func awaitOutput(t *testing.T, p *Process, want string) {
	t.Helper()
	Eventually(t, 10*time.Second, "the program has written "+want, func() error {
		if out := p.Output(); !strings.Contains(out, want) {
			return fmt.Errorf("output %q", out)
		}
		return nil
	})
}
