package healthcheck

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// sourceToward returns the address that probes of t come from: the one that
// this host talks to t.Toward from. An error is the answer of the probe.
//
// The probed address itself would be the kernel's choice where this host has
// it, and then the answer would not leave the target.
func sourceToward(t Target) (netip.AddrPort, error) {
	family := unix.AF_INET
	if t.Toward.Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%w: open socket: %w", ErrLocal, err)
	}
	defer closeSocket(fd)
	if t.Device != "" {
		if err := unix.BindToDevice(fd, t.Device); err != nil {
			return netip.AddrPort{}, fmt.Errorf("%w: bind to interface %s: %w", ErrLocal, t.Device, err)
		}
	}
	const discard = 9 // nothing is sent
	if err := unix.Connect(fd, sockaddr(netip.AddrPortFrom(t.Toward, discard))); err != nil {
		return netip.AddrPort{}, classify(err)
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%w: get the source towards %s: %w", ErrLocal, t.Toward, err)
	}
	source := addrPort(sa).Addr().Unmap()
	if source == t.Addr.Addr().Unmap() {
		return netip.AddrPort{}, fmt.Errorf("%w: this host talks to %s from %s itself: set bindto to another address of it", ErrLocal, t.Toward, source)
	}
	return netip.AddrPortFrom(source, 0), nil
}
