package exchange

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/healthcheck"
)

// endSending tells the other side that nothing more will be sent.
func endSending(conn net.Conn) error {
	if tc, ok := conn.(*tls.Conn); ok {
		return tc.CloseWrite()
	}
	return control(conn, func(fd int) error { return unix.Shutdown(fd, unix.SHUT_WR) })
}

// awaitAcknowledged waits until the other host has acknowledged all that was
// sent. It asks the kernel at growing intervals, because there is no event.
func awaitAcknowledged(ctx context.Context, conn net.Conn) error {
	for interval := time.Millisecond; ; interval = min(2*interval, 50*time.Millisecond) {
		var left int
		err := control(conn, func(fd int) (err error) {
			if left, err = unix.IoctlGetInt(fd, unix.TIOCOUTQ); err != nil {
				return err
			}
			errno, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR) // a reset also empties the queue
			if errno != 0 {
				return unix.Errno(errno)
			}
			return err
		})
		if err != nil || left == 0 {
			return err
		}
		if err := wait(ctx, interval); err != nil {
			return err
		}
	}
}

// control calls f with the descriptor of conn.
func control(conn net.Conn, f func(fd int) error) error {
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return fmt.Errorf("%w: %T has no descriptor", healthcheck.ErrLocal, conn)
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return fmt.Errorf("%w: use socket: %w", healthcheck.ErrLocal, err)
	}
	ctlErr := raw.Control(func(fd uintptr) { err = f(int(fd)) })
	return errors.Join(ctlErr, err)
}
