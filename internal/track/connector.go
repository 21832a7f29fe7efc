package track

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// receiveBuffer has room for some thousands of events.
	receiveBuffer = 4 << 20

	// answerTime is how long the kernel has to answer that it will tell of
	// events; it does so at once, or never.
	answerTime = time.Second

	// maxBatch is how many events are taken at once.
	maxBatch = 256
)

// errLost says that events got lost.
var errLost = errors.New("events of processes lost")

// errNoAnswer says that the kernel has ignored the request, as it does outside
// the initial process namespace.
var errNoAnswer = errors.New("the kernel does not answer")

// A connector receives the events of the kernel's process connector.
type connector struct {
	file *os.File
	raw  syscall.RawConn
	buf  []byte
}

// openConnector asks the kernel for events. The error says why there are none
// here.
func openConnector() (*connector, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_CONNECTOR)
	if err != nil {
		return nil, fmt.Errorf("open process connector: %w", err)
	}
	// Non-blocking, so that reads wait in the runtime's poller.
	c := &connector{file: os.NewFile(uintptr(fd), "process connector"), buf: make([]byte, 4096)}
	if err := c.listen(fd); err != nil {
		return nil, errors.Join(fmt.Errorf("listen to process connector: %w", err), c.file.Close())
	}
	return c, nil
}

// listen joins the group of those who hear events and makes the kernel send
// some.
func (c *connector) listen(fd int) (err error) {
	if c.raw, err = c.file.SyscallConn(); err != nil {
		return err
	}
	// Without the right to force it there is the default of the system.
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer)
	if err := attachFilter(fd, eventFilter()); err != nil {
		return fmt.Errorf("attach filter: %w", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: cnIdxProc}); err != nil {
		return err
	}
	if err := unix.Sendto(fd, listenRequest(), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	if err := c.file.SetReadDeadline(time.Now().Add(answerTime)); err != nil {
		return err
	}
	for {
		events, err := c.read()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return errNoAnswer
		}
		if err != nil && !errors.Is(err, errLost) {
			return err
		}
		for _, ev := range events {
			switch {
			case ev.what != procEventNone:
			case ev.errno != 0:
				return ev.errno
			default:
				return c.file.SetReadDeadline(time.Time{})
			}
		}
	}
}

// read waits for events and returns those that there are. The error errLost
// says that others got lost.
func (c *connector) read() (events []event, err error) {
	waitErr := c.raw.Read(func(fd uintptr) (done bool) {
		for range maxBatch {
			var n int
			var from unix.Sockaddr
			n, from, err = unix.Recvfrom(int(fd), c.buf, unix.MSG_DONTWAIT)
			switch {
			case errors.Is(err, unix.EAGAIN):
				err = nil
				return len(events) > 0
			case errors.Is(err, unix.EINTR):
				err = nil
				continue
			case errors.Is(err, unix.ENOBUFS):
				err = errLost
				return true
			case err != nil:
				return true
			}
			if kernel, ok := from.(*unix.SockaddrNetlink); !ok || kernel.Pid != 0 {
				continue
			}
			if ev, ok := parseEvent(c.buf[:n]); ok {
				events = append(events, ev)
			}
		}
		return true
	})
	return events, errors.Join(waitErr, err)
}

// close ends read, which returns an error then.
func (c *connector) close() error { return c.file.Close() }
