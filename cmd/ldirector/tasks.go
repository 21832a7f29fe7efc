package main

import (
	"context"
	"log/slog"
	"sync"
)

// tasks are goroutines that are stopped together and waited for.
type tasks struct {
	ctx    context.Context
	cancel context.CancelFunc
	log    *slog.Logger
	wg     sync.WaitGroup
}

// newTasks returns a group that outlives ctx: only stop ends it, so that the
// parts of the daemon can leave one after the other.
func newTasks(ctx context.Context, log *slog.Logger) *tasks {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	return &tasks{ctx: ctx, cancel: cancel, log: log}
}

// start runs a task until the group stops. Its error is logged; it ends
// nothing else.
func (t *tasks) start(name string, run func(context.Context) error) {
	t.wg.Go(func() {
		if err := run(t.ctx); err != nil {
			t.log.Error("task ended with an error", "task", name, "err", err)
		}
	})
}

// stop asks every task to end and waits until they have.
func (t *tasks) stop() {
	t.cancel()
	t.wg.Wait()
}
