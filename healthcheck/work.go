package healthcheck

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"time"
)

// An answer is what the Prober of an entry returned.
type answer struct {
	en     *entry
	result Result
	err    error
}

// work begins a probe in a goroutine of its own.
func (e *Engine) work(ctx context.Context, en *entry) {
	now := e.now()
	spec, was := en.check.Spec(), en.verdict.state
	e.begun(en, working, now, now+spec.Timing.Timeout+grace)
	ctx, en.cancel = context.WithTimeout(ctx, spec.Timing.Timeout)
	go e.deliver(en, spec, func() (Result, error) {
		return spec.Prober.Probe(ctx, spec.Target, was)
	})
}

// talk lets a goroutine talk over the connection of en until the deadline that
// the probe had from its start.
//
// The time that the connection has waited for a worker is missing then. If that
// was more than a tenth of Timeout, a target that runs out of time is not at
// fault: this is local trouble, and the next probe has its worker before it
// connects, so that it gives an answer.
func (e *Engine) talk(ctx context.Context, en *entry) {
	spec, was := en.check.Spec(), en.verdict.state
	waited := e.now() - en.since
	ctx, en.cancel = context.WithDeadline(ctx, e.epoch.Add(en.at))
	en.phase = working
	e.schedule.move(en, en.at+grace)
	fd := e.takeSocket(en)
	go e.deliver(en, spec, func() (Result, error) {
		result, err := talk(ctx, fd, spec, was)
		if errors.Is(err, context.DeadlineExceeded) && waited > spec.Timing.Timeout/10 {
			return Result{}, fmt.Errorf("%w: %w", noWorker(waited), context.DeadlineExceeded)
		}
		return result, err
	})
}

// talk asks the Talker of spec, over a socket that is connected to its target.
func talk(ctx context.Context, fd int, spec Spec, was State) (Result, error) {
	c, err := newConn(ctx, fd, net.TCPAddrFromAddrPort(unmap(spec.Target.Addr)))
	if err != nil {
		return Result{}, err
	}
	defer func() { _ = c.Close() }() // see closeSocket
	return spec.Prober.(Talker).Talk(ctx, c, spec.Target, was)
}

// deliver asks one question. It delivers an answer in any case: a Prober that
// panics has not shown its target to be healthy.
func (e *Engine) deliver(en *entry, spec Spec, ask func() (Result, error)) {
	var result Result
	err := errors.New("probe ended without an answer")
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("probe panicked: %v", p)
			e.log.Error("probe panicked", "real_server", spec.Target.Addr, "kind", spec.Prober.Kind(),
				"err", err, "stack", string(debug.Stack()))
		}
		e.answers <- answer{en, result, err}
	}()
	result, err = ask()
}

// answered takes the answer of a Prober, unless it comes too late.
func (e *Engine) answered(a answer) {
	en := a.en
	en.cancel()
	switch {
	case en.stuck:
		en.stuck = false
		en.release()
	case en.dropped:
		en.release()
	default:
		en.slowIn = nil
		if errors.Is(a.err, context.DeadlineExceeded) {
			en.slowIn = en.held
		}
		e.finish(en, a.result, a.err)
	}
}

// expireWorking goes on without a Prober that has not returned by now: it
// cannot be made to. Its slot stays taken, and until it returns each turn of
// its check counts as timed out without another probe.
func (e *Engine) expireWorking(en *entry) {
	spec := en.check.Spec()
	en.stuck, en.hurried = true, false
	en.slowIn = en.held
	e.log.Warn("probe ignores its deadline", "real_server", spec.Target.Addr, "kind", spec.Prober.Kind())
	e.finish(en, Result{}, context.DeadlineExceeded)
}

// shutdown ends the probes in flight and waits for their goroutines. Those
// that ignore their context are left behind.
func (e *Engine) shutdown() {
	for _, en := range e.bySocket {
		if en != nil {
			e.abort(en)
			en.release()
		}
	}
	e.spares.close()
	for _, s := range e.pings {
		closeSocket(s.fd)
	}
	if e.poller != nil {
		if err := e.poller.close(); err != nil {
			e.log.Error("close epoll set", "err", err)
		}
	}
	e.watchers.Wait()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	for left := e.workers.busy + e.processes.busy; left > 0; left-- {
		select {
		case a := <-e.answers:
			a.en.cancel()
		case <-timer.C:
			e.log.Warn("probes ignore their context", "count", left)
			return
		}
	}
}
