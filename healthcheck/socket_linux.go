package healthcheck

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// connect returns a non-blocking socket that has begun to connect to t. An
// error is the answer of the probe: some are known at once.
func connect(t Target) (fd int, err error) {
	fd, err = open(t, unix.SOCK_STREAM)
	if err != nil {
		return -1, err
	}
	if err := connectTo(fd, t.Addr); err != nil {
		closeSocket(fd)
		return -1, err
	}
	return fd, nil
}

// open returns a non-blocking socket of the type kind (SOCK_STREAM, SOCK_DGRAM)
// that has what t says of it.
func open(t Target, kind int) (fd int, err error) {
	family := unix.AF_INET
	if t.Addr.Addr().Unmap().Is6() {
		family = unix.AF_INET6
	}
	fd, err = unix.Socket(family, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("%w: open socket: %w", ErrLocal, err)
	}
	if kind == unix.SOCK_STREAM {
		err = resetOnClose(fd)
	} else {
		err = receiveErrors(fd, family == unix.AF_INET6)
	}
	if err == nil {
		err = prepare(fd, t)
	}
	if err != nil {
		closeSocket(fd)
		return -1, err
	}
	return fd, nil
}

// resetOnClose makes closing fd reset the connection.
func resetOnClose(fd int) error {
	reset := unix.Linger{Onoff: 1, Linger: 0}
	if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &reset); err != nil {
		return fmt.Errorf("%w: set SO_LINGER: %w", ErrLocal, err)
	}
	return nil
}

// prepare sets what t says of its sockets.
func prepare(fd int, t Target) error {
	if err := leaveBy(fd, t.Device, t.Mark); err != nil {
		return err
	}
	if t.Toward.IsValid() && !t.Source.IsValid() {
		var err error
		if t.Source, err = sourceToward(t); err != nil {
			return err
		}
	}
	if !t.Source.IsValid() {
		return nil
	}
	// Without one of these options bind would take the port for this socket
	// alone: all targets would share the 28,000 ports that each of them can
	// have, or the one that is configured.
	level, option, name := unix.SOL_IP, unix.IP_BIND_ADDRESS_NO_PORT, "IP_BIND_ADDRESS_NO_PORT"
	if t.Source.Port() != 0 {
		level, option, name = unix.SOL_SOCKET, unix.SO_REUSEADDR, "SO_REUSEADDR"
	}
	if err := unix.SetsockoptInt(fd, level, option, 1); err != nil {
		return fmt.Errorf("%w: set %s: %w", ErrLocal, name, err)
	}
	if err := unix.Bind(fd, sockaddr(t.Source)); err != nil {
		return fmt.Errorf("%w: bind %s: %w", ErrLocal, t.Source, err)
	}
	return nil
}

// leaveBy lets packets leave by an interface and with a mark, if there are any.
func leaveBy(fd int, device string, mark uint32) error {
	if mark != 0 {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_MARK, int(mark)); err != nil {
			return fmt.Errorf("%w: set SO_MARK: %w", ErrLocal, err)
		}
	}
	if device != "" {
		if err := unix.BindToDevice(fd, device); err != nil {
			return fmt.Errorf("%w: bind to interface %s: %w", ErrLocal, device, err)
		}
	}
	return nil
}

// receiveErrors makes reads and writes on fd fail with what ICMP says, also of
// hosts and networks that cannot be reached.
func receiveErrors(fd int, v6 bool) error {
	level, option := unix.SOL_IP, unix.IP_RECVERR
	if v6 {
		level, option = unix.SOL_IPV6, unix.IPV6_RECVERR
	}
	if err := unix.SetsockoptInt(fd, level, option, 1); err != nil {
		return fmt.Errorf("%w: set IP_RECVERR: %w", ErrLocal, err)
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

// addrPort returns sa, of IPv4 or IPv6, as an address and port.
func addrPort(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port))
	default:
		return netip.AddrPort{}
	}
}

// unmap returns a with an IPv4 address that is mapped into IPv6 as IPv4.
func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// sockaddr returns a as the kernel takes it.
func sockaddr(a netip.AddrPort) unix.Sockaddr {
	addr := a.Addr().Unmap()
	if addr.Is6() {
		return &unix.SockaddrInet6{Addr: addr.As16(), Port: int(a.Port())}
	}
	return &unix.SockaddrInet4{Addr: addr.As4(), Port: int(a.Port())}
}
