package notify

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ldirector/ldirector/healthcheck/script"
)

const (
	// firstPause is how long a script that has ended is not started again, and
	// longestPause what that grows to if it ends again and again.
	firstPause   = time.Second
	longestPause = time.Minute

	// endGrace is how long a script has from the end of its FIFO to SIGTERM.
	endGrace = 500 * time.Millisecond
)

// runScript runs the script of the FIFO to its end, which ctx brings about, and
// returns what that was.
func (f *FIFO) runScript(ctx context.Context) error {
	cmd, err := f.cfg.Account.Command(slices.Concat(f.cfg.Script, []string{f.cfg.Path}), nil)
	if err != nil {
		return err
	}
	out, err := script.Serve(ctx, cmd)
	switch {
	case err != nil:
		return err
	case out.Signal != 0:
		err = fmt.Errorf("killed by %v", out.Signal)
	default:
		err = fmt.Errorf("exit status %d", out.Code)
	}
	if out.Last != "" {
		err = fmt.Errorf("%w: %s", err, out.Last)
	}
	return err
}

// keep runs what is to run all the time, and again after a pause if it ends,
// until ctx is done. stop, which is called after that, waits for its end and
// brings it about if need be.
func keep(ctx context.Context, run func(context.Context) error, log *slog.Logger) (stop func()) {
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() {
		for pause := firstPause; ctx.Err() == nil; pause = min(2*pause, longestPause) {
			start := time.Now()
			err := run(life)
			if ctx.Err() != nil {
				return
			}
			if time.Since(start) >= longestPause {
				pause = firstPause
			}
			log.Warn("FIFO script ended", "err", err, "again_in", pause)
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
		}
	})
	return func() {
		timer := time.AfterFunc(endGrace, end)
		running.Wait()
		timer.Stop()
		end()
	}
}
