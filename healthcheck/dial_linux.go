package healthcheck

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// Dial connects to t over TCP: from its source, by its device, with its mark.
// The connection has the deadline of ctx, its reads and writes fail once ctx is
// done, and closing it resets it, so that no socket stays behind in TIME_WAIT.
// It is a [syscall.Conn].
//
// Errors of Dial are answers of a probe, and so are those of the connection:
// one that matches ErrLocal says nothing about the target, and one that matches
// context.DeadlineExceeded says that it has not answered in time.
func Dial(ctx context.Context, t Target) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	fd, err := connect(t)
	if err != nil {
		return nil, err
	}
	c, err := newConn(ctx, fd, net.TCPAddrFromAddrPort(unmap(t.Addr)))
	if err != nil {
		return nil, err
	}
	if err := c.waitConnected(ctx); err != nil {
		_ = c.Close() // see closeSocket
		return nil, err
	}
	return c, nil
}

// DialUDP opens a UDP socket that talks with t and with nobody else, as Dial
// does for TCP. It sends nothing. A write sends one datagram and a read
// receives one; either fails with what ICMP says of one that was sent before.
func DialUDP(ctx context.Context, t Target) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	fd, err := connectUDP(t)
	if err != nil {
		return nil, err
	}
	return newConn(ctx, fd, net.UDPAddrFromAddrPort(unmap(t.Addr)))
}

// waitConnected waits for the end of the connect.
func (c *conn) waitConnected(ctx context.Context) error {
	raw, err := c.file.SyscallConn()
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
	case errors.Is(err, os.ErrDeadlineExceeded):
		return context.DeadlineExceeded
	default:
		return fmt.Errorf("%w: wait for connection: %w", ErrLocal, err)
	}
}

// connectUDP returns a non-blocking UDP socket that is connected to t.
func connectUDP(t Target) (fd int, err error) {
	fd, err = open(t, unix.SOCK_DGRAM)
	if err != nil {
		return -1, err
	}
	if err := unix.Connect(fd, sockaddr(t.Addr)); err != nil {
		closeSocket(fd)
		return -1, classify(err)
	}
	return fd, nil
}
