package director

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestAgenda(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := agenda{interval: time.Minute}
		a.success()
		if a.wait() != time.Minute {
			t.Errorf("next pass in %s, want 1m", a.wait())
		}
		var waits []time.Duration
		for range 11 {
			a.retry()
			waits = append(waits, a.wait()/time.Millisecond)
		}
		if want := []time.Duration{100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000}; !slices.Equal(waits, want) {
			t.Errorf("retries after %v ms, want %v", waits, want)
		}
		a.retrySoon()
		if a.wait() != minRetry {
			t.Errorf("after a new failure next pass in %s, want %s", a.wait(), minRetry)
		}
		a.success()
		a.retry()
		if a.wait() != minRetry {
			t.Errorf("after a success the first retry is in %s, want %s", a.wait(), minRetry)
		}
	})
}
