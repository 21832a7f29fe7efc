package healthcheck

import (
	"context"
	"encoding/binary"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sys/unix"
)

// A fake answers by its function, and notes when it was asked what. It is a
// pointer, so that it is comparable.
type fake struct {
	probe func(context.Context, Target) error // nil: all is well

	mu       sync.Mutex
	asked    map[Target][]time.Time
	inFlight int
	most     int // in flight at any time
}

type fakeProber struct{ *fake }

func (fakeProber) Kind() string { return "fake" }

func (p fakeProber) Probe(ctx context.Context, t Target, _ State) (Result, error) {
	p.mu.Lock()
	if p.asked == nil {
		p.asked = make(map[Target][]time.Time)
	}
	p.asked[t] = append(p.asked[t], time.Now())
	p.inFlight++
	p.most = max(p.most, p.inFlight)
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.inFlight--
	}()
	if p.probe == nil {
		return Result{}, nil
	}
	return Result{}, p.probe(ctx, t)
}

// times returns when t was asked.
func (p *fake) times(t Target) []time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked[t])
}

// A recorder keeps what an engine reports.
type recorder struct {
	mu      sync.Mutex
	updates []Update
}

func (r *recorder) report(u Update) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.updates = append(r.updates, u)
}

// take returns the updates since it was last called.
func (r *recorder) take() []Update {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.updates
	r.updates = nil
	return taken
}

// startEngine runs an engine until the test ends, or stop is called.
func startEngine(tb testing.TB, cfg Config, report func(Update)) (e *Engine, stop func()) {
	tb.Helper()
	if cfg.Rand == nil {
		cfg.Rand = rand.New(rand.NewPCG(1, 2))
	}
	e = NewEngine(cfg, report, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			tb.Errorf("Run: %v", err)
		}
	})
	tb.Cleanup(stop)
	return e, stop
}

// target returns the n-th of many targets.
func target(n int) Target {
	var addr [4]byte
	binary.BigEndian.PutUint32(addr[:], 127<<24+1<<16+uint32(n))
	return Target{Addr: netip.AddrPortFrom(netip.AddrFrom4(addr), 80)}
}

// targets returns checks of the first n targets.
func targets(n int, p Prober, t Timing) []Check {
	checks := make([]Check, n)
	for i := range checks {
		checks[i] = Spec{Prober: p, Target: target(i), Timing: t}.Check()
	}
	return checks
}

func TestTenThousandTargetsAreAskedAtTheirInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 10_000
		timing := Timing{Interval: 6 * time.Second, Timeout: 2 * time.Second, Retry: 1, RetryDelay: time.Second, Warmup: 6 * time.Second}
		isDown := func(t Target) bool { return t.Addr.Addr().As4()[3] == 7 } // 39 of them
		p := &fake{probe: func(ctx context.Context, t Target) error {
			if isDown(t) {
				<-ctx.Done()
				return ctx.Err()
			}
			time.Sleep(time.Millisecond)
			return nil
		}}
		start := time.Now()
		e, stop := startEngine(t, Config{}, func(Update) {})
		e.Set(targets(n, fakeProber{p}, timing))
		time.Sleep(60*time.Second - slot/2)
		stop()

		if len(p.asked) != n {
			t.Errorf("%d targets were asked, want %d", len(p.asked), n)
		}
		firsts := make([]int, 60)
		for target, times := range p.asked {
			firsts[times[0].Sub(start)/(100*time.Millisecond)]++
			if len(times) != 10 {
				t.Fatalf("%v was asked %d times in ten intervals", target.Addr, len(times))
			}
			for i := range times[1:] {
				if gap := times[i+1].Sub(times[i]); gap != timing.Interval {
					t.Fatalf("%v was asked %v after the time before, want %v", target.Addr, gap, timing.Interval)
				}
			}
		}
		for i, got := range firsts {
			if want := n / len(firsts); got < want-5 || got > want+5 {
				t.Errorf("%d first probes in the %dth tenth of a second, want %d", got, i, want)
			}
		}
		if got := e.Stats(); got.Late != 0 || got.Checks != n || got.Done < 10*n-1000 {
			t.Errorf("stats: %+v", got)
		}
	})
}

func TestIdleTargetsOwnNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &fake{probe: func(context.Context, Target) error { time.Sleep(time.Millisecond); return nil }}
		e, _ := startEngine(t, Config{}, func(Update) {})
		synctest.Wait()
		before := runtime.NumGoroutine()
		e.Set(targets(10_000, fakeProber{p}, Timing{Interval: 6 * time.Second, Timeout: time.Second, Warmup: time.Second}))
		time.Sleep(slot / 2) // between the steps on which probes start
		for range 1000 {
			time.Sleep(slot)
			synctest.Wait()
			awaitGoroutines(t, before)
		}
		if len(p.asked) != 10_000 || p.most < 90 {
			t.Errorf("%d targets asked, %d probes at once: this test has shown nothing", len(p.asked), p.most)
		}
	})
}

// awaitGoroutines fails the test unless there are at most n goroutines, or soon
// will be: one that has ended is counted for a moment longer.
func awaitGoroutines(t *testing.T, n int) {
	t.Helper()
	for range 1_000_000 {
		if runtime.NumGoroutine() <= n {
			return
		}
		runtime.Gosched()
	}
	t.Fatalf("%d goroutines, want at most %d", runtime.NumGoroutine(), n)
}

func TestProbesInFlightAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &fake{probe: func(context.Context, Target) error { time.Sleep(time.Second); return nil }}
		e, _ := startEngine(t, Config{MaxInFlight: 10}, func(Update) {})
		e.Set(targets(30, fakeProber{p}, Timing{Interval: 24 * time.Hour, Timeout: 5 * time.Second}))
		synctest.Wait()
		if got, want := e.Stats(), loaded(30, Load{10, 20, 10}); got != want {
			t.Errorf("at once: stats %+v, want %+v", got, want)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		want := loaded(30, Load{Limit: 10})
		want.Done, want.Late, want.LateMax = 30, 20, 2*time.Second
		if got := e.Stats(); got != want || p.most != 10 {
			t.Errorf("stats %+v, want %+v; %d at once, want 10", got, want, p.most)
		}
	})
}

// loaded returns the counters of an engine whose lanes have 10 slots, with as
// many checks, and workers that are busy.
func loaded(checks int, workers Load) Stats {
	return Stats{Checks: checks, Sockets: Load{Limit: 10}, Workers: workers, Processes: Load{Limit: 10}}
}

func TestSlowTargetsDoNotDelayOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		isSlow := func(t Target) bool { return t.Addr.Addr().As4()[3] >= 100 }
		p := &fake{probe: func(ctx context.Context, t Target) error {
			if isSlow(t) {
				<-ctx.Done()
				return ctx.Err()
			}
			time.Sleep(time.Millisecond)
			return nil
		}}
		timing := Timing{Interval: 2 * time.Second, Timeout: 5 * time.Second, Warmup: 2 * time.Second}
		e, stop := startEngine(t, Config{MaxInFlight: 8}, func(Update) {})
		e.Set(targets(200, fakeProber{p}, timing))
		time.Sleep(2 * time.Minute) // by then all slow ones are known for it
		learned := time.Now()
		time.Sleep(10 * time.Minute)
		stop()
		for target, times := range p.asked {
			times = slices.DeleteFunc(times, func(at time.Time) bool { return at.Before(learned) })
			if isSlow(target) {
				// 100 targets share 4 slots for 5 s each: a turn every 125 s.
				if got := len(times); got < 4 || got > 5 {
					t.Errorf("slow %v was asked %d times in 600 s, want 4 or 5", target.Addr, got)
				}
				continue
			}
			if got := len(times); got < 299 || got > 301 {
				t.Errorf("quick %v was asked %d times in 300 intervals", target.Addr, got)
			}
		}
	})
}

func TestEqualChecksAreAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &fake{}
		var r recorder
		e, _ := startEngine(t, Config{}, r.report)
		check := targets(1, fakeProber{p}, Timing{Interval: time.Minute, Timeout: time.Second})[0]
		e.Set([]Check{check, check, check})
		time.Sleep(time.Second)
		synctest.Wait()
		if got := len(p.times(check.Spec().Target)); got != 1 {
			t.Errorf("asked %d times, want once", got)
		}
		if got := r.take(); len(got) != 1 {
			t.Errorf("got updates %v, want one", got)
		}
	})
}

func TestSetKeepsStateAndTimesOfChecksThatStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &fake{}
		var r recorder
		e, _ := startEngine(t, Config{}, r.report)
		checks := targets(10, fakeProber{p}, Timing{Interval: 6 * time.Second, Timeout: time.Second, Warmup: 6 * time.Second})
		e.Set(checks[:1])
		time.Sleep(13 * time.Second)
		before := e.Status(t.Context())[checks[0]]
		for range 60 { // more often than it is asked
			e.Set(checks)
			time.Sleep(time.Second)
		}
		if got := len(r.take()); got != len(checks) {
			t.Errorf("%d updates, want one per check", got)
		}
		status := e.Status(t.Context())
		if len(status) != len(checks) {
			t.Errorf("%d checks have a status, want %d", len(status), len(checks))
		}
		after := status[checks[0]]
		if after.State != Up || after.Since != before.Since || !after.Last.After(before.Last) {
			t.Errorf("before %+v, after %+v", before, after)
		}
		for _, check := range checks {
			times := p.times(check.Spec().Target)
			for i := range times[1:] {
				if gap := times[i+1].Sub(times[i]); gap != 6*time.Second {
					t.Errorf("%v was asked %v after the time before", check.Spec().Target.Addr, gap)
				}
			}
		}
	})
}

func TestTheLastSetBeforeRunCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &fake{}
		checks := targets(2, fakeProber{p}, Timing{Interval: 24 * time.Hour, Timeout: time.Second})
		e := NewEngine(Config{}, func(Update) {}, slog.New(slog.DiscardHandler))
		e.Set(checks[:1])
		e.Set(checks[1:])
		checks[1] = Spec{Prober: fakeProber{p}, Target: target(9)}.Check() // the caller's slice is his own again
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := e.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if len(p.asked) != 1 || len(p.times(target(1))) != 1 {
			t.Errorf("asked %v", p.asked)
		}
	})
}

func TestStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &fake{probe: func(ctx context.Context, t Target) error {
			if t == target(1) {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}}
		e, stop := startEngine(t, Config{}, func(Update) {})
		checks := targets(3, fakeProber{p}, Timing{Interval: time.Minute, Timeout: 2 * time.Second, Rise: 1})
		slow := checks[2].Spec()
		slow.Timing.Warmup = time.Hour
		checks[2] = slow.Check()
		start := time.Now()
		e.Set(checks)
		time.Sleep(5 * time.Second)
		want := map[Check]Status{
			checks[0]: {State: Up, Since: start, Last: start},
			checks[1]: {State: Down, Since: start.Add(2 * time.Second), Last: start.Add(2 * time.Second), Reason: "timed out after 2s"},
			checks[2]: {State: Unknown, Since: start},
		}
		got := e.Status(t.Context())
		if diff := cmp.Diff(want, got, cmpopts.EquateComparable(Check{})); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		stop()
		if got := e.Status(t.Context()); got != nil {
			t.Errorf("after the end: got %v", got)
		}
	})
}

func TestStatusBeforeRunEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := NewEngine(Config{}, func(Update) {}, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if got := e.Status(ctx); got != nil {
			t.Errorf("got %v", got)
		}
	})
}

func TestDefaultInFlightLeavesDescriptorsToOthers(t *testing.T) {
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	for files, want := range map[uint64]int{0: 1, 1024: 256, 16_384: 4096, old.Max: min(int(old.Max)/4, 4096)} {
		if files > old.Max {
			continue
		}
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: files, Max: old.Max}); err != nil {
			t.Fatal(err)
		}
		got := defaultInFlight()
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("with %d descriptors: %d, want %d", files, got, want)
		}
	}
}
