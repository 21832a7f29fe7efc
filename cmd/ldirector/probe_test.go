package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/internal/api"
)

func TestPrintHistory(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 670_000_000, time.Local)
	var b strings.Builder
	err := printHistory(&b, []api.Probe{
		{Kind: "tcp_check", State: "up", Since: &at, History: []api.ProbeResult{{Time: at, Result: "passed", DurationSeconds: 0.00023}}},
		{Kind: "http_get", State: "down", Since: &at, History: []api.ProbeResult{
			{Time: at, Result: "local", DurationSeconds: 0, Reason: "no port is left"},
			{Time: at.Add(time.Second), Result: "failed", DurationSeconds: 3, Reason: "timed out after 3s"},
		}},
		{Kind: "ping_check", State: "unknown"},
	}, at.Add(90*time.Second))
	want := `tcp_check  up for 1m30s
  2026-01-02 03:04:05.67  passed     230µs
http_get  down for 1m30s
  2026-01-02 03:04:05.67  local         0s  no port is left
  2026-01-02 03:04:06.67  failed        3s  timed out after 3s
ping_check  unknown for -
`
	if diff := cmp.Diff(want, b.String()); err != nil || diff != "" {
		t.Errorf("err %v (-want +got)\n%s", err, diff)
	}
}
