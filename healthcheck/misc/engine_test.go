package misc

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/internal/nettest"
)

// A thousand scripts hang until the test ends them, and TCP probes come out
// well beside them: had those to wait for a script, they never would.
func TestScriptsThatHangDelayNoOtherProbes(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	pids := t.TempDir()
	scripts := newProber(t, Config{Command: []string{program(t, "trap '' TERM; : >"+pids+"/$$; exec sleep 600")}})
	open := netip.MustParseAddrPort(listener.Addr().String())
	timing := healthcheck.Timing{Interval: time.Hour, Timeout: time.Hour}
	var hanging, all []healthcheck.Check
	for i := range 1000 {
		to := healthcheck.Target{Addr: netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), uint16(1+i))}
		hanging = append(hanging, healthcheck.Spec{Prober: scripts, Target: to, Timing: timing}.Check())
	}
	all = append(all, hanging...)
	const probes = 100
	for i := range probes { // of one port, each from another address
		from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, byte(1 + i)}), 0)
		to := healthcheck.Target{Addr: open, Source: from}
		all = append(all, healthcheck.Spec{Prober: healthcheck.TCP{}, Target: to, Timing: timing}.Check())
	}

	var mu sync.Mutex
	ups := 0
	engine := healthcheck.NewEngine(healthcheck.Config{}, func(u healthcheck.Update) {
		mu.Lock()
		defer mu.Unlock()
		if u.Check.Kind() == "misc_check" {
			t.Errorf("a script has ended: %+v", u.Status)
		}
		if u.Status.State == healthcheck.Up {
			ups++
		}
	}, slog.New(slog.DiscardHandler))
	engine.Set(hanging)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- engine.Run(ctx) }()
	nettest.Eventually(t, time.Minute, "there are as many scripts as may be", func() error {
		if load := engine.Stats().Processes; load.InFlight < load.Limit || load.Waiting == 0 {
			return fmt.Errorf("%+v", load)
		}
		return nil
	})
	engine.Set(all)
	nettest.Eventually(t, time.Minute, "the TCP probes are answered", func() error {
		mu.Lock()
		defer mu.Unlock()
		if ups < probes {
			return fmt.Errorf("%d of %d", ups, probes)
		}
		return nil
	})
	if n, limit := live(t, pids), engine.Stats().Processes.Limit; n > limit {
		t.Errorf("%d scripts run, want at most %d", n, limit)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	nettest.Eventually(t, 10*time.Second, "no script is left", func() error {
		if n := live(t, pids); n > 0 {
			return fmt.Errorf("%d live", n)
		}
		return nil
	})
}

func TestScriptsThatTimeOutDoNotPileUp(t *testing.T) {
	const limit, scripts = 8, 100
	pids := t.TempDir()
	prober := newProber(t, Config{Command: []string{program(t, ": >"+pids+"/$$; sleep 600 & wait")}})
	var checks []healthcheck.Check
	for i := range scripts {
		to := healthcheck.Target{Addr: netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), uint16(1+i))}
		timing := healthcheck.Timing{Interval: time.Hour, Timeout: 50 * time.Millisecond}
		checks = append(checks, healthcheck.Spec{Prober: prober, Target: to, Timing: timing}.Check())
	}
	updates := make(chan healthcheck.Update, scripts)
	engine := healthcheck.NewEngine(healthcheck.Config{MaxInFlight: limit},
		func(u healthcheck.Update) { updates <- u }, slog.New(slog.DiscardHandler))
	engine.Set(checks)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- engine.Run(ctx) }()
	for range scripts {
		u := <-updates
		if u.Status.State != healthcheck.Down || u.Status.Reason != "timed out after 50ms" {
			t.Errorf("got %+v, want down by time", u.Status)
		}
		if n := live(t, pids); n > limit {
			t.Errorf("%d scripts run, want at most %d", n, limit)
		}
	}
	if n := live(t, pids); n > 0 {
		t.Errorf("%d scripts are left when all have timed out", n)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// live returns how many of the processes that have left their number in a
// directory are no zombies.
func live(t *testing.T, dir string) (n int) {
	t.Helper()
	names, err := filepath.Glob(dir + "/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		stat, err := os.ReadFile("/proc/" + filepath.Base(name) + "/stat")
		if err == nil && !strings.Contains(string(stat), ") Z ") {
			n++
		}
	}
	return n
}
