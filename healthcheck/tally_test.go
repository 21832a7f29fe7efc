package healthcheck

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A slow fails after a time.
type slow struct {
	takes time.Duration
	err   error
}

func (slow) Kind() string { return "slow" }

func (s slow) Probe(ctx context.Context, _ Target, _ State) (Result, error) {
	select {
	case <-time.After(s.takes):
		return Result{}, s.err
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
}

func TestKinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _ := startEngine(t, Config{}, func(Update) {})
		if got := e.Kinds(); len(got) != 0 {
			t.Errorf("before the first probe: %v", got)
		}
		timing := Timing{Interval: time.Hour, Timeout: 3 * time.Second}
		e.Set([]Check{
			Spec{slow{takes: 7 * time.Millisecond}, target(1), timing}.Check(),
			Spec{slow{takes: 2500 * time.Millisecond, err: errors.New("no")}, target(1), timing}.Check(),
			Spec{slow{takes: time.Hour}, target(1), timing}.Check(),
			Spec{slow{err: fmt.Errorf("%w: no port", ErrLocal)}, target(1), timing}.Check(),
			Spec{fakeProber{&fake{}}, target(1), timing}.Check(),
		})
		time.Sleep(time.Minute)
		want := []KindStats{
			{Kind: "fake", Passed: 1, Durations: Histogram{Counts: [15]uint64{0: 1}}},
			{Kind: "slow", Passed: 1, Failed: 2, Local: 1, Durations: Histogram{
				Counts: [15]uint64{0: 1, 5: 1, 12: 1, 13: 1},
				Sum:    7*time.Millisecond + 2500*time.Millisecond + 3*time.Second,
			}},
		}
		if diff := cmp.Diff(want, e.Kinds()); diff != "" {
			t.Errorf("kinds (-want +got):\n%s", diff)
		}
	})
}

// A prober that never comes back is timed out at each of its turns.
func TestKindsOfStuckProber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		back := make(chan struct{})
		stuck := fakeProber{&fake{probe: func(context.Context, Target) error { <-back; return nil }}}
		e, _ := startEngine(t, Config{}, func(Update) {})
		e.Set([]Check{Spec{stuck, target(1), Timing{Interval: 10 * time.Second, Timeout: 2 * time.Second}}.Check()})
		time.Sleep(25 * time.Second)
		k := e.Kinds()[0]
		if k.Failed < 2 || k.Durations.Counts[12] != k.Failed-1 || k.Durations.Counts[13] != 1 {
			t.Errorf("%+v", k)
		}
		close(back)
	})
}

func TestTallyAllocatesNothing(t *testing.T) {
	e := NewEngine(Config{}, func(Update) {}, nil)
	e.tally("tcp_check")
	if n := testing.AllocsPerRun(100, func() { e.tally("tcp_check").count(nil, time.Millisecond) }); n != 0 {
		t.Errorf("%v allocations for each probe", n)
	}
}

func BenchmarkTally(b *testing.B) {
	e := NewEngine(Config{}, func(Update) {}, nil)
	for b.Loop() {
		e.tally("tcp_check").count(nil, 3*time.Millisecond)
	}
}
