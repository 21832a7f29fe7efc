package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// outputGrace is how long a command that has ended may keep its output open
// before its last line is taken as final: a child may have inherited it.
const outputGrace = 100 * time.Millisecond

// runner runs commands.
type runner struct {
	account account
	timeout time.Duration
	log     *slog.Logger

	readers sync.WaitGroup // of the output of commands and of what they left behind
}

// run runs the command of an event to its end and logs the outcome. What the
// command leaves behind has its output read until ctx is done.
func (r *runner) run(ctx context.Context, ev Event) {
	log := r.log.With("object", ev.Object, "command", ev.Command)
	start := time.Now()
	log.Debug("notify command started")
	output, err := r.execute(ctx, ev)
	if err != nil {
		log.Warn("notify command failed", "err", err, "output", output)
		return
	}
	log.Debug("notify command done", "duration", time.Since(start))
}

// execute returns the last line that the command wrote. The command's process
// group is killed when the time is over or ctx is done. Processes that the
// command leaves behind are left alone, and so is what they write.
func (r *runner) execute(ctx context.Context, ev Event) (output string, err error) {
	limited, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	cmd, err := r.command(limited, ev)
	if err != nil {
		return "", err
	}
	last, ended, err := r.start(ctx, cmd)
	if err != nil {
		return "", err
	}
	err = cmd.Wait()
	select {
	case <-ended:
	case <-time.After(outputGrace):
	}
	switch {
	case err == nil:
		return last.String(), nil
	case ctx.Err() != nil:
		err = errors.New("killed at exit")
	case limited.Err() != nil:
		err = fmt.Errorf("killed after %v", r.timeout)
	}
	return last.String(), err
}

// command prepares the process, in a group of its own and with input from
// /dev/null.
func (r *runner) command(ctx context.Context, ev Event) (*exec.Cmd, error) {
	path, err := find(ev.Command[0])
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, ev.Command[1:]...)
	cmd.Args[0] = ev.Command[0]
	cmd.Dir = "/"
	cmd.Env = slices.Concat(r.account.env, ev.Env)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: r.account.credential}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd, nil
}

// start starts the command and reads its output until ctx is done or nobody
// can write any more; then ended is closed.
func (r *runner) start(ctx context.Context, cmd *exec.Cmd) (last *lastLine, ended <-chan struct{}, err error) {
	// A pipe of our own: the one that cmd would make has to be at its end
	// before Wait returns, or breaks under what the command has left behind.
	out, in, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = in.Close() }()
	cmd.Stdout, cmd.Stderr = in, in
	if err := cmd.Start(); err != nil {
		return nil, nil, errors.Join(err, out.Close())
	}
	last = &lastLine{}
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { _ = out.Close() })
	r.readers.Go(func() {
		defer close(done)
		_, _ = io.Copy(last, out) // the end, or an error because ctx is done
		stop()
		_ = out.Close()
	})
	return last, done, nil
}

// find returns the path of a program, which it looks for as execvp(3) would
// with the commands' PATH.
func find(program string) (string, error) {
	if strings.Contains(program, "/") {
		return program, nil
	}
	for _, dir := range filepath.SplitList(searchPath) {
		if path, err := exec.LookPath(filepath.Join(dir, program)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("find %s in %s: %w", program, searchPath, exec.ErrNotFound)
}
