package api

import (
	"context"
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// peerKey is the context key of the text of a connection's peer.
type peerKey struct{}

// withPeer notes who is at the other end of a connection.
func withPeer(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, peerKey{}, peerOf(conn))
}

// peerOf says who is at the other end: "uid 1000, pid 4711" on a unix socket
// (SO_PEERCRED, unix(7)), else the address.
func peerOf(conn net.Conn) string {
	if c, ok := conn.(*slotted); ok {
		conn = c.Conn
	}
	c, ok := conn.(*net.UnixConn)
	if !ok {
		return conn.RemoteAddr().String()
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return "unknown"
	}
	text := "unknown"
	_ = raw.Control(func(fd uintptr) { // without it the peer stays unknown
		if cred, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			text = fmt.Sprintf("uid %d, pid %d", cred.Uid, cred.Pid)
		}
	})
	return text
}

// peer says who has sent a request.
func peer(ctx context.Context) string {
	text, _ := ctx.Value(peerKey{}).(string)
	return text
}
