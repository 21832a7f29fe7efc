package healthcheck

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

func TestHistory(t *testing.T) {
	epoch := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	refused := errors.New("connection refused")
	noPort := fmt.Errorf("no port is left: %w", ErrLocal)
	var h history
	for i := range 100 {
		switch at := time.Duration(i) * time.Second; i % 10 {
		case 3:
			h.add(at, 250*time.Microsecond, refused, refused.Error())
		case 4:
			h.add(at, 5*time.Minute, noPort, noPort.Error())
		default:
			h.add(at, time.Millisecond+time.Microsecond, nil, "")
		}
	}
	got := h.past(epoch.Add(101*time.Second), 101*time.Second)
	if len(got) != keptResults {
		t.Fatalf("%d results", len(got))
	}
	want := []Past{
		{At: epoch.Add(92 * time.Second), Took: time.Millisecond, OK: true},
		{At: epoch.Add(93 * time.Second), Took: 250 * time.Microsecond, Reason: "connection refused"},
		{At: epoch.Add(94 * time.Second), Took: maxTook * tookUnit, Local: true, Reason: "no port is left: local trouble"},
	}
	if diff := cmp.Diff(want, got[52:55]); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if first := got[0].At; !first.Equal(epoch.Add(40 * time.Second)) {
		t.Errorf("the first is of %v", first)
	}
}

// Times stay right where the counter of slots overflows.
func TestHistoryOverYears(t *testing.T) {
	epoch := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	late := 497*24*time.Hour + 2*time.Hour + 27*time.Minute + 40*time.Second // 1<<32 slots are over 12.96 s later
	var h history
	for i := range 30 {
		h.add(late+time.Duration(i)*time.Second, 0, nil, "")
	}
	for i, p := range h.past(epoch.Add(late+time.Minute), late+time.Minute) {
		if want := epoch.Add(late + time.Duration(i)*time.Second); !p.At.Equal(want) {
			t.Errorf("%d: %v, want %v", i, p.At, want)
		}
	}
}

// A target that says something else each time has no more of our memory than
// others.
func TestHistoryKeepsTheLatestReasons(t *testing.T) {
	var h history
	failed, noPort := errors.New("failed"), fmt.Errorf("no port: %w", ErrLocal)
	h.add(0, 0, noPort, "first")
	h.add(0, 0, nil, "")
	for i := range 20 {
		h.add(0, 0, failed, fmt.Sprint("reason ", i))
		h.add(0, 0, failed, "again and again")
	}
	h.add(0, 0, failed, strings.Repeat("ä", maxReason))
	got := h.past(time.Time{}, 0)
	var reasons []string
	for _, p := range got {
		reasons = append(reasons, p.Reason)
	}
	want := []string{"reason 14", "again and again", "reason 15", "again and again", "reason 16", "again and again", "reason 17",
		"again and again", "reason 18", "again and again", "reason 19", "again and again", strings.Repeat("ä", maxReason/2) + "…"}
	if diff := cmp.Diff(want, reasons[len(reasons)-len(want):]); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if p := got[0]; p.OK || !p.Local || p.Reason != "" {
		t.Errorf("local trouble whose reason is forgotten: %+v", p)
	}
	if p := got[1]; !p.OK {
		t.Errorf("the good one: %+v", p)
	}
	if p := got[2]; p.OK || p.Local || p.Reason != "" {
		t.Errorf("the failure whose reason is forgotten: %+v", p)
	}
	if size := unsafe.Sizeof(h); size > 512 {
		t.Errorf("a history has %d bytes", size)
	}
}

func TestEngineTellsHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &fake{probe: func(ctx context.Context, to Target) error {
			if to == target(0) {
				<-ctx.Done()
				return ctx.Err()
			}
			time.Sleep(20 * time.Millisecond)
			return nil
		}}
		start := time.Now()
		e, stop := startEngine(t, Config{}, func(Update) {})
		checks := targets(3, fakeProber{p}, Timing{Interval: time.Minute, Timeout: 2 * time.Second})
		e.Set(checks[:2])
		time.Sleep(10 * time.Second)
		got := e.History(t.Context(), checks)
		for _, of := range got {
			for i := range of {
				if age := of[i].At.Sub(start); age < 0 || age > 4*time.Second {
					t.Errorf("a probe ended %v after the start", age)
				}
				of[i].At = time.Time{}
			}
		}
		want := [][]Past{{{Took: 2 * time.Second, Reason: "timed out after 2s"}}, {{Took: 20 * time.Millisecond, OK: true}}, nil}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		stop()
		if got := e.History(t.Context(), checks); got != nil {
			t.Errorf("an engine that has ended says %v", got)
		}
	})
}
