package vrrp

import (
	"testing"
	"time"
)

func TestLimiterKeepsLinesApart(t *testing.T) {
	var l limiter
	start := time.Unix(0, 0)
	steps := []struct {
		after      time.Duration
		subject    string
		ok         bool
		suppressed int
	}{
		{0, "a", true, 0},
		{0, "b", true, 0}, // another subject has its own limit
		{time.Second, "a", false, 0},
		{logInterval - 1, "a", false, 0},
		{logInterval, "a", true, 2},
		{logInterval + time.Second, "a", false, 0},
		{2 * logInterval, "b", true, 0},
		{3 * logInterval, "a", true, 1},
	}
	for i, s := range steps {
		suppressed, ok := l.allow(start.Add(s.after), s.subject)
		if ok != s.ok || suppressed != s.suppressed {
			t.Errorf("step %d: allow(%v, %s) = %d, %v; want %d, %v", i, s.after, s.subject, suppressed, ok, s.suppressed, s.ok)
		}
	}
}
