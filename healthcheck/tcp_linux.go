package healthcheck

import (
	"context"

	"golang.org/x/sys/unix"
)

// TCP is keepalived's TCP_CHECK: a target that accepts a connection is
// healthy. Nothing is sent or read. The connection ends with a reset, so that
// no socket stays behind in TIME_WAIT, neither here nor on the target.
type TCP struct{}

// Kind returns "tcp_check".
func (TCP) Kind() string { return "tcp_check" }

// Probe connects to the target and closes the connection. An Engine does not
// call it: it connects without a goroutine per probe.
func (TCP) Probe(ctx context.Context, t Target, _ State) (Result, error) {
	c, err := Dial(ctx, t)
	if err != nil {
		return Result{}, err
	}
	_ = c.Close() // see closeSocket
	return Result{}, nil
}

func (TCP) ask(t Target, _ []byte) (fd int, err error) { return connect(t) }

func (TCP) events() uint32 { return unix.EPOLLOUT }

func (TCP) answer(fd int, flags uint32, _ []byte) (done bool, err error) {
	if flags&(unix.EPOLLERR|unix.EPOLLHUP) == 0 {
		return true, nil
	}
	return true, connectError(fd)
}

func (TCP) silence() error { return context.DeadlineExceeded }
