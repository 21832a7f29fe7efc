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

// A poller watches many sockets with one descriptor and one goroutine.
//
// Each watch has a turn that is not used again soon: the kernel may still
// announce a descriptor that has been closed meanwhile, and its number may
// already belong to another socket.
type poller struct {
	epoll *os.File // waits in the runtime's poller, so waiting blocks no thread
	raw   syscall.RawConn
	fd    int // of epoll
	turn  int32
}

// An event tells that something has happened to a socket.
type event struct {
	fd, turn int32
	flags    uint32 // of epoll(7)
}

// newPoller returns a poller that watches nothing.
func newPoller() (*poller, error) {
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
	return &poller{epoll: f, raw: raw, fd: fd}, nil
}

// watch begins to watch fd for flags, which wait announces with turn. It ends
// when fd is closed.
func (p *poller) watch(fd int, flags uint32) (turn int32, err error) {
	p.turn++
	return p.turn, p.control(unix.EPOLL_CTL_ADD, fd, p.turn, flags)
}

// watchAnew is watch for a socket that has been watched with EPOLLONESHOT, is
// still open and has another use now.
func (p *poller) watchAnew(fd int, flags uint32) (turn int32, err error) {
	p.turn++
	return p.turn, p.control(unix.EPOLL_CTL_MOD, fd, p.turn, flags)
}

// watchAgain continues a watch with EPOLLONESHOT that has been announced.
func (p *poller) watchAgain(fd int, turn int32, flags uint32) error {
	return p.control(unix.EPOLL_CTL_MOD, fd, turn, flags)
}

func (p *poller) control(operation, fd int, turn int32, flags uint32) error {
	event := unix.EpollEvent{Events: flags, Fd: int32(fd), Pad: turn}
	if err := unix.EpollCtl(p.fd, operation, fd, &event); err != nil {
		return fmt.Errorf("%w: watch socket: %w", ErrLocal, err)
	}
	return nil
}

// wait sends what happens to the sockets, until ctx is done and close is
// called. What it sends is valid until the next is received.
func (p *poller) wait(ctx context.Context, happened chan<- []event) error {
	var raw [256]unix.EpollEvent
	var buffers [2][len(raw)]event
	for i := 0; ; i ^= 1 {
		n, err := p.poll(raw[:])
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("wait for sockets: %w", err)
		}
		events := buffers[i][:n]
		for j, ev := range raw[:n] {
			events[j] = event{fd: ev.Fd, turn: ev.Pad, flags: ev.Events}
		}
		select {
		case happened <- events:
		case <-ctx.Done():
			return nil
		}
	}
}

// poll waits until there are events.
func (p *poller) poll(events []unix.EpollEvent) (n int, err error) {
	var waitErr error
	err = p.raw.Read(func(epoll uintptr) bool {
		n, waitErr = epollReady(int(epoll), events)
		for errors.Is(waitErr, unix.EINTR) {
			n, waitErr = epollReady(int(epoll), events)
		}
		return n > 0 || waitErr != nil
	})
	return max(n, 0), errors.Join(err, waitErr)
}

// close ends wait, once its ctx is done.
func (p *poller) close() error {
	return p.epoll.Close()
}

// readiness returns which of the events have happened to fd, and whether it has
// failed, as flags of epoll(7).
func readiness(fd int, events uint32) (flags uint32) {
	set := []unix.PollFd{{Fd: int32(fd), Events: int16(events)}}
	if n, err := unix.Poll(set, 0); n <= 0 || err != nil {
		return 0
	}
	return uint32(set[0].Revents) // poll(2) has the same numbers
}
