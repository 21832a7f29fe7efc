package exchange

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/internal/nettest"
)

// The connections that an engine makes can all that a probe wants of them.
func TestInAnEngine(t *testing.T) {
	tests := []struct {
		config  Config
		conduct nettest.Conduct
		want    healthcheck.State
	}{
		{Config{Send: "hello", HalfClose: true, Expect: "^HELLO$", Lines: true}, reverseAll, healthcheck.Up},
		{Config{Send: "hello"}, nettest.Silent, healthcheck.Up},
		{Config{Send: "hello", Expect: "PONG"}, nettest.Answer("no", nettest.HalfClose), healthcheck.Down},
	}
	states := make(chan healthcheck.Update, len(tests))
	e := healthcheck.NewEngine(healthcheck.Config{}, func(u healthcheck.Update) { states <- u }, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- e.Run(ctx) }()
	want := make(map[healthcheck.Check]healthcheck.State)
	var checks []healthcheck.Check
	for _, tt := range tests {
		check := healthcheck.Spec{
			Prober: mustNew(t, tt.config),
			Target: healthcheck.Target{Addr: nettest.Serve(t, tt.conduct)},
			Timing: healthcheck.Timing{Interval: time.Hour, Timeout: time.Minute},
		}.Check()
		checks = append(checks, check)
		want[check] = tt.want
	}
	e.Set(checks)
	for range tests {
		if u := <-states; u.Status.State != want[u.Check] {
			t.Errorf("%v: got %v (%s), want %v", u.Check.Spec().Target.Addr, u.Status.State, u.Status.Reason, want[u.Check])
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A server that goes on byte by byte cannot hold a probe.
func TestDripTimesOut(t *testing.T) {
	for _, c := range []Config{{Expect: "never"}, {Expect: "never", Lines: true}} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err := mustNew(t, c).Probe(ctx, healthcheck.Target{Addr: nettest.Serve(t, nettest.Drip("x", time.Millisecond))}, healthcheck.Up)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("lines = %v: got %v, want %v", c.Lines, err, context.DeadlineExceeded)
		}
	}
}
