package healthcheck

import (
	"context"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// startPoller returns a poller and the channel on which it announces.
func startPoller(t *testing.T) (*poller, chan []event) {
	t.Helper()
	p, err := newPoller()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	happened := make(chan []event)
	ended := make(chan error)
	go func() { ended <- p.wait(ctx, happened) }()
	t.Cleanup(func() {
		cancel()
		if err := p.close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Errorf("wait: %v", err)
		}
	})
	return p, happened
}

// watchConnect begins to connect to a target, watched by p.
func watchConnect(t *testing.T, p *poller, target Target) (fd int, turn int32) {
	t.Helper()
	fd, err := connect(target)
	if err != nil {
		t.Fatal(err)
	}
	turn, err = p.watch(fd, unix.EPOLLOUT|unix.EPOLLONESHOT)
	if err != nil {
		t.Fatal(err)
	}
	return fd, turn
}

func TestPollerAnnouncesEachConnectOnce(t *testing.T) {
	p, happened := startPoller(t)
	target := Target{Addr: listen(t, "127.0.0.1:0")}
	turns := make(map[int32]int32)
	for range 600 { // more than fit into one call of epoll_wait
		fd, turn := watchConnect(t, p, target)
		turns[int32(fd)] = turn
	}
	for len(turns) > 0 {
		for _, ev := range <-happened {
			if turn, ok := turns[ev.fd]; !ok || turn != ev.turn {
				t.Fatalf("%+v was announced, which is unknown or was before", ev)
			}
			delete(turns, ev.fd)
			closeSocket(int(ev.fd))
		}
	}
}

func TestPollerWatchesAgain(t *testing.T) {
	p, happened := startPoller(t)
	fd, turn := watchConnect(t, p, Target{Addr: listen(t, "127.0.0.1:0")})
	defer closeSocket(fd)
	for range 3 {
		events := slices.Clone(<-happened)
		if len(events) != 1 || events[0].fd != int32(fd) || events[0].turn != turn {
			t.Errorf("got %+v, want socket %d in turn %d", events, fd, turn)
		}
		if err := p.watchAgain(fd, turn, unix.EPOLLOUT|unix.EPOLLONESHOT); err != nil {
			t.Fatal(err)
		}
	}
	<-happened
}

func TestReadiness(t *testing.T) {
	fd, err := connect(Target{Addr: fullListener(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer closeSocket(fd)
	if got := readiness(fd, unix.EPOLLOUT); got != 0 {
		t.Errorf("a connect that hangs: flags %#x", got)
	}
	_, nobody := boundSocket(t)
	refused, err := connect(Target{Addr: nobody})
	if err == nil {
		defer closeSocket(refused)
		if got := readiness(refused, unix.EPOLLOUT); got&unix.EPOLLERR == 0 {
			t.Errorf("a connect that was refused: flags %#x", got)
		}
	}
}

func TestPollerDoesNotAnnounceClosed(t *testing.T) {
	p, happened := startPoller(t)
	hanging, _ := watchConnect(t, p, Target{Addr: fullListener(t)})
	closeSocket(hanging)
	fd, turn := watchConnect(t, p, Target{Addr: listen(t, "127.0.0.1:0")}) // with the same number
	defer closeSocket(fd)
	if events := <-happened; len(events) != 1 || events[0].turn != turn {
		t.Errorf("got %+v, want turn %d alone", events, turn)
	}
}
