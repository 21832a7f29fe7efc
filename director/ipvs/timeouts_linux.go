package ipvs

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Timeouts returns the timeouts of the network namespace (IPVS_CMD_GET_CONFIG).
func (c *Client) Timeouts(ctx context.Context) (Timeouts, error) {
	var t Timeouts
	err := c.request(ctx, cmdGetConfig, nil, func(m message) (err error) {
		t, err = decodeTimeouts(m)
		return err
	})
	if err != nil {
		return Timeouts{}, fmt.Errorf("read the IPVS timeouts: %w", err)
	}
	return t, nil
}

// SetTimeouts sets the timeouts that are not 0, rounded up to whole seconds
// (IPVS_CMD_SET_CONFIG). A connection has the new one from its next packet on.
// An error matches unix.EINVAL if one is too long: the kernel counts 2³¹ ticks
// of CONFIG_HZ, which is at least 24 days.
func (c *Client) SetTimeouts(ctx context.Context, t Timeouts) error {
	if t == (Timeouts{}) {
		return nil
	}
	err := c.request(ctx, cmdSetConfig, func(w *writer) { w.timeouts(t) }, nil)
	if errors.Is(err, unix.EINVAL) {
		err = &kernelError{fmt.Sprintf("one of tcp %v, tcpfin %v and udp %v is too long for the kernel",
			t.TCP, t.TCPFin, t.UDP), unix.EINVAL}
	}
	if err != nil {
		return fmt.Errorf("set the IPVS timeouts: %w", err)
	}
	return nil
}

// request sends one request other than for a dump, with the attributes that
// build writes, if not nil, hands the answer to visit and returns the error
// that the kernel acknowledges it with. It knows about a module that was
// loaded anew.
func (c *Client) request(ctx context.Context, cmd uint8, build func(*writer), visit func(message) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	return c.resolved(func() error {
		c.out.reset()
		c.out.begin(c.family, 0, c.next(), cmd, familyVersion)
		if build != nil {
			build(&c.out)
		}
		c.out.end()
		return c.acknowledged(visit)
	})
}
