package healthcheck

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A connector waits for many TCP connects with one descriptor and one
// goroutine.
//
// Each connect has an id, chosen by the caller and never used again soon: the
// kernel may still announce a descriptor that has been closed meanwhile, and
// its number may already belong to another connect.
type connector struct {
	epoll *os.File // waits in the runtime's poller, so waiting blocks no thread
	raw   syscall.RawConn
}

// newConnector returns a connector without connects.
func newConnector() (*connector, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("%w: create epoll set: %w", ErrLocal, err)
	}
	if err := unix.SetNonblock(fd, true); err != nil { // os.NewFile looks at this
		closeSocket(fd)
		return nil, fmt.Errorf("%w: create epoll set: %w", ErrLocal, err)
	}
	f := os.NewFile(uintptr(fd), "epoll")
	raw, err := f.SyscallConn()
	if err == nil {
		err = f.SetReadDeadline(time.Time{}) // fails if the runtime's poller did not take f
	}
	if err != nil {
		_ = f.Close() // the error above says more
		return nil, fmt.Errorf("%w: watch epoll set: %w", ErrLocal, err)
	}
	return &connector{epoll: f, raw: raw}, nil
}

// start begins to connect to t and returns the socket. wait announces id when
// the connect is over. An error is the answer of the probe.
func (c *connector) start(id int32, t Target) (fd int, err error) {
	fd, err = connect(t)
	if err != nil {
		return -1, err
	}
	event := unix.EpollEvent{Events: unix.EPOLLOUT | unix.EPOLLONESHOT, Fd: id}
	ctlErr := c.raw.Control(func(epoll uintptr) {
		err = unix.EpollCtl(int(epoll), unix.EPOLL_CTL_ADD, fd, &event)
	})
	if err := errors.Join(ctlErr, err); err != nil {
		closeSocket(fd)
		return -1, fmt.Errorf("%w: watch socket: %w", ErrLocal, err)
	}
	return fd, nil
}

// finish closes the socket of a connect that is over and returns its answer.
func (c *connector) finish(fd int) error {
	defer closeSocket(fd)
	return connectError(fd)
}

// expire closes the socket of a connect whose time is up. It may be over all
// the same, and only this process was late to see it.
func (c *connector) expire(fd int) error {
	if connectEnded(fd) {
		return c.finish(fd)
	}
	closeSocket(fd)
	return context.DeadlineExceeded
}

// abort closes the socket of a connect whose answer nobody wants.
func (c *connector) abort(fd int) {
	closeSocket(fd)
}

// wait sends the ids of connects that are over, until ctx is done and close
// is called.
func (c *connector) wait(ctx context.Context, over chan<- []int32) error {
	var events [256]unix.EpollEvent
	for {
		var n int
		var waitErr error
		err := c.raw.Read(func(epoll uintptr) bool {
			n, waitErr = unix.EpollWait(int(epoll), events[:], 0)
			return n > 0 || waitErr != nil
		})
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(waitErr, unix.EINTR) {
			continue
		}
		if err := errors.Join(err, waitErr); err != nil {
			return fmt.Errorf("wait for connects: %w", err)
		}
		ids := make([]int32, n)
		for i := range ids {
			ids[i] = events[i].Fd
		}
		select {
		case over <- ids:
		case <-ctx.Done():
			return nil
		}
	}
}

// close ends wait, once its ctx is done.
func (c *connector) close() error {
	return c.epoll.Close()
}
