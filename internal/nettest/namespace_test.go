package nettest

import (
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestNamespaceIsRemovedWithItsProcesses(t *testing.T) {
	Require(t, NetNS)
	var ns *Namespace
	var pid int
	tb := &recorder{TB: t}
	tb.run(func() {
		ns = New(tb, "gone")
		cmd := ns.Command("sh", "-c", "setsid sleep 600 & echo $!; exec sleep 600")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Error(err)
			return
		}
		if err := cmd.Start(); err != nil {
			t.Error(err)
			return
		}
		pid = cmd.Process.Pid
		out.Read(make([]byte, 16)) // the grandchild has started
		tb.Cleanup(func() { go cmd.Wait() })
	})
	if _, err := os.Stat(ns.Path()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("stat of the removed namespace: %v, want it not to exist", err)
	}
	Eventually(t, 5*time.Second, "the processes are gone", func() error {
		if err := syscall.Kill(-pid, 0); err != syscall.ESRCH {
			return errors.New("the process group still exists")
		}
		return nil
	})
}

func TestDoRunsInTheNamespace(t *testing.T) {
	Require(t, NetNS)
	ns := New(t, "do")
	outside, err := os.Readlink("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	var inside string
	var listener net.Listener
	err = ns.Do(func() (err error) {
		if inside, err = os.Readlink("/proc/thread-self/ns/net"); err != nil {
			return err
		}
		listener, err = net.Listen("tcp", "127.0.0.1:0") // lo is up
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if inside == outside {
		t.Error("Do ran in the test's own namespace")
	}
	if _, err := net.DialTimeout("tcp", listener.Addr().String(), time.Second); err == nil {
		t.Error("a listener in the namespace is reachable from outside")
	}
	err = ns.Do(func() error {
		c, err := net.Dial("tcp", listener.Addr().String())
		if err == nil {
			c.Close()
		}
		return err
	})
	if err != nil {
		t.Errorf("dial inside the namespace: %v", err)
	}
	after, err := os.Readlink("/proc/thread-self/ns/net")
	if err != nil || after != outside {
		t.Errorf("after Do the test is in %s (%v), want %s", after, err, outside)
	}
}

func TestDoReturnsErrorsAndEndsTheTest(t *testing.T) {
	Require(t, NetNS)
	ns := New(t, "errors")
	want := errors.New("mine")
	if err := ns.Do(func() error { return want }); !errors.Is(err, want) {
		t.Errorf("got error %v, want %v", err, want)
	}
	gone := &Namespace{tb: t, name: "ldt-no-such-namespace"}
	if err := gone.Do(func() error { return nil }); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got error %v, want one for a namespace that does not exist", err)
	}
	tb := &recorder{TB: t}
	after := false
	tb.run(func() {
		_ = ns.Do(func() error { tb.Fatalf("stop"); return nil })
		after = true
	})
	if tb.verdict != "fatal" || after {
		t.Errorf("verdict %q, went on: %v; want the caller to end as well", tb.verdict, after)
	}
}

func TestRunFailsWithTheOutput(t *testing.T) {
	Require(t, NetNS)
	ns := New(t, "run")
	if got := ns.Run("sh", "-c", "echo out; echo err >&2"); got != "out\nerr\n" {
		t.Errorf("output %q, want %q", got, "out\nerr\n")
	}
	tb := &recorder{TB: t}
	failing := &Namespace{tb: tb, name: ns.name}
	tb.run(func() { failing.Run("sh", "-c", "echo why; exit 3") })
	if tb.verdict != "fatal" || !strings.Contains(tb.text, "why") {
		t.Errorf("got %s %q, want a failure with the output", tb.verdict, tb.text)
	}
	tb = &recorder{TB: t}
	failing = &Namespace{tb: tb, name: ns.name}
	tb.run(func() { failing.Run("no-such-program") })
	if tb.verdict != "fatal" || !strings.Contains(tb.text, "no-such-program") {
		t.Errorf("got %s %q, want a failure that names the program", tb.verdict, tb.text)
	}
}

func TestDuplicateAddressDetectionIsOff(t *testing.T) {
	Require(t, NetNS)
	ns := New(t, "dad")
	ns.Run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1")
	ns.Run("ip", "link", "set", "v0", "up")
	ns.Run("ip", "addr", "add", "fd00::1/64", "dev", "v0")
	// Without carrier, detection would never end; the kernel takes a moment to skip it.
	Eventually(t, 5*time.Second, "the address can be used", func() error {
		if out := ns.Run("ip", "-6", "addr", "show", "dev", "v0"); strings.Contains(out, "tentative") {
			return errors.New(out)
		}
		return nil
	})
}
