package healthcheck

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
)

// asks returns an engine that has just begun one probe and does not run: what
// happens next is up to the test.
func asks(t *testing.T, spec Spec) (context.Context, *Engine, *entry) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	e := NewEngine(Config{}, func(Update) {}, slog.New(slog.DiscardHandler))
	e.epoch = time.Now()
	t.Cleanup(func() {
		cancel()
		e.shutdown()
	})
	e.apply([]Check{spec.Check()})
	e.startDue(ctx)
	return ctx, e, e.entries[spec.Check()]
}

// readable waits until there is something to read from a socket.
func readable(t *testing.T, fd int) {
	t.Helper()
	set := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	if n, err := unix.Poll(set, 60_000); n != 1 || err != nil {
		t.Fatalf("poll: %d, %v", n, err)
	}
}

// replier returns a UDP target, and what lets it reply to one question.
func replier(t *testing.T) (target Target, reply func()) {
	t.Helper()
	server, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return Target{Addr: server.LocalAddr().(*net.UDPAddr).AddrPort()}, func() {
		_, from, err := server.ReadFromUDPAddrPort(make([]byte, 100))
		if err == nil {
			_, err = server.WriteToUDPAddrPort([]byte("hello"), from)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestEventThatIsNoAnswerKeepsTheProbeGoing(t *testing.T) {
	target, reply := replier(t)
	ctx, e, en := asks(t, Spec{Prober: UDP{RequireReply: true}, Target: target, Timing: Timing{Interval: time.Hour, Timeout: time.Minute}})
	e.take(ctx, []event{{fd: en.fd, turn: en.turn, flags: unix.EPOLLIN}})
	if en.phase != asking || e.counters.Done != 0 {
		t.Fatalf("the probe has ended: %+v", en.status)
	}
	reply()
	for en.phase == asking { // the epoll set tells of the reply
		e.take(ctx, <-e.happened)
	}
	if en.status.State != Up {
		t.Errorf("status %+v", en.status)
	}
}

func TestAnswerThatIsThereAtTheDeadlineCounts(t *testing.T) {
	nettest.Require(t, nettest.NetNS) // for raw sockets
	timing := Timing{Interval: time.Hour, Timeout: time.Minute}
	target, reply := replier(t)
	hungUp := Target{Addr: listen(t, "127.0.0.1:0")}
	for name, spec := range map[string]Spec{
		"udp":  {Prober: UDP{RequireReply: true}, Target: target, Timing: timing},
		"ping": {Prober: Ping{}, Target: Target{Addr: netip.MustParseAddrPort("127.0.0.1:0")}, Timing: timing},
		"tcp":  {Prober: TCP{}, Target: hungUp, Timing: timing},
	} {
		ctx, e, en := asks(t, spec)
		fd := int(en.fd)
		switch spec.Prober.(type) {
		case UDP:
			reply()
		case Ping:
			fd = e.pings[routeOf(spec.Target)].fd
		}
		readable(t, fd)
		e.expire(ctx, en)
		if en.status.State != Up || en.slowIn != nil || e.sockets.busy != 0 {
			t.Errorf("%s: status %+v, slow in %v, %d in flight", name, en.status, en.slowIn, e.sockets.busy)
		}
	}
}

// TestTalkThatHadToWaitTooLong lets a silent target run out of time after its
// connection has waited for a worker, for long and for a moment.
func TestTalkThatHadToWaitTooLong(t *testing.T) {
	const timeout = 200 * time.Millisecond
	target := Target{Addr: silent(t)}
	for waited, want := range map[time.Duration]State{timeout / 2: Unknown, timeout / 100: Down} {
		spec := Spec{Prober: newGate(), Target: target, Timing: Timing{Interval: time.Hour, Timeout: timeout}}
		ctx, e, en := asks(t, spec)
		for en.phase == asking {
			e.take(ctx, <-e.happened)
		}
		if en.phase != connected || e.workers.load().Waiting != 1 {
			t.Fatalf("phase %v, workers %+v", en.phase, e.workers.load())
		}
		en.since = e.now() - waited
		e.startDue(ctx)
		e.answered(<-e.answers)
		if en.status.State != want || en.slowIn != &e.workers || e.workers.busy != 0 {
			t.Errorf("waited %v: status %+v, want %v", waited, en.status, want)
		}
		if got := e.lane(en); got != &e.workers {
			t.Error("the next probe does not begin with a worker")
		}
		// It takes the worker first, connects and talks at once.
		e.schedule.move(en, e.now())
		e.startDue(ctx)
		if en.phase != asking || en.held != &e.workers || e.sockets.busy != 0 {
			t.Fatalf("phase %v, sockets %+v", en.phase, e.sockets.load())
		}
		for en.phase == asking {
			e.take(ctx, <-e.happened)
		}
		if en.phase != working || e.workers.busy != 1 {
			t.Errorf("phase %v, workers %+v", en.phase, e.workers.load())
		}
		e.answered(<-e.answers)
		if en.status.State != Down || en.slowIn != &e.workers {
			t.Errorf("waited %v, the next: status %+v, want down", waited, en.status)
		}
	}
}

// TestSlowInOneLaneIsNotSlowInAnother has a target that hangs, and is gone then.
func TestSlowInOneLaneIsNotSlowInAnother(t *testing.T) {
	spec := Spec{Prober: newGate(), Target: Target{Addr: fullListener(t)}, Timing: Timing{Interval: time.Hour, Timeout: time.Minute}}
	ctx, e, en := asks(t, spec)
	en.slowIn = &e.workers // as it hung the last time
	e.expire(ctx, en)
	if en.status.State != Down || e.lane(en) != &e.sockets {
		t.Errorf("status %+v: a target that is gone waits for a worker", en.status)
	}
}
