package script

import (
	"context"
	"errors"
	"math"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// maxOutput is how much a program may write. It is plenty for a line of
	// text, and bounds what reading it costs.
	maxOutput = 1 << 20

	// outputGrace is how long the output of a program that has ended may stay
	// open: whoever left its process group may have inherited it.
	outputGrace = 100 * time.Millisecond

	// termGrace is how long a program has from SIGTERM to SIGKILL.
	// keepalived's 2 seconds would be 2 seconds more with a wrong answer.
	termGrace = 500 * time.Millisecond

	// patience is for the processes of a group that are dying and their
	// parents, who have to bury them, before anybody looks who is still there.
	patience = 10 * time.Millisecond
)

// An Outcome is how a program ended.
type Outcome struct {
	Code    int            // exit status
	Signal  syscall.Signal // that killed it; 0 if it exited
	First   string         // its output's first line with text in it
	Last    string         // and its last
	Flooded bool           // it wrote more than 1 MiB, of which the rest got lost
}

// Run runs cmd, which comes from [Account.Command], to its end. When ctx is
// done, its process group gets SIGTERM and half a second later SIGKILL, and the
// error is that of ctx. The other errors say why it could not be started.
//
// What the program leaves in its process group is killed when it ends, so that
// programs that run again and again cannot pile up; Run does not return while a
// process of the group lives, even one that cannot be killed because the kernel
// waits for a disk. A program that starts something to stay puts it into a
// session of its own (setsid(1)).
//
// The program itself dies when this process does. Linux ties that to the thread
// that started it (PR_SET_PDEATHSIG), so the goroutine keeps its thread until
// then, where it would block anyway to wait for the end.
func Run(ctx context.Context, cmd *exec.Cmd) (Outcome, error) {
	return serve(ctx, cmd, maxOutput)
}

// Serve is Run for a program that is to stay: it may write any amount.
func Serve(ctx context.Context, cmd *exec.Cmd) (Outcome, error) {
	return serve(ctx, cmd, math.MaxInt64)
}

// serve is Run with a bound for what the program may write.
func serve(ctx context.Context, cmd *exec.Cmd, most int64) (Outcome, error) {
	if err := ctx.Err(); err != nil {
		return Outcome{}, err
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr.Pdeathsig = unix.SIGKILL
	out, err := Start(cmd)
	if err != nil {
		return Outcome{}, err
	}
	reading, stopReading := context.WithCancel(context.WithoutCancel(ctx))
	var result Outcome
	var reader sync.WaitGroup
	reader.Go(func() { result.Flooded = out.Collect(reading, most) })

	killed, err := await(ctx, cmd)
	select {
	case <-out.Done():
	case <-time.After(outputGrace):
	}
	stopReading()
	reader.Wait()
	if killed {
		return Outcome{}, ctx.Err()
	}
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		return Outcome{}, err
	}
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signaled() {
		result.Signal = status.Signal()
	}
	result.Code = cmd.ProcessState.ExitCode()
	result.First, result.Last = out.First(), out.Last()
	return result, nil
}

// await waits until the process and its group have ended, which it sees to
// when ctx is done: then killed is true.
func await(ctx context.Context, cmd *exec.Cmd) (killed bool, err error) {
	pid := cmd.Process.Pid
	ended := make(chan struct{})
	var killer sync.WaitGroup
	killer.Go(func() { killed = killWhenDone(ctx, pid, ended) })
	awaitExit(pid)
	close(ended)
	killer.Wait()
	// The process is a zombie: its number, and so that of the group, is still
	// its own.
	_ = syscall.Kill(-pid, unix.SIGKILL)
	err = cmd.Wait()
	awaitGroup(pid)
	return killed, err
}

// killWhenDone ends the process group if ctx is done before the process has
// ended, and reports whether that was so.
func killWhenDone(ctx context.Context, pid int, ended <-chan struct{}) bool {
	select {
	case <-ended:
		return false
	case <-ctx.Done():
	}
	_ = syscall.Kill(-pid, unix.SIGTERM)
	select {
	case <-ended:
	case <-time.After(termGrace):
		_ = syscall.Kill(-pid, unix.SIGKILL)
	}
	return true
}

// awaitExit waits until a child has ended and leaves it a zombie.
func awaitExit(pid int) {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// awaitGroup waits until a process group that has been killed is empty, save
// for zombies that somebody else has to bury.
func awaitGroup(group int) {
	for pause := time.Millisecond; syscall.Kill(-group, 0) == nil; pause = min(2*pause, time.Second) {
		over := pause > patience && !lives(group)
		bury(group)
		if over {
			return
		}
		time.Sleep(pause)
	}
}

// bury takes the zombies of a process group from the kernel whose parent this
// process is: orphans become its children if it is process 1, as in a
// container.
func bury(group int) {
	for {
		pid, err := syscall.Wait4(-group, nil, syscall.WNOHANG, nil)
		if pid <= 0 || err != nil {
			return
		}
	}
}
