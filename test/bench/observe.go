package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
)

// An observer looks at the table of a namespace from outside, by the socket
// options of ipvsadm's old interface, which cost microseconds, whatever the
// size of the table.
type observer struct{ fd int }

// Socket options and the sizes of what they read (struct ip_vs_service_entry,
// ip_vs_get_dests, ip_vs_dest_entry in include/uapi/linux/ip_vs.h).
const (
	optionService      = 1155 // IP_VS_SO_GET_SERVICE
	optionDestinations = 1156 // IP_VS_SO_GET_DESTS
	serviceSize        = 104
	destinationsHeader = 24
	destinationSize    = 96
)

func newObserver(ns *nettest.Namespace) (o *observer, err error) {
	err = ns.Do(func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
		o = &observer{fd}
		return err
	})
	return o, err
}

func (o *observer) close() { _ = unix.Close(o.fd) }

// destinations returns how many real servers a virtual server has; 0 if there
// is no such virtual server.
func (o *observer) destinations(service netip.AddrPort) (int, error) {
	entry := make([]byte, serviceSize)
	putService(entry, service)
	err := o.get(optionService, entry)
	if errors.Is(err, unix.ESRCH) {
		return 0, nil
	}
	return int(binary.NativeEndian.Uint32(entry[44:])), err
}

// weight returns the weight of one of the virtual server's n real servers; 0
// if it is not there.
func (o *observer) weight(service netip.AddrPort, n int, server netip.AddrPort) (int, error) {
	b := make([]byte, destinationsHeader+n*destinationSize)
	putService(b, service)
	binary.NativeEndian.PutUint32(b[16:], uint32(n))
	if err := o.get(optionDestinations, b); err != nil {
		return 0, err
	}
	for e := b[destinationsHeader:]; len(e) > 0; e = e[destinationSize:] {
		if netip.AddrFrom4([4]byte(e)) == server.Addr() && binary.BigEndian.Uint16(e[4:]) == server.Port() {
			return int(binary.NativeEndian.Uint32(e[12:])), nil
		}
	}
	return 0, nil
}

// putService writes what both structures begin with: protocol, address, port.
func putService(b []byte, service netip.AddrPort) {
	binary.NativeEndian.PutUint16(b, unix.IPPROTO_TCP)
	address := service.Addr().As4()
	copy(b[4:], address[:])
	binary.BigEndian.PutUint16(b[8:], service.Port())
}

// get is getsockopt(2) with a structure that says what is asked.
func (o *observer) get(option uintptr, b []byte) error {
	size := uint32(len(b))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(o.fd), unix.SOL_IP, option,
		uintptr(unsafe.Pointer(&b[0])), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// countEntries counts services and destinations of a namespace, the expensive
// way: the kernel writes all of them.
func countEntries(ns *nettest.Namespace) (n int, err error) {
	err = ns.Do(func() error {
		text, err := os.ReadFile("/proc/thread-self/net/ip_vs")
		n = bytes.Count(text, []byte("\n")) - 3 // lines of heading
		return err
	})
	return n, err
}
