package healthcheck

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// A script answers by a list, one answer per probe; the last one stays. It
// notes when it was asked, counted from the first time.
type script struct {
	answers []func(context.Context) error
	start   time.Time
	asked   []time.Duration
}

type scriptProber struct{ *script }

func (scriptProber) Kind() string { return "script" }

func (p scriptProber) Probe(ctx context.Context, _ Target, _ State) (Result, error) {
	if len(p.asked) == 0 {
		p.start = time.Now()
	}
	p.asked = append(p.asked, time.Since(p.start))
	answer := p.answers[0]
	if len(p.answers) > 1 {
		p.script.answers = p.answers[1:]
	}
	return Result{}, answer(ctx)
}

func good(context.Context) error    { return nil }
func refused(context.Context) error { return errors.New("connection refused") }
func local(context.Context) error {
	return fmt.Errorf("%w: open socket: too many open files", ErrLocal)
}
func panics(context.Context) error { panic("boom") }
func exits(context.Context) error  { runtime.Goexit(); return nil }
func hangs(ctx context.Context) error {
	<-ctx.Done()
	return fmt.Errorf("read reply: %w", ctx.Err())
}
func ignores(d time.Duration) func(context.Context) error {
	return func(context.Context) error { time.Sleep(d); return nil }
}

// play lets an engine ask a script for 36 seconds and returns what happened:
// when it was asked, and a line for each report.
func play(t *testing.T, s *script, timing Timing) string {
	t.Helper()
	timing.Warmup = timing.Interval
	var r recorder
	e, stop := startEngine(t, Config{}, r.report)
	e.Set([]Check{Spec{Prober: scriptProber{s}, Target: target(1), Timing: timing}.Check()})
	time.Sleep(40 * time.Second) // the first probe comes after 4 s
	stop()
	var b strings.Builder
	fmt.Fprintln(&b, "asked", s.asked)
	for _, u := range r.take() {
		if u.Status.Last.IsZero() {
			fmt.Fprintln(&b, u.Status.State, u.Status.Reason)
			continue
		}
		last, since := u.Status.Last.Sub(s.start), u.Status.Since.Sub(s.start)
		fmt.Fprintln(&b, last, u.Status.State, "since", since, u.Status.Reason)
	}
	return strings.ReplaceAll(b.String(), " \n", "\n")
}

func TestEngineTranscripts(t *testing.T) {
	timing := func(change func(*Timing)) Timing {
		t := Timing{Interval: 6 * time.Second, Timeout: 2 * time.Second, Retry: 2, RetryDelay: time.Second, Rise: 1}
		change(&t)
		return t
	}
	standard := timing(func(*Timing) {})
	type answers = []func(context.Context) error
	tests := []struct {
		name    string
		timing  Timing
		answers answers
		want    string
	}{
		{"the first failure counts at once", standard, answers{refused}, `
asked [0s 6s 12s 18s 24s 30s]
0s down since 0s connection refused
`},
		{"down after retry+1 failures, up after one success", standard,
			answers{good, good, refused, refused, refused, refused, good}, `
asked [0s 6s 12s 13s 14s 18s 24s 30s]
0s up since 0s
14s down since 14s connection refused
24s up since 24s
`},
		{"a success within the retries forgives the failures", standard,
			answers{good, refused, refused, good, refused, refused, good}, `
asked [0s 6s 7s 8s 12s 13s 14s 18s 24s 30s]
0s up since 0s
`},
		{"retries count from the end of a probe that timed out", standard, answers{good, hangs}, `
asked [0s 6s 9s 12s 18s 24s 30s]
0s up since 0s
14s down since 14s timed out after 2s
`},
		{"a new reason while down is reported", standard, answers{refused, refused, hangs}, `
asked [0s 6s 12s 18s 24s 30s]
0s down since 0s connection refused
14s down since 0s timed out after 2s
`},
		{"a probe longer than the interval skips turns", timing(func(t *Timing) { t.Timeout = 9 * time.Second }), answers{hangs}, `
asked [0s 12s 24s]
9s down since 9s timed out after 9s
`},
		{"rise", timing(func(t *Timing) { t.Rise = 2 }), answers{refused, good, refused, good, good}, `
asked [0s 6s 12s 18s 24s 30s]
0s down since 0s connection refused
24s up since 24s
`},
		{"no delay between retries is a short one", timing(func(t *Timing) { t.RetryDelay = 0 }), answers{good, refused}, `
asked [0s 6s 6.01s 6.02s 12s 18s 24s 30s]
0s up since 0s
6.02s down since 6.02s connection refused
`},
		{"local trouble leaves the state unknown and says why", standard, answers{local, local, good}, `
asked [0s 6s 12s 18s 24s 30s]
unknown local trouble: open socket: too many open files
12s up since 12s
`},
		{"local trouble does not take down", standard, answers{good, local}, `
asked [0s 6s 12s 18s 24s 30s]
0s up since 0s
`},
		{"local trouble counts neither for nor against", standard, answers{good, refused, refused, local, refused}, `
asked [0s 6s 7s 8s 9s 12s 18s 24s 30s]
0s up since 0s
9s down since 9s connection refused
`},
		{"a panic is a failure", standard, answers{panics}, `
asked [0s 6s 12s 18s 24s 30s]
0s down since 0s probe panicked: boom
`},
		{"a prober that ends its goroutine has failed", standard, answers{exits}, `
asked [0s 6s 12s 18s 24s 30s]
0s down since 0s probe ended without an answer
`},
		{"a prober that ignores its deadline has timed out, again at each turn until it returns", standard,
			answers{good, ignores(9500 * time.Millisecond), good}, `
asked [0s 6s 18s 24s 30s]
0s up since 0s
11s down since 11s timed out after 2s
18s up since 18s
`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got := play(t, &script{answers: tt.answers}, tt.timing)
				if diff := cmp.Diff(tt.want[1:], got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestDroppedCheckIsNotReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cancelled bool
		late := &script{answers: []func(context.Context) error{func(ctx context.Context) error {
			<-ctx.Done()
			cancelled = true
			time.Sleep(time.Second)
			return nil
		}}}
		var r recorder
		e, _ := startEngine(t, Config{MaxInFlight: 1}, r.report)
		timing := Timing{Interval: time.Minute, Timeout: 30 * time.Second}
		check := Spec{Prober: scriptProber{late}, Target: target(1), Timing: timing}.Check()
		queued := Spec{Prober: scriptProber{late}, Target: target(2), Timing: timing}.Check()
		e.Set([]Check{check})
		synctest.Wait()
		e.Set([]Check{check, queued})
		synctest.Wait()

		e.Set(nil)
		synctest.Wait()
		if got := e.Stats(); !cancelled || got.Workers.InFlight != 1 || got.Checks != 0 {
			t.Errorf("cancelled: %v, stats %+v", cancelled, got)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := r.take(); len(got) != 0 {
			t.Errorf("reported %v", got)
		}
		one := Load{Limit: 1}
		want := Stats{Sockets: one, Workers: one, Processes: one} // an answer that nobody wants is not counted
		if got := e.Stats(); got != want || len(late.asked) != 1 {
			t.Errorf("stats %+v, asked %v", got, late.asked)
		}
	})
}

func TestCheckThatComesBackStartsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []func(context.Context) error{ignores(10 * time.Second), refused}}
		var r recorder
		e, _ := startEngine(t, Config{}, r.report)
		check := Spec{Prober: scriptProber{s}, Target: target(1), Timing: Timing{Interval: time.Hour, Timeout: 30 * time.Second}}.Check()
		for _, set := range [][]Check{{check}, nil, {check}} {
			e.Set(set)
			synctest.Wait()
		}
		time.Sleep(20 * time.Second)
		got := r.take()
		if len(got) != 1 || got[0].Status.State != Down {
			t.Errorf("reported %v, want the second probe's answer alone", got)
		}
	})
}

func TestStuckProbersTakeSlotsAndNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := &script{answers: []func(context.Context) error{ignores(time.Hour)}}
		p := &fake{}
		e, _ := startEngine(t, Config{MaxInFlight: 2}, func(Update) {})
		timing := Timing{Interval: 6 * time.Second, Timeout: time.Second}
		checks := targets(2, fakeProber{p}, timing)
		spec := checks[0].Spec()
		spec.Prober = scriptProber{stuck}
		checks[0] = spec.Check()
		e.Set(checks)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if got := len(p.times(target(1))); got < 100 || len(stuck.asked) != 1 {
			t.Errorf("the other target was asked %d times, the stuck one %v", got, stuck.asked)
		}
		if got := e.Stats(); got.Workers.InFlight != 1 || got.Late != 0 {
			t.Errorf("stats %+v", got)
		}
		if got := e.Status(t.Context())[checks[0]]; got.State != Down || time.Since(got.Last) > timing.Interval {
			t.Errorf("status of the stuck one %+v", got)
		}
		e.Set(nil)
		time.Sleep(time.Hour)
		if got := e.Stats().Workers.InFlight; got != 0 {
			t.Errorf("%d in flight after the stuck one returned", got)
		}
	})
}

func TestRunWaitsForProbersThatObey(t *testing.T) {
	for _, tt := range []struct {
		name string
		take time.Duration // that the prober needs after its context is done
		want time.Duration
	}{
		{"obeys", 300 * time.Millisecond, 300 * time.Millisecond},
		{"ignores its context", time.Hour, grace},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &fake{probe: func(ctx context.Context, _ Target) error {
					<-ctx.Done()
					time.Sleep(tt.take)
					return ctx.Err()
				}}
				e, stop := startEngine(t, Config{}, func(u Update) { t.Errorf("reported %v", u) })
				e.Set(targets(3, fakeProber{p}, Timing{Interval: time.Minute, Timeout: time.Minute}))
				time.Sleep(time.Second)
				start := time.Now()
				stop()
				if got := time.Since(start); got != tt.want {
					t.Errorf("Run took %v to end, want %v", got, tt.want)
				}
				time.Sleep(tt.take) // a bubble ends with its last goroutine
			})
		})
	}
}

func TestStaleEventIsIgnored(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	e := NewEngine(Config{}, func(u Update) { t.Errorf("reported %+v", u) }, slog.New(slog.DiscardHandler))
	e.epoch = time.Now()
	hanging := Spec{Prober: TCP{}, Target: Target{Addr: fullListener(t)}, Timing: Timing{Interval: time.Hour, Timeout: time.Hour}}.Check()
	var events []event
	for range 2 {
		e.apply(nil)
		e.apply([]Check{hanging})
		e.startDue(ctx)
		en := e.entries[hanging]
		events = append(events, event{fd: en.fd, turn: en.turn, flags: unix.EPOLLOUT})
	}
	if events[0].fd != events[1].fd {
		t.Fatalf("the descriptor was not used again: %+v", events)
	}
	e.take(ctx, events[:1]) // the kernel announced it before it was dropped
	if got := e.counters.Done; got != 0 || e.sockets.busy != 1 {
		t.Errorf("%d answers and %d connects in flight, want 0 and 1", got, e.sockets.busy)
	}
	e.take(ctx, []event{{fd: 1 << 20}}) // and of a descriptor that was never seen
	cancel()
	e.shutdown()
}

func TestLocalTroubleOfAllChecksIsLoggedOnceInAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		e := NewEngine(Config{}, func(Update) {}, slog.New(slog.NewTextHandler(&out, nil)))
		p := &fake{probe: func(ctx context.Context, _ Target) error { return local(ctx) }}
		e.Set(targets(100, fakeProber{p}, Timing{Interval: time.Second, Timeout: time.Second, Warmup: time.Second}))
		ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
		defer cancel()
		if err := e.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(out.String(), "\n"); got != 3 || !strings.Contains(out.String(), "too many open files") {
			t.Errorf("%d lines in 25 s, want 3:\n%s", got, out.String())
		}
	})
}
