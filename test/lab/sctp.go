package lab

import (
	"net"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// dialSCTP opens an association by a one-to-one socket (RFC 6458, section 4),
// which for all else is used like one of TCP.
func dialSCTP(address string, timeout time.Duration) (net.Conn, error) {
	f, addr, err := sctpSocket(address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	limit := unix.NsecToTimeval(timeout.Nanoseconds())
	if err := unix.SetsockoptTimeval(int(f.Fd()), unix.SOL_SOCKET, unix.SO_SNDTIMEO, &limit); err != nil {
		return nil, os.NewSyscallError("setsockopt", err)
	}
	if err := unix.Connect(int(f.Fd()), addr); err != nil {
		return nil, os.NewSyscallError("connect", err)
	}
	return net.FileConn(f)
}

// listenSCTP listens on one IPv4 address.
func listenSCTP(address string) (net.Listener, error) {
	f, addr, err := sctpSocket(address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	if err := unix.Bind(int(f.Fd()), addr); err != nil {
		return nil, os.NewSyscallError("bind", err)
	}
	if err := unix.Listen(int(f.Fd()), 16); err != nil {
		return nil, os.NewSyscallError("listen", err)
	}
	return net.FileListener(f)
}

func sctpSocket(address string) (*os.File, unix.Sockaddr, error) {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, nil, err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_SCTP)
	if err != nil {
		return nil, nil, os.NewSyscallError("socket", err)
	}
	return os.NewFile(uintptr(fd), "sctp"), &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}, nil
}
