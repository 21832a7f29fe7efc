package api

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/healthcheck"
)

func TestNewProbe(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	check := healthcheck.Spec{Prober: healthcheck.TCP{}}.Check()
	got := NewProbe(check, healthcheck.Status{State: healthcheck.Down, Reason: "connection refused", Last: at}, []healthcheck.Past{
		{At: at.Add(-time.Minute), Took: 1500 * time.Microsecond, OK: true},
		{At: at.Add(-time.Second), Local: true, Reason: "no port"},
		{At: at, Reason: "connection refused"},
	})
	want := Probe{
		Kind: "tcp_check", State: "down", Reason: "connection refused", Last: &at,
		History: []ProbeResult{
			{Time: at.Add(-time.Minute), Result: "passed", DurationSeconds: 0.0015},
			{Time: at.Add(-time.Second), Result: "local", Reason: "no port"},
			{Time: at, Result: "failed", Reason: "connection refused"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
