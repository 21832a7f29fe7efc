package netif

import (
	"context"
	"log/slog"
	"time"
)

// Back-off between attempts to watch the kernel.
const (
	minWatchDelay = 10 * time.Millisecond
	maxWatchDelay = 10 * time.Second
)

// keepWatching calls watch, which returns when the kernel's messages were lost
// or cannot be had, again and again until ctx is done.
func keepWatching(ctx context.Context, what string, log *slog.Logger, watch func(context.Context) error) {
	delay := minWatchDelay
	for {
		started := time.Now()
		err := watch(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(started) > maxWatchDelay {
			delay = minWatchDelay // it worked for a while
		}
		log.Warn("watch interrupted", "watch", what, "err", err, "retry_in", delay)
		select {
		case <-ctx.Done():
			return
		case <-time.After(delay):
		}
		delay = min(2*delay, maxWatchDelay)
	}
}
