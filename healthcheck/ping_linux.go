package healthcheck

import (
	"context"
	"net"
)

// Ping is keepalived's PING_CHECK: a target that answers an echo request of
// ICMP or ICMPv6 is healthy. The port of the target does not matter.
//
// It needs CAP_NET_RAW. An Engine has one raw socket for all pings with the
// same family, source, device and mark.
type Ping struct{}

// Kind returns "ping_check".
func (Ping) Kind() string { return "ping_check" }

// Prepare returns why this process may not have a raw socket.
func (Ping) Prepare() error {
	s, err := openPingSocket(pingRoute{}, 1)
	if err != nil {
		return err
	}
	closeSocket(s.fd)
	return nil
}

// Probe asks once. An Engine does not call it: it has one socket for many.
func (Ping) Probe(ctx context.Context, t Target, _ State) (Result, error) {
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	s, err := openPingSocket(routeOf(t), 1)
	if err != nil {
		return Result{}, err
	}
	to := t.Addr.Addr().Unmap()
	c, err := newConn(ctx, s.fd, &net.IPAddr{IP: to.AsSlice()})
	if err != nil {
		return Result{}, err
	}
	defer func() { _ = c.Close() }() // see closeSocket
	scratch := make([]byte, maxDatagram)
	if _, err := s.send(nil, to, scratch); err != nil {
		return Result{}, err
	}
	return Result{}, s.await(ctx, c, scratch)
}

// await waits for the reply to the only echo request of s.
func (s *pingSocket) await(ctx context.Context, c *conn, scratch []byte) error {
	raw, err := c.file.SyscallConn()
	if err != nil {
		return connError("read", err)
	}
	err = raw.Read(func(uintptr) bool {
		_, replied := s.receive(scratch)
		return replied
	})
	if ctx.Err() != nil && err != nil {
		return ctx.Err()
	}
	return connError("read", err)
}
