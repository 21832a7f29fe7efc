package healthcheck

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
)

// A talker talks by its function.
type talker struct {
	talk func(context.Context, net.Conn) (Result, error)
}

func (*talker) Kind() string { return "talk" }

func (p *talker) Talk(ctx context.Context, c net.Conn, _ Target, _ State) (Result, error) {
	return p.talk(ctx, c)
}

func (p *talker) Probe(ctx context.Context, t Target, was State) (Result, error) {
	c, err := Dial(ctx, t)
	if err != nil {
		return Result{}, err
	}
	defer c.Close()
	return p.Talk(ctx, c, t, was)
}

// hello says hello and wants to hear it.
func hello() *talker {
	return &talker{func(_ context.Context, c net.Conn) (Result, error) {
		if _, err := io.WriteString(c, "hello\n"); err != nil {
			return Result{}, err
		}
		got, err := bufio.NewReader(c).ReadString('\n')
		if err == nil && got != "hello\n" {
			err = fmt.Errorf("got %q", got)
		}
		return Result{Weight: Weight{WeightIs, 7}, Warning: "looks tired"}, err
	}}
}

func TestTalker(t *testing.T) {
	_, nobody := boundSocket(t)
	says := func(s string) Target {
		return Target{Addr: serve(t, func(c net.Conn) {
			bufio.NewReader(c).ReadString('\n')
			io.WriteString(c, s)
		})}
	}
	tests := []struct {
		name   string
		talker *talker
		target Target
		state  State
		reason string
	}{
		{"answers", hello(), Target{Addr: echoServer(t)}, Up, ""},
		{"answers wrong", hello(), says("what?\n"), Down, `got "what?\n"`},
		{"hangs up", hello(), says(""), Down, "EOF"},
		{"says nothing", hello(), Target{Addr: silent(t)}, Down, "timed out after 100ms"},
		{"drips", hello(), Target{Addr: serve(t, drip)}, Down, "timed out after 100ms"},
		{"nobody listens", hello(), Target{Addr: nobody}, Down, "connection refused"},
		{"nobody answers", hello(), Target{Addr: fullListener(t)}, Down, "timed out after 100ms"},
		{"panics", &talker{func(context.Context, net.Conn) (Result, error) { panic("boom") }}, Target{Addr: silent(t)}, Down,
			"probe panicked: boom"},
	}
	timing := Timing{Timeout: 100 * time.Millisecond}
	for _, tt := range tests {
		t.Run("engine "+tt.name, func(t *testing.T) {
			got := askEngine(t, tt.talker, tt.target, timing.Timeout)
			if got.State != tt.state || got.Reason != tt.reason {
				t.Errorf("got %v %q, want %v %q", got.State, got.Reason, tt.state, tt.reason)
			}
			if got.State == Up && (got.Weight != Weight{WeightIs, 7} || got.Warning != "looks tired") {
				t.Errorf("got %+v", got)
			}
		})
		if tt.name == "panics" {
			continue
		}
		t.Run("prober "+tt.name, func(t *testing.T) {
			err := askProber(t, tt.talker, tt.target, timing.Timeout)
			if err == nil && tt.state != Up || err != nil && reason(err, timing) != tt.reason {
				t.Errorf("got %v, want %q", err, tt.reason)
			}
		})
	}
}

// drip sends an octet once in a while, for ever.
func drip(c net.Conn) {
	for {
		if _, err := c.Write([]byte("x")); err != nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// A gate is a talker that waits until it is opened, or its context is done.
type gate struct {
	talker
	open    chan struct{}
	waiting atomic.Int32
}

func newGate() *gate {
	g := &gate{open: make(chan struct{})}
	g.talk = func(ctx context.Context, _ net.Conn) (Result, error) {
		g.waiting.Add(1)
		defer g.waiting.Add(-1)
		select {
		case <-g.open:
			return Result{}, nil
		case <-ctx.Done():
			return Result{}, ctx.Err()
		}
	}
	return g
}

// eventually waits until the counters of e are as wanted.
func eventually(t *testing.T, e *Engine, what string, ok func(Stats) bool) {
	t.Helper()
	nettest.Eventually(t, time.Minute, what, func() error {
		if s := e.Stats(); !ok(s) {
			return fmt.Errorf("stats %+v", s)
		}
		return nil
	})
}

func TestTargetsThatDoNotAnswerCostATalkerNoGoroutine(t *testing.T) {
	hanging := Target{Addr: fullListener(t)}
	e, _ := startEngine(t, Config{}, func(Update) {})
	e.Set([]Check{Spec{Prober: hello(), Target: hanging, Timing: Timing{Interval: time.Hour, Timeout: time.Hour}}.Check()})
	eventually(t, e, "one connect hangs", func(s Stats) bool { return s.Sockets.InFlight == 1 })
	before := runtime.NumGoroutine()
	var checks []Check
	for i := range 100 {
		checks = append(checks, Spec{Prober: hello(), Target: hanging, Timing: Timing{Interval: time.Hour, Timeout: time.Hour, Retry: i}}.Check())
	}
	e.Set(checks)
	eventually(t, e, "100 connects hang", func(s Stats) bool { return s.Sockets.InFlight == 100 })
	if got := runtime.NumGoroutine(); got > before || e.Stats().Workers.InFlight != 0 {
		t.Errorf("%d goroutines, before %d; stats %+v", got, before, e.Stats())
	}
}

func TestConnectionThatFindsNoWorkerIsLocalTrouble(t *testing.T) {
	target := Target{Addr: silent(t)}
	var r recorder
	e, _ := startEngine(t, Config{MaxInFlight: 1}, r.report)
	holder, waiter := newGate(), newGate()
	close(waiter.open)
	held := Spec{Prober: holder, Target: target, Timing: Timing{Interval: time.Hour, Timeout: time.Hour}}.Check()
	late := Spec{Prober: waiter, Target: target, Timing: Timing{Interval: 50 * time.Millisecond, Timeout: 50 * time.Millisecond}}.Check()
	e.Set([]Check{held})
	eventually(t, e, "the worker is taken", func(s Stats) bool { return s.Workers.InFlight == 1 && s.Sockets.InFlight == 0 })
	e.Set([]Check{held, late})
	eventually(t, e, "a connection has waited in vain", func(s Stats) bool { return s.Local == 1 })
	status := e.Status(t.Context())[late]
	if status.State != Unknown || !strings.HasPrefix(status.Reason, "local trouble: no worker was free for ") {
		t.Errorf("status %+v", status)
	}
	// Now it waits for the worker without a connection, and without a deadline.
	eventually(t, e, "it waits again", func(s Stats) bool { return s.Workers.Waiting == 1 && s.Sockets.InFlight == 0 })
	close(holder.open)
	nettest.Eventually(t, time.Minute, "it had its turn", func() error {
		if status := e.Status(t.Context())[late]; status.State != Up || e.Stats().Local != 1 {
			return fmt.Errorf("status %+v, stats %+v", status, e.Stats())
		}
		return nil
	})
}

// TestHungServersDoNotHoldUpOthers has more servers that accept and say nothing
// than there are workers.
func TestHungServersDoNotHoldUpOthers(t *testing.T) {
	answers, hangs := Target{Addr: echoServer(t)}, Target{Addr: silent(t)}
	e, _ := startEngine(t, Config{MaxInFlight: 8}, func(Update) {})
	timing := Timing{Interval: 100 * time.Millisecond, Timeout: 30 * time.Millisecond, Warmup: 100 * time.Millisecond}
	var checks []Check
	for i := range 40 {
		timing.Retry = i + 1000 // 40 questions, whose answers change nothing after the first
		checks = append(checks,
			Spec{Prober: hello(), Target: answers, Timing: timing}.Check(),
			Spec{Prober: hello(), Target: hangs, Timing: timing}.Check())
	}
	e.Set(checks)
	nettest.Eventually(t, time.Minute, "each has an answer, the right one", func() error {
		for check, status := range e.Status(t.Context()) {
			want := Down
			if check.Spec().Target == answers {
				want = Up
			}
			if status.State != want {
				return fmt.Errorf("%v is %v %q", check.Spec().Target.Addr, status.State, status.Reason)
			}
		}
		return nil
	})
}

func TestDroppedTalksAreClosed(t *testing.T) {
	target := Target{Addr: silent(t)}
	before := descriptors(t) // the server's are in this process too
	e, stop := startEngine(t, Config{MaxInFlight: 4}, func(u Update) { t.Errorf("reported %+v", u) })
	g := newGate()
	var checks []Check
	for i := range 20 {
		timing := Timing{Interval: time.Hour, Timeout: time.Hour, Retry: i}
		checks = append(checks, Spec{Prober: g, Target: target, Timing: timing}.Check())
	}
	full := func(s Stats) bool {
		return s.Workers.InFlight == 4 && s.Workers.Waiting == 4 && s.Sockets.Waiting == 12
	}
	closed := func() error {
		if got := descriptors(t); got > before+1 {
			return fmt.Errorf("%d descriptors, before %d", got, before)
		}
		return nil
	}
	for range 3 {
		e.Set(checks)
		eventually(t, e, "4 talk, 4 are connected, 12 wait", full)
		e.Set(nil)
		eventually(t, e, "nothing is in flight", func(s Stats) bool {
			return s.Workers == Load{Limit: 4} && s.Sockets == Load{Limit: 4}
		})
		nettest.Eventually(t, time.Minute, "all is closed", closed)
	}
	e.Set(checks)
	eventually(t, e, "4 talk, 4 are connected, 12 wait", full)
	stop()
	before--
	nettest.Eventually(t, time.Minute, "all is closed at the end", closed)
	if got := g.waiting.Load(); got != 0 {
		t.Errorf("%d still talk", got)
	}
}

func TestTalksLeaveNothingBehind(t *testing.T) {
	const n = 200
	first := serve(t, func(c net.Conn) { // hangs up before the probe does
		bufio.NewReader(c).ReadString('\n')
		io.WriteString(c, "hello\n")
	})
	last := echoServer(t)
	e, stop := startEngine(t, Config{}, func(Update) {})
	eventually(t, e, "the engine runs", func(s Stats) bool { return s.Sockets.Limit != 0 })
	goroutines, files := runtime.NumGoroutine(), descriptors(t)
	var checks []Check
	for i := range n {
		target := Target{Addr: first}
		if i%2 == 0 {
			target.Addr = last
		}
		checks = append(checks, Spec{Prober: hello(), Target: target, Timing: Timing{Interval: time.Hour, Timeout: time.Minute, Retry: i}}.Check())
	}
	e.Set(checks)
	eventually(t, e, "all talks are over", func(s Stats) bool { return s.Done == n && s.Failed == 0 })
	nettest.Eventually(t, time.Minute, "nothing is left", func() error {
		g, f := runtime.NumGoroutine(), descriptors(t)
		if g > goroutines+1 || f > files+1 { // both for the epoll set
			return fmt.Errorf("%d goroutines and %d descriptors, before %d and %d", g, f, goroutines, files)
		}
		return nil
	})
	stop()
	for _, server := range []netip.AddrPort{first, last} {
		if got := timeWait(t, server.Port()); got != 0 {
			t.Errorf("%d sockets in TIME_WAIT, want none", got)
		}
	}
}

func TestTalkHasWhatIsLeftOfTheTime(t *testing.T) {
	var mu sync.Mutex
	var left []time.Duration
	p := &talker{func(ctx context.Context, c net.Conn) (Result, error) {
		deadline, _ := ctx.Deadline()
		mu.Lock()
		defer mu.Unlock()
		left = append(left, time.Until(deadline))
		_, err := c.Read(make([]byte, 1))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("read: %v", err)
		}
		return Result{}, err
	}}
	askEngine(t, p, Target{Addr: silent(t)}, 100*time.Millisecond)
	mu.Lock()
	defer mu.Unlock()
	if len(left) != 1 || slices.Max(left) > 100*time.Millisecond+slot {
		t.Errorf("left: %v", left)
	}
}
