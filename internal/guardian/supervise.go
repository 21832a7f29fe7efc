package guardian

import (
	"context"
	"time"
)

const (
	// steadyTime is for how long a process has to have lived, so that its death is
	// not one of a row.
	steadyTime = 10 * time.Second
	// The second process that dies is replaced after respawnFirst, the next ones
	// after twice the time each.
	respawnFirst = 100 * time.Millisecond
	respawnMost  = 10 * time.Second
)

// supervise starts another process whenever one dies or hangs, until ctx is done or the
// process has ended because it was told to.
func (c *Client) supervise(ctx context.Context) {
	defer close(c.ended)
	for failures := 0; ; {
		s := c.session // nobody else sets it
		go s.watch(ctx, c.log)
		select {
		case <-s.broken:
		case <-ctx.Done():
			return
		}
		died := s.died()
		if c.lost() && s.finished() {
			return
		}
		s.kill()
		c.log.Error("the VRRP process has died, another one follows", "pid", s.cmd.Process.Pid, "outcome", s.cmd.ProcessState.String())
		if died.Sub(s.started) > steadyTime {
			failures = 0
		}
		next := c.respawn(ctx, died, &failures)
		if next == nil {
			return
		}
		c.mu.Lock()
		c.session = next
		close(c.changed)
		c.changed = make(chan struct{})
		c.wakeTracks()
		c.mu.Unlock()
	}
}

// lost notes that there is no process at the moment, and reports whether it was
// told to end.
func (c *Client) lost() (stopping bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.session = nil
	return c.stopping
}

// respawn starts a process in place of one that has died; nil if ctx is done
// before.
func (c *Client) respawn(ctx context.Context, died time.Time, failures *int) *session {
	for ; ; *failures++ {
		select {
		case <-time.After(backoff(*failures)):
		case <-ctx.Done():
			return nil
		}
		s, err := c.replace(ctx, died)
		if err == nil {
			*failures++
			return s
		}
		c.log.Error("the VRRP process has not come back", "err", err)
	}
}

// backoff is how long to wait after so many deaths in a row.
func backoff(failures int) time.Duration {
	if failures == 0 {
		return 0
	}
	return min(respawnFirst<<min(failures-1, 10), respawnMost)
}

// replace starts a process that does what the last one did.
func (c *Client) replace(ctx context.Context, died time.Time) (*session, error) {
	s, err := c.spawn(ctx)
	if err != nil {
		return nil, err
	}
	c.committing.Lock()
	defer c.committing.Unlock()
	if c.setup == nil {
		return s, nil
	}
	if err := s.call(ctx, callPrepare, c.setup, nil); err != nil {
		s.kill()
		return nil, err
	}
	l := c.before.leave(ctx) // if the first Commit has not come so far
	l.Masters = append(l.Masters, c.mastersAfter(time.Since(died))...)
	l.Hosts = append(l.Hosts, c.former.masters()...)
	if err := c.commitTo(ctx, s, l); err != nil {
		c.log.Error("VRRP not completely in force yet", "err", err)
	}
	c.log.Info("the VRRP process is back", "pid", s.cmd.Process.Pid, "masters", l.Masters)
	return s, nil
}
