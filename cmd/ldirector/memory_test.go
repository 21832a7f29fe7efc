package main

import (
	"runtime/debug"
	"testing"
)

func TestCollectorIsRelaxedUntilSettled(t *testing.T) {
	percent := func() int {
		now := debug.SetGCPercent(100)
		debug.SetGCPercent(now)
		return now
	}
	usual := percent()
	start := relaxCollector()
	reload := relaxCollector() // one that comes before the start is over
	if got := percent(); got != loadingGCPercent {
		t.Errorf("while loading: %d percent, want %d", got, loadingGCPercent)
	}
	reload()
	start()
	if got := percent(); got != usual {
		t.Errorf("after loading: %d percent, want %d", got, usual)
	}
}
