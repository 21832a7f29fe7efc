package healthcheck

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// late is how long after its time a probe may begin before Stats.Late
	// counts it.
	late = 100 * time.Millisecond

	// grace is how long after its deadline a Prober may take to return. Then
	// the engine goes on without it.
	grace = time.Second

	// localLogEvery is the shortest time between two log lines about local
	// trouble, which tends to hit all checks at once.
	localLogEvery = 10 * time.Second
)

// lane returns the lane in which en waits until it may begin.
//
// The connection of a Talker takes a socket, and a worker once it stands. But a
// target that has kept its worker waiting until the deadline takes the worker
// first: it would keep it again, and a connection that waits for a worker can
// wait for its deadline only.
func (e *Engine) lane(en *entry) *lane {
	switch en.way {
	case byAsk, byEcho:
		return &e.sockets
	case byTalk:
		if en.slowIn == &e.workers {
			return &e.workers
		}
		return &e.sockets
	case byFork:
		return &e.processes
	default:
		return &e.workers
	}
}

// startDue ends probes whose deadline has come, and begins those whose turn it
// is, as far as there are slots.
func (e *Engine) startDue(ctx context.Context) {
	now := e.now()
	for en := e.schedule.pop(now); en != nil; en = e.schedule.pop(now) {
		switch {
		case en.phase != resting:
			e.expire(ctx, en)
		case en.stuck:
			en.began = now - en.check.Spec().Timing.Timeout
			e.finish(en, Result{}, context.DeadlineExceeded)
		default:
			en.phase = waiting
			e.lane(en).push(en, now)
		}
	}
	// A connection that gets its worker gives back its place among the sockets.
	for _, l := range [...]*lane{&e.workers, &e.processes, &e.sockets} {
		for en := l.pop(); en != nil; en = l.pop() {
			e.start(ctx, en)
		}
	}
}

// start begins the probe of en, which has a slot, or lets its connection talk.
func (e *Engine) start(ctx context.Context, en *entry) {
	switch {
	case en.phase == connected:
		e.talk(ctx, en)
	case en.way == byWork, en.way == byFork:
		e.work(ctx, en)
	default:
		e.ask(ctx, en)
	}
}

// begun notes that a probe of en is in flight until deadline at the latest.
func (e *Engine) begun(en *entry, phase phase, now, deadline time.Duration) {
	if by := now - en.at; by > late {
		e.counters.Late++
		e.counters.LateMax = max(e.counters.LateMax, by)
	}
	en.phase = phase
	en.began, en.at = now, deadline
	e.schedule.add(en)
}

// expire ends a probe whose deadline has come.
func (e *Engine) expire(ctx context.Context, en *entry) {
	switch en.phase {
	case asking:
		e.expireAsking(ctx, en)
	case connected:
		e.expireConnected(en)
	case working:
		e.expireWorking(en)
	case resting, waiting: // have none
	}
}

// drop forgets en, which is in no set any more. Its probe in flight ends now
// or, in a goroutine, soon.
func (e *Engine) drop(en *entry) {
	en.dropped = true
	e.schedule.remove(en)
	switch en.phase {
	case resting:
	case waiting:
		en.queue.remove(en)
	case asking, connected:
		e.abort(en)
		en.release()
	case working:
		en.cancel()
	}
}

// finish takes the answer of a probe and settles when the next one is due.
func (e *Engine) finish(en *entry, result Result, err error) {
	e.schedule.remove(en)
	if !en.stuck {
		en.release()
	}
	e.counters.Done++
	en.phase = resting
	at := time.Now()
	now := at.Sub(e.epoch)
	spec := en.check.Spec()
	e.tally(spec.Prober.Kind()).count(err, now-en.began)
	en.remember(now, err, spec.Timing)
	if errors.Is(err, ErrLocal) {
		e.localTrouble(en, now, err)
	} else {
		e.judge(en, at, result, err)
	}
	timing := spec.Timing
	switch {
	case en.hurried:
		en.hurried = false
		en.at = now
	case en.verdict.retrying():
		en.at = onSlot(now + max(timing.RetryDelay, slot))
	default:
		en.at = nextOnGrid(now, en.grid, max(timing.Interval, slot))
	}
	e.schedule.add(en)
}

// judge updates the state of en by an answer about its target.
func (e *Engine) judge(en *entry, at time.Time, result Result, err error) {
	timing := en.check.Spec().Timing
	status := en.status
	status.Last = at
	if err != nil {
		e.counters.Failed++
	}
	if en.verdict.observe(err == nil, timing) {
		status.State = en.verdict.state
		status.Since = at
		status.Reason = ""
	}
	switch {
	case status.State != Up:
		status.Weight, status.Warning = Weight{}, ""
	case err == nil:
		status.Weight, status.Warning = result.Weight, result.Warning
	}
	if status.State == Down && err != nil {
		status.Reason = reason(err, timing)
	}
	e.update(en, status)
}

// reason says in words why a probe failed.
func reason(err error, t Timing) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("timed out after %v", t.Timeout)
	}
	return err.Error()
}

// localTrouble notes that a probe said nothing about its target. Nobody could
// tell why such a target stays unknown, so that becomes its reason.
func (e *Engine) localTrouble(en *entry, now time.Duration, err error) {
	e.counters.Local++
	if now >= e.nextLocalLog {
		e.nextLocalLog = now + localLogEvery
		e.log.Warn("cannot probe", "real_server", en.check.Spec().Target.Addr, "err", err, "total", e.counters.Local)
	}
	status := en.status
	if status.State == Unknown {
		status.Reason = err.Error()
	}
	e.update(en, status)
}

// update stores the status of en and reports it if it says something new.
func (e *Engine) update(en *entry, status Status) {
	old := en.status
	en.status = status
	old.Since, old.Last = status.Since, status.Last
	if status != old {
		e.report(Update{Check: en.check, Status: status})
	}
}
