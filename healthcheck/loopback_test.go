package healthcheck

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
)

// listenEverywhere listens on one port of all addresses. Connections on which
// no data arrives, such as those of TCP probes, never reach the program: they
// cost the listener neither time nor descriptors.
func listenEverywhere(tb testing.TB) (port uint16) {
	tb.Helper()
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		ctlErr := c.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, 60)
		})
		if ctlErr != nil {
			return ctlErr
		}
		return err
	}}
	l, err := lc.Listen(tb.Context(), "tcp4", "0.0.0.0:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	return l.Addr().(*net.TCPAddr).AddrPort().Port()
}

// loopbackChecks returns TCP checks of n addresses in 127.0.0.0/8.
func loopbackChecks(n int, port uint16, t Timing) []Check {
	checks := targets(n, TCP{}, t)
	for i := range checks {
		spec := checks[i].Spec()
		spec.Target.Addr = netip.AddrPortFrom(spec.Target.Addr.Addr(), port)
		checks[i] = spec.Check()
	}
	return checks
}

// descriptors returns how many descriptors this process has open.
func descriptors(tb testing.TB) int {
	tb.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		tb.Fatal(err)
	}
	return len(entries)
}

func TestTenThousandRealTargetsOwnNothingWhileIdle(t *testing.T) {
	const n = 10_000
	port := listenEverywhere(t)
	before := descriptors(t)
	var up, other atomic.Int64
	e, stop := startEngine(t, Config{}, func(u Update) {
		if u.Status.State == Up {
			up.Add(1)
		} else {
			other.Add(1)
		}
	})
	timing := Timing{Interval: 8 * time.Second, Timeout: 5 * time.Second, Retry: 1, RetryDelay: time.Second, Rise: 1, Warmup: 2 * time.Second}
	checks := loopbackChecks(n, port, timing)

	asked := func(want uint64) func() error {
		return func() error {
			if got := e.Stats().Done; got < want {
				return fmt.Errorf("%d probes done", got)
			}
			return nil
		}
	}
	e.Set(checks[:1])
	nettest.Eventually(t, time.Minute, "the first target was asked", asked(1))
	goroutines, files := runtime.NumGoroutine(), descriptors(t)
	back := func() error {
		if g, f := runtime.NumGoroutine(), descriptors(t); g > goroutines || f > files+maxSpares {
			return fmt.Errorf("%d goroutines and %d descriptors, before %d and %d", g, f, goroutines, files)
		}
		return nil
	}

	e.Set(checks)
	nettest.Eventually(t, time.Minute, "each target was asked twice", asked(2*n))
	nettest.Eventually(t, time.Minute, "nothing is left between probes of 10,000 targets", back)
	e.Set(nil)
	nettest.Eventually(t, time.Minute, "nothing is left without targets", back)
	stop()
	if got := descriptors(t); got > before {
		t.Errorf("%d descriptors after the end, before the start %d", got, before)
	}
	if up.Load() != n || other.Load() != 0 || e.Stats().Local != 0 {
		t.Errorf("%d times up, %d times else, stats %+v", up.Load(), other.Load(), e.Stats())
	}
	if got := timeWait(t, port); got != 0 {
		t.Errorf("%d sockets in TIME_WAIT, want none", got)
	}
	t.Logf("stats: %+v", e.Stats())
}

func TestDroppedConnectsAreClosed(t *testing.T) {
	hanging := fullListener(t)
	answering := listenEverywhere(t)
	before := descriptors(t)
	e, stop := startEngine(t, Config{}, func(u Update) {
		if u.Check.Spec().Target.Addr.Port() != answering {
			t.Errorf("reported %+v", u)
		}
	})
	timing := Timing{Interval: time.Hour, Timeout: time.Hour}
	var checks []Check
	for i := range 100 { // the same target, but 100 questions
		timing.Retry = i
		checks = append(checks, Spec{Prober: TCP{}, Target: Target{Addr: hanging}, Timing: timing}.Check())
	}
	inFlight := func(want int) func() error {
		return func() error {
			if got := e.Stats().Sockets.InFlight; got != want {
				return fmt.Errorf("%d in flight", got)
			}
			return nil
		}
	}
	e.Set(checks)
	nettest.Eventually(t, time.Minute, "100 connects hang", inFlight(100))
	// The new connects get the descriptors of the dropped ones.
	e.Set(loopbackChecks(100, answering, timing))
	nettest.Eventually(t, time.Minute, "the others were asked", func() error {
		if got := e.Stats(); got.Done != 100 || got.Sockets.InFlight != 0 {
			return fmt.Errorf("stats %+v", got)
		}
		return nil
	})
	if got := descriptors(t); got > before+1+maxSpares {
		t.Errorf("%d descriptors, want %d, the epoll set and spare sockets", got, before)
	}
	e.Set(checks)
	nettest.Eventually(t, time.Minute, "100 connects hang", inFlight(100))
	stop()
	if got := descriptors(t); got != before {
		t.Errorf("%d descriptors after the end, want %d", got, before)
	}
}

// TestLoopbackTargetsAreDistinct guards the tests above.
func TestLoopbackTargetsAreDistinct(t *testing.T) {
	seen := make(map[Target]bool)
	for i := range 10_000 {
		got := target(i)
		if seen[got] || !got.Addr.Addr().IsLoopback() {
			t.Fatalf("target %d is %v", i, got.Addr)
		}
		seen[got] = true
	}
	if b := target(9_999).Addr.Addr().As4(); binary.BigEndian.Uint32(b[:]) != 127<<24+1<<16+9_999 {
		t.Errorf("last target is %v", target(9_999).Addr)
	}
}
