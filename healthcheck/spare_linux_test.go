package healthcheck

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
)

// connectSpare begins to connect to t, by a spare socket if there is one, and
// waits for the end.
func connectSpare(t *testing.T, s *spares, target Target) (fd int, spare bool, err error) {
	t.Helper()
	fd, spare, err = s.take(target)
	if !spare {
		fd, err = connect(target)
	}
	if err != nil {
		t.Fatal(err)
	}
	set := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	if n, err := unix.Poll(set, 5000); n != 1 || err != nil {
		t.Fatalf("poll: %d %v", n, err)
	}
	return fd, spare, connectError(fd)
}

func TestSparesConnectAgain(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		target := Target{Addr: l.Addr().(*net.TCPAddr).AddrPort()}
		var s spares
		defer s.close()
		var first int
		ports := make(map[int]bool)
		for i := range 5 {
			fd, spare, err := connectSpare(t, &s, target)
			if err != nil || spare != (i > 0) {
				t.Fatalf("%s: connect %d: %v, with a spare socket: %v", address, i, err, spare)
			}
			c, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := c.Write([]byte("unread")); err != nil {
				t.Fatal(err)
			}
			ports[c.RemoteAddr().(*net.TCPAddr).Port] = true
			s.put(fd, target)
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%s: server reads %v, want a reset", address, err)
			}
			if i == 0 {
				first = fd
			}
			if fd != first {
				t.Errorf("%s: descriptor %d, want %d again", address, fd, first)
			}
		}
		if len(ports) < 2 {
			t.Errorf("%s: each connect came from the same port", address)
		}
		if n := timeWait(t, target.Addr.Port()); n != 0 {
			t.Errorf("%s: %d sockets in TIME_WAIT, want none", address, n)
		}
	}
}

func TestSpareSaysWhatFails(t *testing.T) {
	var s spares
	defer s.close()
	target := Target{Addr: listen(t, "127.0.0.1:0")}
	fd, _, err := connectSpare(t, &s, target)
	if err != nil {
		t.Fatal(err)
	}
	s.put(fd, target)
	_, nobody := boundSocket(t)
	fd, spare, err := connectSpare(t, &s, Target{Addr: nobody})
	if !spare || !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("got %v, with a spare socket: %v", err, spare)
	}
	closeSocket(fd)
}

func TestSparesAreForPlainTargets(t *testing.T) {
	var s spares
	defer s.close()
	target := Target{Addr: listen(t, "127.0.0.1:0")}
	fd, _, err := connectSpare(t, &s, target)
	if err != nil {
		t.Fatal(err)
	}
	s.put(fd, target)
	for _, other := range []Target{
		{Addr: target.Addr, Source: netip.MustParseAddrPort("127.0.0.9:0")},
		{Addr: target.Addr, Device: "lo"},
		{Addr: target.Addr, Mark: 1},
		{Addr: netip.MustParseAddrPort("[::1]:80")},
	} {
		if _, ok, _ := s.take(other); ok {
			t.Errorf("%+v takes a socket of another kind", other)
		}
	}
	before := len(s.v4)
	marked, err := connect(Target{Addr: target.Addr, Mark: 1})
	if err != nil {
		t.Fatal(err)
	}
	s.put(marked, Target{Addr: target.Addr, Mark: 1})
	if got := len(s.v4); got != before {
		t.Errorf("%d spare sockets, before %d: one with a mark is kept", got, before)
	}
}

func TestSparesAreFew(t *testing.T) {
	target := Target{Addr: listen(t, "127.0.0.1:0")}
	before := descriptors(t)
	var s spares
	for range maxSpares + 10 {
		fd, err := connect(target)
		if err != nil {
			t.Fatal(err)
		}
		s.put(fd, target)
	}
	if got := len(s.v4); got != maxSpares {
		t.Errorf("%d spare sockets, want %d", got, maxSpares)
	}
	s.close()
	nettest.Eventually(t, time.Minute, "only the listener's are left", func() error {
		if got := descriptors(t); got > before {
			return fmt.Errorf("%d descriptors, before %d", got, before)
		}
		return nil
	})
}

func TestEngineConnectsAgain(t *testing.T) {
	var r recorder
	e, _ := startEngine(t, Config{}, r.report)
	good, hanging := Target{Addr: listen(t, "127.0.0.1:0")}, Target{Addr: fullListener(t)}
	_, nobody := boundSocket(t)
	timing := Timing{Interval: 20 * time.Millisecond, Timeout: 50 * time.Millisecond}
	check := func(target Target) Check { return Spec{Prober: TCP{}, Target: target, Timing: timing}.Check() }
	want := map[Check]State{check(good): Up, check(hanging): Down, check(Target{Addr: nobody}): Down}
	e.Set([]Check{check(good), check(hanging), check(Target{Addr: nobody})})
	eventually(t, e, "many probes", func(s Stats) bool { return s.Done > 100 })
	for c, status := range e.Status(t.Context()) {
		if status.State != want[c] {
			t.Errorf("%v is %v: %s", c.Spec().Target.Addr, status.State, status.Reason)
		}
	}
	if got := r.take(); len(got) != len(want) {
		t.Errorf("reported %v, want each target once", got)
	}
}

// A probe in steady state leaves nothing to the garbage collector.
func TestSparesAllocateNothing(t *testing.T) {
	target := Target{Addr: listen(t, "127.0.0.1:0")}
	var s spares
	defer s.close()
	for range 2 {
		fd, _, err := connectSpare(t, &s, target)
		if err != nil {
			t.Fatal(err)
		}
		s.put(fd, target)
	}
	n := testing.AllocsPerRun(100, func() {
		fd, ok, err := s.take(target)
		if !ok || err != nil {
			t.Fatal(ok, err)
		}
		s.put(fd, target)
	})
	if n != 0 {
		t.Errorf("%v allocations for a connect", n)
	}
}
