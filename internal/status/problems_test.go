package status

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/internal/api"
)

func TestProblemsTellOfSinksThatFail(t *testing.T) {
	since := time.Date(2026, 1, 1, 0, 0, 0, 0, time.Local)
	got := Problems(api.Status{Sinks: []api.Sink{
		{Kind: "webhook", Name: "chat", Delivered: 5},
		{Kind: "email", Waiting: 12, Dropped: 3, FailingSince: &since, Error: "connection refused"},
		{Kind: "fifo", Name: "/run/fifo", Waiting: 1, FailingSince: &since, Error: "nobody reads /run/fifo"},
	}})
	want := []string{
		"EMAIL DOES NOT HEAR OF EVENTS since 2026-01-01 00:00:00: connection refused (12 wait, 3 dropped)",
		"FIFO /run/fifo DOES NOT HEAR OF EVENTS since 2026-01-01 00:00:00: nobody reads /run/fifo (1 wait, 0 dropped)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
