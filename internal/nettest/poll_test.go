package nettest

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestEventuallyWaitsForTheCondition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		Eventually(t, time.Second, "ready", func() error {
			if time.Since(start) < 500*time.Millisecond {
				return errors.New("not yet")
			}
			return nil
		})
		if got := time.Since(start); got != 500*time.Millisecond {
			t.Errorf("returned after %v, want 500ms", got)
		}
	})
}

func TestEventuallyFailsWithTheLastReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := &recorder{TB: t}
		start := time.Now()
		tb.run(func() {
			Eventually(tb, time.Second, "the table is in step", func() error { return errors.New("two rows missing") })
		})
		if got := time.Since(start); got != time.Second {
			t.Errorf("gave up after %v, want 1s", got)
		}
		want := "waited 1s until the table is in step: two rows missing"
		if tb.verdict != "fatal" || !strings.Contains(tb.text, want) {
			t.Errorf("got %s %q, want a failure with %q", tb.verdict, tb.text, want)
		}
	})
}
