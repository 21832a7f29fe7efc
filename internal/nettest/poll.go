package nettest

import (
	"time"
)

// pollInterval is the pause between two looks of Eventually.
const pollInterval = 10 * time.Millisecond

// Eventually calls cond until it returns nil. If it still returns an error
// after the timeout, the test fails with what was waited for and that error.
func Eventually(tb TB, timeout time.Duration, what string, cond func() error) {
	tb.Helper()
	deadline := time.After(timeout)
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		err := cond()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			tb.Fatalf("waited %v until %s: %v", timeout, what, err)
		case <-tick.C:
		}
	}
}
