package healthcheck

import (
	"context"
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

// startWaiting returns a connector and the channel on which it announces.
func startWaiting(t *testing.T) (*connector, chan []int32) {
	t.Helper()
	c, err := newConnector()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan []int32)
	ended := make(chan error)
	go func() { ended <- c.wait(ctx, over) }()
	t.Cleanup(func() {
		cancel()
		if err := c.close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Errorf("wait: %v", err)
		}
	})
	return c, over
}

func TestConnectorAnnouncesEachConnectOnce(t *testing.T) {
	c, over := startWaiting(t)
	target := Target{Addr: listen(t, "127.0.0.1:0")}
	const n = 600 // more than fit into one call of epoll_wait
	fds := make(map[int32]int)
	for id := range int32(n) {
		fd, err := c.start(id, target)
		if err != nil {
			t.Fatal(err)
		}
		fds[id] = fd
	}
	for len(fds) > 0 {
		for _, id := range <-over {
			fd, ok := fds[id]
			if !ok {
				t.Fatalf("connect %d was announced twice", id)
			}
			delete(fds, id)
			if err := c.finish(fd); err != nil {
				t.Errorf("connect %d: %v", id, err)
			}
		}
	}
}

func TestConnectorExpire(t *testing.T) {
	c, _ := startWaiting(t) // nobody listens to what it announces
	fd, err := c.start(1, Target{Addr: fullListener(t)})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.expire(fd); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("connect that hangs: got %v, want %v", err, context.DeadlineExceeded)
	}

	fd, err = c.start(2, Target{Addr: listen(t, "127.0.0.1:0")})
	if err != nil {
		t.Fatal(err)
	}
	set := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	if n, err := unix.Poll(set, 5000); n != 1 || err != nil {
		t.Fatalf("poll: %d %v", n, err)
	}
	if err := c.expire(fd); err != nil {
		t.Errorf("connect that is over, only not announced: got %v, want success", err)
	}
}

func TestConnectorDoesNotAnnounceAborted(t *testing.T) {
	c, over := startWaiting(t)
	hanging, err := c.start(1, Target{Addr: fullListener(t)})
	if err != nil {
		t.Fatal(err)
	}
	c.abort(hanging)
	fd, err := c.start(2, Target{Addr: listen(t, "127.0.0.1:0")}) // with the same number
	if err != nil {
		t.Fatal(err)
	}
	ids := <-over
	if len(ids) != 1 || ids[0] != 2 {
		t.Errorf("got ids %v, want 2 alone", ids)
	}
	if err := c.finish(fd); err != nil {
		t.Error(err)
	}
}
