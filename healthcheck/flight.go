package healthcheck

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
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

// An answer is what the Prober of an entry returned.
type answer struct {
	en     *entry
	result Result
	err    error
}

// lane returns the lane that bounds the probes of en.
func (e *Engine) lane(en *entry) *lane {
	if isTCP(en) {
		return &e.connects
	}
	return &e.workers
}

// isTCP reports whether the engine itself asks this question.
func isTCP(en *entry) bool {
	_, ok := en.check.Spec().Prober.(TCP)
	return ok
}

// startDue ends probes whose deadline has come, and begins those whose turn it
// is, as far as there are slots.
func (e *Engine) startDue(ctx context.Context) {
	now := e.now()
	for en := e.schedule.pop(now); en != nil; en = e.schedule.pop(now) {
		switch {
		case en.inFlight:
			e.expire(en)
		case en.stuck:
			e.finish(en, Result{}, context.DeadlineExceeded)
		default:
			e.lane(en).push(en)
		}
	}
	for en := e.connects.pop(); en != nil; en = e.connects.pop() {
		e.startConnect(ctx, en)
	}
	for en := e.workers.pop(); en != nil; en = e.workers.pop() {
		e.startWorker(ctx, en)
	}
}

// begun notes that a probe of en is in flight until deadline at the latest.
func (e *Engine) begun(en *entry, now, deadline time.Duration) {
	if by := now - en.at; by > late {
		e.counters.Late++
		e.counters.LateMax = max(e.counters.LateMax, by)
	}
	en.inFlight = true
	en.at = deadline
	e.schedule.add(en)
}

// startConnect begins a TCP connect.
func (e *Engine) startConnect(ctx context.Context, en *entry) {
	now := e.now()
	e.begun(en, now, now+en.check.Spec().Timing.Timeout)
	if err := e.openConnector(ctx); err != nil {
		e.connects.release(en)
		e.finish(en, Result{}, err)
		return
	}
	e.lastID++
	en.id = e.lastID
	fd, err := e.connector.start(en.id, en.check.Spec().Target)
	if err != nil {
		e.connects.release(en)
		e.finish(en, Result{}, err)
		return
	}
	en.fd = fd
	e.connecting[en.id] = en
}

// openConnector makes the connector, if there is none yet.
func (e *Engine) openConnector(ctx context.Context) error {
	if e.connector != nil {
		return nil
	}
	c, err := newConnector()
	if err != nil {
		return err
	}
	e.connector = c
	e.watchers.Go(func() {
		if err := c.wait(ctx, e.over); err != nil {
			e.log.Error("connects are answered at their deadline only", "err", err)
		}
	})
	return nil
}

// startWorker begins a probe in a goroutine of its own.
func (e *Engine) startWorker(ctx context.Context, en *entry) {
	now := e.now()
	timeout := en.check.Spec().Timing.Timeout
	e.begun(en, now, now+timeout+grace)
	ctx, en.cancel = context.WithTimeout(ctx, timeout)
	go e.work(ctx, en, en.check.Spec(), en.verdict.state)
}

// work asks one question. It delivers an answer in any case: a Prober that
// panics has not shown its target to be healthy.
func (e *Engine) work(ctx context.Context, en *entry, spec Spec, was State) {
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
	result, err = spec.Prober.Probe(ctx, spec.Target, was)
}

// connected takes the answers of connects that are over. Ids of connects that
// have been given up meanwhile are unknown here.
func (e *Engine) connected(ids []int32) {
	for _, id := range ids {
		if en := e.connecting[id]; en != nil {
			e.endConnect(en, e.connector.finish(en.fd))
		}
	}
}

// endConnect gives up the slot of a connect and takes its answer.
func (e *Engine) endConnect(en *entry, err error) {
	delete(e.connecting, en.id)
	e.connects.release(en)
	e.finish(en, Result{}, err)
}

// answered takes the answer of a Prober, unless it comes too late.
func (e *Engine) answered(a answer) {
	en := a.en
	e.workers.release(en)
	en.cancel()
	if en.stuck {
		en.stuck = false
		return
	}
	if !en.dropped {
		e.finish(en, a.result, a.err)
	}
}

// expire ends a probe whose deadline has come. A Prober that has not returned
// by now cannot be made to: its slot stays taken, and until it returns each
// turn of its check counts as timed out without another probe.
func (e *Engine) expire(en *entry) {
	if isTCP(en) {
		e.endConnect(en, e.connector.expire(en.fd))
		return
	}
	en.stuck = true
	e.log.Warn("probe ignores its deadline", "real_server", en.check.Spec().Target.Addr, "kind", en.check.Spec().Prober.Kind())
	e.finish(en, Result{}, context.DeadlineExceeded)
}

// drop forgets en, which is in no set any more. Its probe in flight ends now
// or, in a goroutine, soon.
func (e *Engine) drop(en *entry) {
	en.dropped = true
	e.schedule.remove(en)
	switch {
	case !en.inFlight:
	case isTCP(en):
		delete(e.connecting, en.id)
		e.connector.abort(en.fd)
		e.connects.release(en)
	default:
		en.cancel()
	}
}

// finish takes the answer of a probe and settles when the next one is due.
func (e *Engine) finish(en *entry, result Result, err error) {
	e.schedule.remove(en)
	e.counters.Done++
	en.inFlight = false
	en.slow = errors.Is(err, context.DeadlineExceeded)
	now := e.now()
	if errors.Is(err, ErrLocal) {
		e.localTrouble(en, now, err)
	} else {
		e.judge(en, result, err)
	}
	if en.verdict.retrying() {
		en.at = now + max(en.check.Spec().Timing.RetryDelay, slot)
	} else {
		en.at = nextOnGrid(now, en.grid, max(en.check.Spec().Timing.Interval, slot))
	}
	e.schedule.add(en)
}

// judge updates the state of en by an answer about its target.
func (e *Engine) judge(en *entry, result Result, err error) {
	status := en.status
	status.Last = time.Now()
	if en.verdict.observe(err == nil, en.check.Spec().Timing) {
		status.State = en.verdict.state
		status.Since = status.Last
		status.Reason = ""
	}
	switch {
	case status.State != Up:
		status.Weight, status.Warning = Weight{}, ""
	case err == nil:
		status.Weight, status.Warning = result.Weight, result.Warning
	}
	if status.State == Down && err != nil {
		status.Reason = reason(err, en.check.Spec().Timing)
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

// shutdown ends the probes in flight and waits for their goroutines. Those
// that ignore their context are left behind.
func (e *Engine) shutdown() {
	for _, en := range e.connecting {
		e.connector.abort(en.fd)
	}
	if e.connector != nil {
		if err := e.connector.close(); err != nil {
			e.log.Error("close epoll set", "err", err)
		}
	}
	e.watchers.Wait()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	for ; e.workers.busy > 0; e.workers.busy-- {
		select {
		case a := <-e.answers:
			a.en.cancel()
		case <-timer.C:
			e.log.Warn("probes ignore their context", "count", e.workers.busy)
			return
		}
	}
}
