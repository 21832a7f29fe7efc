package alert

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"github.com/ldirector/ldirector/internal/api"
)

const (
	// queueSize is how many events wait in one sink.
	queueSize = 4096

	// flushTime bounds what a sink does when the daemon stops.
	flushTime = 2500 * time.Millisecond
)

// A transport carries batches away. Only one goroutine uses it.
type transport interface {
	// deliver returns when the batch has been taken, or why it has not. A
	// *refusal says that it never will be, a *partly that somebody has it.
	deliver(ctx context.Context, b batch) error
}

// A refusal is why it is of no use to try again.
type refusal struct{ err error }

func (r *refusal) Error() string { return r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

// A partly is why a batch has not reached everybody, although it is delivered.
type partly struct{ err error }

func (p *partly) Error() string { return p.err.Error() }
func (p *partly) Unwrap() error { return p.err }

// A later is an error of somebody who says when to try again.
type later struct {
	err   error
	after time.Duration
}

func (l *later) Error() string { return l.err.Error() }
func (l *later) Unwrap() error { return l.err }

// A route is how a sink works: everything of it that the configuration says.
type route struct {
	config    any // what all the rest follows from
	wants     func(api.Event) bool
	transport transport
	digest    time.Duration
	perHour   int // deliveries; 0: any number
	most      int // events in one delivery
	backoff   backoff
}

// A sink is one way out.
type sink struct {
	kind, name string
	log        *slog.Logger
	wake       chan struct{} // holds one token after a change

	mu        sync.Mutex
	route     route
	queue     queue
	began     time.Time // of what waits: when the first came, or others were left by a delivery
	limiter   limiter
	failed    int       // attempts since the last delivery
	again     time.Time // not to be tried before; zero: at any time
	since     time.Time // of the first of those attempts; zero: the last one was good
	trouble   string    // why the last one failed
	delivered uint64    // events
}

func newSink(kind, name string, r route, log *slog.Logger) *sink {
	s := &sink{kind: kind, name: name, log: log.With("sink", kind, "name", name), wake: make(chan struct{}, 1), queue: queue{size: queueSize}}
	s.set(r)
	return s
}

// set makes the sink work otherwise, if r is not what it is already. What waits
// goes on waiting, and a new way out is tried at once.
func (s *sink) set(r route) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if reflect.DeepEqual(s.route.config, r.config) {
		return
	}
	s.route, s.again = r, time.Time{}
	s.limiter.most = r.perHour
	s.poke()
}

// send puts an event into the queue if the sink wants it.
func (s *sink) send(e api.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.route.wants(e) {
		return
	}
	if len(s.queue.events) == 0 {
		s.began = time.Now()
	}
	s.queue.add(e)
	s.poke()
}

func (s *sink) poke() {
	select {
	case s.wake <- struct{}{}:
	default: // run will look anyway
	}
}

// run delivers until ctx is done. Then it brings to an end what is under way, and
// tries once more, if that can be done in a short while.
func (s *sink) run(ctx context.Context) {
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	context.AfterFunc(ctx, func() { time.AfterFunc(flushTime, end) })
	for ctx.Err() == nil {
		var timer <-chan time.Time
		if wait, due := s.wait(time.Now()); due && wait <= 0 {
			s.attempt(life)
			continue
		} else if due {
			timer = time.After(wait)
		}
		select {
		case <-s.wake:
		case <-timer:
		case <-ctx.Done():
		}
	}
	s.flush(life)
}

// wait is how long the next delivery has to; due is false if there is none.
func (s *sink) wait(now time.Time) (wait time.Duration, due bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	digest := s.began.Add(s.route.digest)
	return max(digest.Sub(now), s.again.Sub(now), s.limiter.wait(now)), len(s.queue.events) > 0
}

// attempt tries to deliver what waits.
func (s *sink) attempt(ctx context.Context) {
	s.mu.Lock()
	r, b := s.route, s.queue.batch(s.route.most)
	s.mu.Unlock()
	err := r.transport.deliver(ctx, b)
	if err != nil && ctx.Err() != nil {
		return // it was not its fault
	}
	s.settle(time.Now(), b, err)
}

// settle notes how a delivery has ended. It logs without the lock, which senders
// need.
func (s *sink) settle(now time.Time, b batch, err error) {
	switch was, changed := s.note(now, b, err); {
	case !changed:
	case err == nil:
		s.log.Info("alerts are delivered again", "failing_since", was)
	default:
		s.log.Warn("alerts cannot be delivered", "err", err, "events", len(b.events))
	}
}

// note is settle without the log. It returns since when deliveries have failed
// before, and whether there is something new to say.
func (s *sink) note(now time.Time, b batch, err error) (since time.Time, changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, refused := errors.AsType[*refusal](err)
	_, some := errors.AsType[*partly](err)
	switch {
	case err == nil, some:
		s.queue.done(b)
		s.delivered += uint64(len(b.events))
		s.limiter.take(now)
	case refused:
		s.queue.refuse(b)
	}
	if err != nil && !some && !refused {
		s.failed++
		s.again = now.Add(max(s.route.backoff.wait(s.failed), after(err)))
	} else {
		s.failed, s.again, s.began = 0, time.Time{}, now
	}

	since = s.since
	if err == nil {
		s.since, s.trouble = time.Time{}, ""
		return since, !since.IsZero()
	}
	if s.since.IsZero() {
		s.since = now
	}
	changed = s.trouble != err.Error()
	s.trouble = err.Error()
	return since, changed
}

// after is how long the other side wants to be left alone.
func after(err error) time.Duration {
	if l, ok := errors.AsType[*later](err); ok {
		return l.after
	}
	return 0
}

// flush delivers what waits, and tries no second time.
func (s *sink) flush(ctx context.Context) {
	for ctx.Err() == nil {
		s.mu.Lock()
		waiting, failed := len(s.queue.events), s.failed
		s.mu.Unlock()
		if waiting == 0 {
			return
		}
		s.attempt(ctx)
		s.mu.Lock()
		gaveUp := s.failed > failed
		s.mu.Unlock()
		if gaveUp {
			break
		}
	}
	s.mu.Lock()
	left := s.queue.events
	s.mu.Unlock()
	if len(left) > 0 {
		s.log.Warn("alerts not delivered before the end", "events", len(left), "kinds", summary(count(left)))
	}
}

// status says how the sink is.
func (s *sink) status() api.Sink {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := api.Sink{Kind: s.kind, Name: s.name, Delivered: s.delivered, Dropped: s.queue.lost, Waiting: len(s.queue.events), Error: s.trouble}
	if !s.since.IsZero() {
		since := s.since
		st.FailingSince = &since
	}
	return st
}
