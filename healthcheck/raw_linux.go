package healthcheck

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// These calls never wait, so the scheduler need not know of them: those of
// package unix let it take the processor away from a goroutine that is in the
// kernel for 20 microseconds, which costs two switches of threads.

// connectTo begins to connect a socket. An error is the answer of the probe.
func connectTo(fd int, a netip.AddrPort) error {
	var errno unix.Errno
	port := binary.NativeEndian.Uint16([]byte{byte(a.Port() >> 8), byte(a.Port())})
	if addr := a.Addr().Unmap(); addr.Is4() {
		sa := unix.RawSockaddrInet4{Family: unix.AF_INET, Port: port, Addr: addr.As4()}
		errno = rawConnect(fd, unsafe.Pointer(&sa), unsafe.Sizeof(sa))
	} else {
		sa := unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: port, Addr: addr.As16()}
		errno = rawConnect(fd, unsafe.Pointer(&sa), unsafe.Sizeof(sa))
	}
	if errno == 0 || errors.Is(errno, unix.EINPROGRESS) || errors.Is(errno, unix.EINTR) {
		return nil
	}
	return classify(errno)
}

// disconnect resets the connection of a TCP socket, which is as new then: the
// kernel's tcp_disconnect, by connect(2) to an address of no family.
func disconnect(fd int) error {
	none := unix.RawSockaddr{Family: unix.AF_UNSPEC}
	if errno := rawConnect(fd, unsafe.Pointer(&none), unsafe.Sizeof(none)); errno != 0 {
		return errno
	}
	return nil
}

func rawConnect(fd int, address unsafe.Pointer, size uintptr) unix.Errno {
	_, _, errno := unix.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(address), size)
	return errno
}

// epollReady is epoll_wait(2) that does not wait.
func epollReady(epoll int, events []unix.EpollEvent) (n int, err error) {
	r, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(epoll), uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(r), nil
}

// peerOf returns the address that a TCP socket is connected to. It is invalid if
// the socket is not, or no longer, connected.
func peerOf(fd int) netip.AddrPort {
	var sa unix.RawSockaddrInet6 // the longest
	size := uint32(unsafe.Sizeof(sa))
	_, _, errno := unix.RawSyscall(unix.SYS_GETPEERNAME, uintptr(fd), uintptr(unsafe.Pointer(&sa)), uintptr(unsafe.Pointer(&size)))
	if errno != 0 {
		return netip.AddrPort{}
	}
	port := binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, sa.Port)) // at the same place for IPv4
	if sa.Family == unix.AF_INET6 {
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), port)
	}
	v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(&sa))
	return netip.AddrPortFrom(netip.AddrFrom4(v4.Addr), port)
}
