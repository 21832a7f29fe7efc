package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"syscall"
	"time"

	"github.com/ldirector/ldirector/healthcheck/script"
)

// outputGrace is how long a command that has ended may keep its output open
// before its last line is taken as final: a child may have inherited it.
const outputGrace = 100 * time.Millisecond

// runner runs commands.
type runner struct {
	account script.Account
	timeout time.Duration
	log     *slog.Logger

	readers sync.WaitGroup // of the output of commands and of what they left behind
}

// run runs the command of an event to its end, and logs and returns the outcome.
// What the
// command leaves behind has its output read until ctx is done.
func (r *runner) run(ctx context.Context, ev Event) error {
	log := r.log.With("object", ev.Object, "command", ev.Command)
	start := time.Now()
	log.Debug("notify command started")
	output, err := r.execute(ctx, ev)
	if err != nil {
		log.Warn("notify command failed", "err", err, "output", output)
		return fmt.Errorf("%s: %w", ev.Command[0], err)
	}
	log.Debug("notify command done", "duration", time.Since(start))
	return nil
}

// execute returns the last line that the command wrote. The command's process
// group is killed when the time is over or ctx is done. Processes that the
// command leaves behind are left alone, and so is what they write.
func (r *runner) execute(ctx context.Context, ev Event) (output string, err error) {
	limited, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	cmd, err := r.account.Command(ev.Command, ev.Env)
	if err != nil {
		return "", err
	}
	out, err := script.Start(cmd)
	if err != nil {
		return "", err
	}
	r.readers.Go(func() { out.Collect(ctx, math.MaxInt64) })
	spare := context.AfterFunc(limited, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	err = cmd.Wait()
	spare()
	select {
	case <-out.Done():
	case <-time.After(outputGrace):
	}
	switch {
	case err == nil:
		return out.Last(), nil
	case ctx.Err() != nil:
		err = errors.New("killed at exit")
	case limited.Err() != nil:
		err = fmt.Errorf("killed after %v", r.timeout)
	}
	return out.Last(), err
}
