package track

import (
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
)

// connect opens the process connector of this host, or skips the test where
// there cannot be one.
func connect(t *testing.T) *connector {
	t.Helper()
	nettest.Require(t, nettest.NetNS) // root
	c, err := openConnector()
	if errors.Is(err, errNoAnswer) || errors.Is(err, unix.EPROTONOSUPPORT) || errors.Is(err, unix.ECONNREFUSED) {
		t.Skipf("needs the process connector: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.close() })
	return c
}

func TestConnectorTellsOfAProcess(t *testing.T) {
	c := connect(t)
	cmd := exec.Command("/bin/sh", "-c", "printf other >/proc/$$/comm; exit 3")
	if err := cmd.Run(); err == nil {
		t.Fatal("the shell did not say exit status 3")
	}
	pid := cmd.Process.Pid
	if err := c.file.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	var got []event
	for len(got) < 4 {
		events, err := c.read()
		if err != nil {
			t.Fatalf("after %+v: %v", got, err)
		}
		for _, ev := range events {
			if ev.pid == pid {
				got = append(got, ev)
			}
		}
	}
	want := []event{
		{what: procEventFork, pid: pid, parent: os.Getpid()},
		{what: procEventExec, pid: pid},
		{what: procEventComm, pid: pid},
		{what: procEventExit, pid: pid},
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("event %d: got %+v, want %+v", i, got[i], want[i])
		}
	}
}

func TestConnectorSaysWhatGotLost(t *testing.T) {
	c := connect(t)
	if err := c.raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 1)
	}); err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("/bin/sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10; do /bin/true; done").Run(); err != nil {
		t.Fatal(err)
	}
	if err := c.file.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if _, err := c.read(); err != nil {
			if !errors.Is(err, errLost) {
				t.Errorf("got error %v, want one that says it", err)
			}
			return
		}
	}
	t.Error("nothing got lost")
}

func TestConnectorIsNotInOtherNamespaces(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := nettest.New(t, "connector")
	err := ns.Do(func() error {
		c, err := openConnector()
		if err == nil {
			return c.close()
		}
		return err
	})
	if err == nil {
		t.Error("no error")
	}
	t.Log(err)
}

func TestCloseEndsRead(t *testing.T) {
	c := connect(t)
	ended := make(chan struct{})
	go func() {
		for {
			if _, err := c.read(); err != nil && !errors.Is(err, errLost) {
				close(ended)
				return
			}
		}
	}()
	if err := c.close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("read goes on")
	}
}
