package healthcheck

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// TCP is keepalived's TCP_CHECK: a target that accepts a connection is
// healthy. Nothing is sent or read. The connection ends with a reset, so that
// no socket stays behind in TIME_WAIT, neither here nor on the target.
type TCP struct{}

// Kind returns "tcp_check".
func (TCP) Kind() string { return "tcp_check" }

// Probe connects to the target and closes the connection. An Engine does not
// call it: it connects without a goroutine per probe.
func (TCP) Probe(ctx context.Context, t Target, _ State) (Result, error) {
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	fd, err := connect(t)
	if err != nil {
		return Result{}, err
	}
	f := os.NewFile(uintptr(fd), "tcp_check")
	defer func() { _ = f.Close() }() // see closeSocket
	stop := context.AfterFunc(ctx, func() {
		_ = f.SetWriteDeadline(time.Unix(1, 0)) // fails only if f is closed, and then nobody waits
	})
	defer stop()
	return Result{}, waitConnected(ctx, f)
}

// waitConnected waits for the end of the connect on f.
func waitConnected(ctx context.Context, f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return fmt.Errorf("%w: wait for connection: %w", ErrLocal, err)
	}
	var answer error
	err = raw.Write(func(fd uintptr) bool {
		done := connectEnded(int(fd))
		if done {
			answer = connectError(int(fd))
		}
		return done
	})
	switch {
	case err == nil:
		return answer
	case ctx.Err() != nil:
		return ctx.Err()
	default:
		return fmt.Errorf("%w: wait for connection: %w", ErrLocal, err)
	}
}

// connect returns a non-blocking socket that has begun to connect to t. An
// error is the answer of the probe: some are known at once.
func connect(t Target) (fd int, err error) {
	family := unix.AF_INET
	if t.Addr.Addr().Unmap().Is6() {
		family = unix.AF_INET6
	}
	const flags = unix.SOCK_STREAM | unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC
	fd, err = unix.Socket(family, flags, 0)
	if err != nil {
		return -1, fmt.Errorf("%w: open socket: %w", ErrLocal, err)
	}
	if err := prepare(fd, t); err != nil {
		closeSocket(fd)
		return -1, err
	}
	err = unix.Connect(fd, sockaddr(t.Addr))
	if err != nil && !errors.Is(err, unix.EINPROGRESS) && !errors.Is(err, unix.EINTR) {
		closeSocket(fd)
		return -1, classify(err)
	}
	return fd, nil
}

// prepare makes closing fd reset the connection and sets what t says of it.
func prepare(fd int, t Target) error {
	reset := unix.Linger{Onoff: 1, Linger: 0}
	if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &reset); err != nil {
		return fmt.Errorf("%w: set SO_LINGER: %w", ErrLocal, err)
	}
	if t.Mark != 0 {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_MARK, int(t.Mark)); err != nil {
			return fmt.Errorf("%w: set SO_MARK: %w", ErrLocal, err)
		}
	}
	if t.Device != "" {
		if err := unix.BindToDevice(fd, t.Device); err != nil {
			return fmt.Errorf("%w: bind to interface %s: %w", ErrLocal, t.Device, err)
		}
	}
	if !t.Source.IsValid() {
		return nil
	}
	// Without this option bind would take a port for this socket alone: all
	// targets would share the 28,000 ports that each of them can have.
	if err := unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
		return fmt.Errorf("%w: set IP_BIND_ADDRESS_NO_PORT: %w", ErrLocal, err)
	}
	if err := unix.Bind(fd, sockaddr(t.Source)); err != nil {
		return fmt.Errorf("%w: bind %s: %w", ErrLocal, t.Source, err)
	}
	return nil
}

// closeSocket closes fd. An error would tell of data that was not written, and
// there is none; the descriptor is free in any case.
func closeSocket(fd int) {
	_ = unix.Close(fd)
}

// connectEnded reports whether the connect on fd is over, well or not.
func connectEnded(fd int) bool {
	set := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	n, err := unix.Poll(set, 0)
	return n > 0 && err == nil
}

// connectError returns how the connect on fd ended.
func connectError(fd int) error {
	errno, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return fmt.Errorf("%w: get SO_ERROR: %w", ErrLocal, err)
	}
	if errno != 0 {
		return classify(unix.Errno(errno))
	}
	return nil
}

// classify tells local trouble of a connect from an answer about the target.
// EADDRNOTAVAIL and EAGAIN mean here that no source port is free.
func classify(err error) error {
	switch {
	case errors.Is(err, unix.EADDRNOTAVAIL), errors.Is(err, unix.EADDRINUSE), errors.Is(err, unix.EAGAIN),
		errors.Is(err, unix.ENOBUFS), errors.Is(err, unix.ENOMEM):
		return fmt.Errorf("%w: connect: %w", ErrLocal, err)
	default:
		return err
	}
}

// sockaddr returns a as the kernel takes it.
func sockaddr(a netip.AddrPort) unix.Sockaddr {
	addr := a.Addr().Unmap()
	if addr.Is6() {
		return &unix.SockaddrInet6{Addr: addr.As16(), Port: int(a.Port())}
	}
	return &unix.SockaddrInet4{Addr: addr.As4(), Port: int(a.Port())}
}
