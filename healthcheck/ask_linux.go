package healthcheck

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// ask puts the question of en on its way. The engine waits for the answer
// without a goroutine for it.
func (e *Engine) ask(ctx context.Context, en *entry) {
	now := e.now()
	spec := en.check.Spec()
	e.begun(en, asking, now, onSlot(now+spec.Timing.Timeout))
	err := e.openPoller(ctx)
	if err == nil && en.way == byEcho {
		err = e.ping(en, spec.Target)
	} else if err == nil {
		err = e.askAlone(en, spec.Target)
	}
	if err != nil {
		en.slowIn = nil
		e.finish(en, Result{}, err)
	}
}

// askAlone asks through a socket of its own.
func (e *Engine) askAlone(en *entry, t Target) error {
	fd, turn, err := e.put(en.asker(), t)
	if err != nil {
		return err
	}
	for len(e.bySocket) <= fd {
		e.bySocket = append(e.bySocket, nil)
	}
	e.bySocket[fd] = en
	en.fd, en.turn = int32(fd), turn
	return nil
}

// put puts a question on its way, through a socket that is watched.
func (e *Engine) put(q asker, t Target) (fd int, turn int32, err error) {
	watch, used := e.poller.watch, false
	if q == asker(TCP{}) {
		if fd, used, err = e.spares.take(t); used {
			watch = e.poller.watchAnew
		}
	}
	if !used {
		fd, err = q.ask(t, e.scratch)
	}
	if err != nil {
		return 0, 0, err
	}
	if turn, err = watch(fd, q.events()|unix.EPOLLONESHOT); err != nil {
		closeSocket(fd)
	}
	return fd, turn, err
}

// openPoller makes the poller, if there is none yet.
func (e *Engine) openPoller(ctx context.Context) error {
	if e.poller != nil {
		return nil
	}
	p, err := newPoller()
	if err != nil {
		return err
	}
	e.poller, e.scratch = p, make([]byte, maxDatagram)
	e.watchers.Go(func() {
		if err := p.wait(ctx, e.happened); err != nil {
			e.log.Error("probes are answered at their deadline only", "err", err)
		}
	})
	return nil
}

// take takes what has happened to sockets. Those that have been given up
// meanwhile are unknown here.
func (e *Engine) take(ctx context.Context, events []event) {
	for _, ev := range events {
		if en := e.owner(ev); en != nil {
			e.answer(ctx, en, ev.flags)
		} else if s := e.pingSocket(ev); s != nil {
			e.replies(s)
		}
	}
}

// owner returns the entry that asks through the socket of ev alone.
func (e *Engine) owner(ev event) *entry {
	if int(ev.fd) >= len(e.bySocket) {
		return nil
	}
	if en := e.bySocket[ev.fd]; en != nil && en.turn == ev.turn && en.phase == asking {
		return en
	}
	return nil
}

// answer takes what has happened to the socket of en.
func (e *Engine) answer(ctx context.Context, en *entry, flags uint32) {
	q := en.asker()
	done, err := q.answer(int(en.fd), flags, e.scratch)
	if !done {
		err = e.poller.watchAgain(int(en.fd), en.turn, q.events()|unix.EPOLLONESHOT)
		if err == nil {
			return
		}
	}
	en.slowIn = nil
	t := en.check.Spec().Target
	if q == asker(TCP{}) && err == nil {
		err = verify(int(en.fd), t)
	}
	if en.way == byTalk && err == nil {
		e.connected(ctx, en)
		return
	}
	if q == asker(TCP{}) && err == nil {
		e.spares.put(e.takeSocket(en), t)
	} else {
		e.abort(en)
	}
	e.finish(en, Result{}, err)
}

// verify returns why a socket that has connected without an error is no
// connection to t: no event may bring up a server that has not answered.
func verify(fd int, t Target) error {
	want := unmap(t.Addr)
	switch peer := peerOf(fd); {
	case peer == netip.AddrPortFrom(want.Addr().WithZone(""), want.Port()):
		return nil
	case peer.IsValid():
		return fmt.Errorf("%w: socket is connected to %s", ErrLocal, peer)
	default:
		if err := connectError(fd); err != nil {
			return err // since then
		}
		return fmt.Errorf("%w: socket is not connected", ErrLocal)
	}
}

// connected lets the connection of en wait for a worker, or talk if it has one.
func (e *Engine) connected(ctx context.Context, en *entry) {
	en.phase = connected
	en.since = e.now()
	if en.held == &e.workers {
		e.talk(ctx, en)
		return
	}
	e.workers.push(en, en.since)
}

// expireAsking ends a probe without an answer. There may be one all the same,
// and only this process was late to see it.
func (e *Engine) expireAsking(ctx context.Context, en *entry) {
	if en.way == byEcho {
		e.replies(e.pings[routeOf(en.check.Spec().Target)])
	} else if flags := readiness(int(en.fd), en.asker().events()); flags != 0 {
		e.answer(ctx, en, flags)
	}
	if en.phase != asking {
		return
	}
	en.slowIn = &e.sockets
	e.abort(en)
	e.finish(en, Result{}, en.asker().silence())
}

// abort gives up the question of en, which is asking or connected, with its
// socket and its place among those that wait.
func (e *Engine) abort(en *entry) {
	if en.queue != nil {
		en.queue.remove(en)
	}
	if en.way == byEcho {
		e.pings[routeOf(en.check.Spec().Target)].forget(en.seq)
		return
	}
	closeSocket(e.takeSocket(en))
}

// takeSocket takes the socket from en.
func (e *Engine) takeSocket(en *entry) (fd int) {
	e.bySocket[en.fd] = nil
	return int(en.fd)
}

// expireConnected ends a probe that has waited for a worker until its deadline.
// The target has done what it was asked, so this is no answer. Next time the
// probe has its worker before it connects.
func (e *Engine) expireConnected(en *entry) {
	en.slowIn = &e.workers
	e.abort(en)
	e.finish(en, Result{}, noWorker(e.now()-en.since))
}

// noWorker is the error of a probe that was too long without a worker.
func noWorker(waited time.Duration) error {
	return fmt.Errorf("%w: no worker was free for %v", ErrLocal, waited.Round(time.Millisecond))
}
