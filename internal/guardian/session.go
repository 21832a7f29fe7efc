package guardian

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/vrrp"
)

const (
	// spawnLimit bounds the wait for the first word of a process.
	spawnLimit = 10 * time.Second
	// exitLimit bounds the wait for the end of one that has said its last.
	exitLimit = 5 * time.Second
)

// A session is one VRRP process with the connection to it.
type session struct {
	*link
	cmd     *exec.Cmd
	started time.Time
	broken  chan struct{}             // closed when the connection has ended
	exited  chan struct{}             // closed when the process has
	silent  atomic.Pointer[time.Time] // since when it hangs; nil: it does not
}

// spawn starts a process. News of it go to take, from one goroutine. It lives on
// when this process dies.
func spawn(ctx context.Context, o Options, take func(received)) (*session, error) {
	ours, theirs, err := connectedPair()
	if err != nil {
		return nil, err
	}
	defer func() { _ = theirs.Close() }()
	s := &session{
		link: newLink(ours), started: time.Now(),
		broken: make(chan struct{}), exited: make(chan struct{}),
	}
	s.cmd = &exec.Cmd{
		Path: "/proc/self/exe", // also when an upgrade has replaced the file
		Args: o.Command,
		Dir:  "/", Stdout: os.Stderr, Stderr: os.Stderr,
		ExtraFiles: []*os.File{theirs}, // as daemonFile
		// A session of its own: what a terminal sends is for the daemon.
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	if err := s.cmd.Start(); err != nil {
		_ = ours.Close()
		return nil, fmt.Errorf("start the VRRP process: %w", err)
	}
	go func() {
		_ = s.cmd.Wait() // the connection tells enough
		close(s.exited)
	}()
	go func() {
		if err := s.serve(take); err != nil {
			o.Log.Warn("connection to the VRRP process broken", "err", err)
		}
		close(s.broken)
	}()
	ctx, cancel := context.WithTimeout(ctx, spawnLimit)
	defer cancel()
	var h hello
	err = s.call(ctx, callHello, nil, &h)
	if err == nil && h.Protocol != protocol {
		err = fmt.Errorf("it speaks version %d of the protocol and the daemon %d", h.Protocol, protocol)
	}
	if err != nil {
		s.kill()
		return nil, fmt.Errorf("start the VRRP process: %w", err)
	}
	return s, nil
}

// connectedPair returns both ends of a connection.
func connectedPair() (ours net.Conn, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	file := os.NewFile(uintptr(fds[0]), "VRRP process")
	theirs = os.NewFile(uintptr(fds[1]), "daemon")
	ours, err = net.FileConn(file)
	_ = file.Close() // ours has a copy
	if err != nil {
		return nil, nil, errors.Join(err, theirs.Close())
	}
	return ours, theirs, nil
}

// finished waits for the end of a process that was told to end, and reports
// whether it has done its work.
func (s *session) finished() bool {
	select {
	case <-s.exited:
		return s.cmd.ProcessState.Success()
	case <-time.After(exitLimit):
		return false
	}
}

// kill ends the process at once, so that another one can take its place.
func (s *session) kill() {
	_ = s.cmd.Process.Kill() // it may have ended by itself
	<-s.exited
	_ = s.conn.Close()
}

// A listener takes in what the process tells.
type listener struct {
	notify func(vrrp.Notice)
	log    *slog.Logger
}

func (l *listener) take(m received) {
	switch m.Call {
	case newsNotice:
		take(l.log, m, l.notify)
	case newsRecord:
		take(l.log, m, func(r record) {
			if err := r.handle(l.log.Handler()); err != nil {
				l.log.Debug("log record lost", "err", err)
			}
		})
	case newsLost:
		take(l.log, m, func(n lost) {
			l.log.Error("news of VRRP lost: the daemon was too slow", "notices", n.Notices, "records", n.Records)
		})
	}
}

// take reads the body of a message and gives it to use.
func take[T any](log *slog.Logger, m received, use func(T)) {
	var v T
	if err := json.Unmarshal(m.Body, &v); err != nil {
		log.Error("news of VRRP not understood", "news", m.Call, "err", err)
		return
	}
	use(v)
}
