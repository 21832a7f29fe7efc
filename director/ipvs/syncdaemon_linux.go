package ipvs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// SyncDaemons returns the sync daemons that run in the network namespace, the
// master before the backup (IPVS_CMD_GET_DAEMON). No field is 0 that the
// kernel has a default for, see [SyncDaemon.Canonical].
func (c *Client) SyncDaemons(ctx context.Context) ([]SyncDaemon, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := ctx.Err()
	var daemons []SyncDaemon
	if err == nil {
		err = c.resolved(func() error {
			c.out.reset()
			c.out.begin(c.family, unix.NLM_F_DUMP, c.next(), cmdGetDaemon, familyVersion)
			c.out.end()
			daemons = nil
			return c.dump(func(m message) error {
				d, err := decodeSyncDaemon(m)
				daemons = append(daemons, d)
				return err
			})
		})
	}
	if err != nil {
		return nil, fmt.Errorf("list sync daemons: %w", err)
	}
	return daemons, nil
}

// StartSyncDaemon starts a sync daemon (IPVS_CMD_NEW_DAEMON). An error matches
// fs.ErrExist if one with the role runs, unix.ENODEV if there is no such
// interface, unix.EINVAL if the group is not multicast or real servers of the
// other address family than their service are in the table, and whatever the
// socket of the daemon fails with.
func (c *Client) StartSyncDaemon(ctx context.Context, d SyncDaemon) error {
	err := c.request(ctx, cmdNewDaemon, func(w *writer) { w.syncDaemon(d) }, nil)
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		err = explainSyncDaemon(d, errno)
	}
	if err != nil {
		return fmt.Errorf("start sync daemon %s: %w", d, err)
	}
	return nil
}

// StopSyncDaemon stops the sync daemon with a role (IPVS_CMD_DEL_DAEMON). That
// there is none is no error.
func (c *Client) StopSyncDaemon(ctx context.Context, r SyncRole) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := ctx.Err()
	if err == nil {
		err = c.resolved(func() error { return c.stopSyncDaemon(r) })
	}
	if err == nil || errors.Is(err, unix.ESRCH) {
		return nil
	}
	return fmt.Errorf("stop sync daemon %s: %w", r, err)
}

// stopSyncDaemon has a second request acknowledged, because the kernel does
// not answer the first if the thread was stopped before it ran: its result is
// EINTR then, after which netlink_rcv_skb keeps silent.
func (c *Client) stopSyncDaemon(r SyncRole) error {
	c.out.reset()
	stop := c.next()
	c.out.begin(c.family, 0, stop, cmdDelDaemon, familyVersion)
	c.out.syncRole(r)
	c.out.end()
	c.out.begin(c.family, 0, c.next(), cmdGetInfo, familyVersion)
	c.out.end()
	c.out.requestAck()
	var refusal error
	err := c.exchange(stop, func(m message) (done bool, err error) {
		switch {
		case m.typ != unix.NLMSG_ERROR:
			return false, nil
		case m.seq == stop:
			refusal = answer(m)
			return false, nil
		default:
			return true, answer(m)
		}
	})
	return cmp.Or(refusal, err)
}
