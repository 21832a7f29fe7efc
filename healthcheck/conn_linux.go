package healthcheck

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A conn is a connected socket as a net.Conn. [net.FileConn] makes one too, at
// the price of a second descriptor and a dozen system calls.
type conn struct {
	file   *os.File // owns the socket
	remote net.Addr
	forget func() bool // that the context ends the conversation
}

// newConn returns fd, which it owns from now on, until ctx is done.
func newConn(ctx context.Context, fd int, remote net.Addr) (*conn, error) {
	file := os.NewFile(uintptr(fd), "probe")
	deadline, _ := ctx.Deadline()
	if err := file.SetDeadline(deadline); err != nil { // the runtime's poller did not take it
		_ = file.Close() // the error above says more
		return nil, fmt.Errorf("%w: watch socket: %w", ErrLocal, err)
	}
	stop := context.AfterFunc(ctx, func() {
		_ = file.SetDeadline(time.Unix(1, 0)) // fails only if file is closed, and then nobody waits
	})
	return &conn{file: file, remote: remote, forget: stop}, nil
}

// Read reads what has arrived. An empty datagram is no end of anything.
func (c *conn) Read(b []byte) (int, error) {
	n, err := c.file.Read(b)
	if errors.Is(err, io.EOF) {
		if _, ok := c.remote.(*net.UDPAddr); ok {
			return 0, nil
		}
		return n, io.EOF
	}
	return n, connError("read", err)
}

// Write sends all of b.
func (c *conn) Write(b []byte) (int, error) {
	n, err := c.file.Write(b)
	return n, connError("write", err)
}

// Close resets the connection, if it is one.
func (c *conn) Close() error {
	c.forget()
	return connError("close", c.file.Close())
}

// LocalAddr returns the address and port that this end has, or nil after Close.
func (c *conn) LocalAddr() net.Addr {
	raw, err := c.file.SyscallConn()
	if err != nil {
		return nil
	}
	var local netip.AddrPort
	err = raw.Control(func(fd uintptr) {
		sa, err := unix.Getsockname(int(fd))
		if err == nil {
			local = addrPort(sa)
		}
	})
	if err != nil || !local.IsValid() {
		return nil
	}
	if _, ok := c.remote.(*net.UDPAddr); ok {
		return net.UDPAddrFromAddrPort(local)
	}
	return net.TCPAddrFromAddrPort(local)
}

// SyscallConn returns the socket, for what a net.Conn cannot do.
func (c *conn) SyscallConn() (syscall.RawConn, error) { return c.file.SyscallConn() }

func (c *conn) RemoteAddr() net.Addr { return c.remote }

func (c *conn) SetDeadline(t time.Time) error {
	return closedError(c.file.SetDeadline(t))
}

func (c *conn) SetReadDeadline(t time.Time) error {
	return closedError(c.file.SetReadDeadline(t))
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	return closedError(c.file.SetWriteDeadline(t))
}

// closedError returns the error of setting a deadline, which only a closed file
// has once newConn has made it.
func closedError(err error) error {
	if err == nil {
		return nil
	}
	return &net.OpError{Op: "set deadline", Err: net.ErrClosed}
}

// connError returns err as a net.Conn has it, without addresses: a status line
// stands beside the name of its target.
func connError(op string, err error) error {
	if err == nil {
		return nil
	}
	var errno syscall.Errno
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = timeoutError{}
	case errors.Is(err, os.ErrClosed):
		err = net.ErrClosed
	case errors.As(err, &errno):
		err = classify(errno)
	}
	return &net.OpError{Op: op, Err: err}
}

// A timeoutError is the error of a read or write whose deadline has passed.
type timeoutError struct{}

func (timeoutError) Error() string   { return "timed out" }
func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Temporary() bool { return true }

// Is lets a probe that ran out of time be known as such, whoever waited.
func (timeoutError) Is(target error) bool {
	return target == context.DeadlineExceeded || target == os.ErrDeadlineExceeded
}
