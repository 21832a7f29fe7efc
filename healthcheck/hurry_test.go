package healthcheck

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// seconds returns how long after start each of times is, in seconds.
func seconds(start time.Time, times []time.Time) (s []float64) {
	for _, at := range times {
		s = append(s, at.Sub(start).Seconds())
	}
	return s
}

func TestHurry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		changed, other := &fake{}, &fake{}
		e, _ := startEngine(t, Config{}, func(Update) {})
		timing := Timing{Interval: 10 * time.Second, Timeout: time.Second}
		start := time.Now()
		e.Set([]Check{
			Spec{Prober: fakeProber{changed}, Target: target(1), Timing: timing}.Check(),
			Spec{Prober: fakeProber{other}, Target: target(1), Timing: timing}.Check(),
		})
		time.Sleep(12345 * time.Millisecond)
		for range 3 { // many changes at once are one
			e.Hurry(func(c Check) bool { return c.Spec().Prober == fakeProber{changed} })
		}
		time.Sleep(20 * time.Second)
		first := seconds(start, changed.times(target(1)))
		if len(first) != 5 || !slices.Contains(first, 12.345) {
			t.Errorf("asked at %v, want 12.345 too", first)
		}
		rest := slices.DeleteFunc(first, func(at float64) bool { return at == 12.345 })
		for i := range rest[1:] {
			if gap := rest[i+1] - rest[i]; i > 0 && (gap < 9.99 || gap > 10.01) {
				t.Errorf("asked at %v: off its grid", rest)
			}
		}
		if got := seconds(start, other.times(target(1))); len(got) != 4 || slices.Contains(got, 12.345) {
			t.Errorf("the other was asked at %v", got)
		}
	})
}

func TestHurryAsksAgainWhatIsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &fake{probe: func(context.Context, Target) error { time.Sleep(3 * time.Second); return nil }}
		e, _ := startEngine(t, Config{}, func(Update) {})
		start := time.Now()
		e.Set(targets(1, fakeProber{p}, Timing{Interval: time.Hour, Timeout: 5 * time.Second}))
		for range 2 {
			time.Sleep(time.Second)
			e.Hurry(func(Check) bool { return true })
		}
		time.Sleep(time.Minute)
		if got := seconds(start, p.times(target(0))); !slices.Equal(got, []float64{0, 3}) {
			t.Errorf("asked at %v, want 0 and 3", got)
		}
	})
}

func TestHurryWaitsForItsSlotOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &fake{probe: func(context.Context, Target) error { time.Sleep(time.Second); return nil }}
		e, _ := startEngine(t, Config{MaxInFlight: 1}, func(Update) {})
		e.Set(targets(3, fakeProber{p}, Timing{Interval: time.Hour, Timeout: 5 * time.Second}))
		time.Sleep(time.Second / 2)
		e.Hurry(func(Check) bool { return true })
		time.Sleep(time.Minute)
		if got := e.Stats().Done; got != 4 { // the one in flight twice, those that waited once
			t.Errorf("%d probes, want 4", got)
		}
	})
}

func TestHurryBeforeRunMeansTheSetBeforeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &fake{}
		e := NewEngine(Config{}, func(Update) {}, slog.New(slog.DiscardHandler))
		e.Set(targets(5, fakeProber{p}, Timing{Interval: time.Hour, Timeout: time.Second, Warmup: time.Hour}))
		e.Hurry(func(Check) bool { return true })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := e.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if got := e.Stats().Done; got != 5 {
			t.Errorf("%d probes, want 5", got)
		}
	})
}

func TestHurryLeavesStuckProbersAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []func(context.Context) error{ignores(time.Minute), good}}
		e, _ := startEngine(t, Config{}, func(Update) {})
		e.Set([]Check{Spec{Prober: scriptProber{s}, Target: target(1), Timing: Timing{Interval: time.Hour, Timeout: 5 * time.Second}}.Check()})
		for range 20 { // in flight, and stuck
			time.Sleep(time.Second)
			e.Hurry(func(Check) bool { return true })
			synctest.Wait()
		}
		if got := e.Stats().Done; got != 1 {
			t.Errorf("%d answers, want 1", got)
		}
		time.Sleep(time.Hour)
	})
}
