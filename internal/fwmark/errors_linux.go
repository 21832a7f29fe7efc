package fwmark

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// ErrUnsupported says that the kernel has no nftables, or not enough of it.
var ErrUnsupported = errors.New("the kernel's nftables cannot do it: " +
	"run modprobe nf_tables, or install a kernel with CONFIG_NF_TABLES, CONFIG_NF_TABLES_INET, " +
	"CONFIG_NF_TABLES_IPV4 and CONFIG_NF_TABLES_IPV6")

// explain says what an error of the kernel means for nftables. A transaction of
// which several messages were refused has the first of their errors.
func explain(err error) error {
	errno, ok := errors.AsType[syscall.Errno](err)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("the kernel did not answer in time: %w", err)
	case !ok:
		return err
	}
	name := unix.ErrnoName(errno)
	switch errno {
	case unix.EPERM, unix.EACCES:
		return fmt.Errorf("nftables needs the capability CAP_NET_ADMIN: run as root, "+
			"or set AmbientCapabilities=CAP_NET_ADMIN in the systemd unit (%s: %w)", name, errno)
	case unix.EPROTONOSUPPORT, unix.EOPNOTSUPP, unix.EAFNOSUPPORT:
		return unsupported(errno)
	case unix.ENOBUFS:
		return fmt.Errorf("the kernel's answer was lost (%s: %w)", name, errno)
	default:
		return fmt.Errorf("nftables: %w (%s)", errno, name)
	}
}

func unsupported(errno syscall.Errno) error {
	return fmt.Errorf("%w (%s: %w)", ErrUnsupported, unix.ErrnoName(errno), errno)
}
