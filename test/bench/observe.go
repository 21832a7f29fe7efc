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

// A socket option and the size of what it reads (struct ip_vs_service_entry in
// include/uapi/linux/ip_vs.h).
const (
	optionService = 1155 // IP_VS_SO_GET_SERVICE
	serviceSize   = 104
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
