package track

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// pollInterval is how often /proc is gone through where the kernel does not tell
// of events, and how often at most because events got lost.
const pollInterval = time.Second

// processes finds out how many of the tracked processes run. All but sets belongs
// to the goroutine in run.
type processes struct {
	proc   procfs
	open   func() (*connector, error)
	report func(up map[string]bool) // is called with all that is known
	log    *slog.Logger

	sets chan []Process // what is to be tracked, until run takes it

	census  census
	heard   chan heard     // from the connector
	stop    func()         // ends the connector
	readers sync.WaitGroup // of the connector
	polling bool           // there is no connector
	scanned time.Time      // when /proc was gone through last
	rescan  time.Time      // when it is to be gone through next; zero: there is no need
}

// heard is what was read from the connector.
type heard struct {
	events []event
	err    error
}

// run works until ctx is done.
func (p *processes) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	p.stop = func() {}
	defer p.readers.Wait()
	defer func() { p.stop() }()
	for {
		if at := p.next(); at.IsZero() {
			timer.Stop()
		} else {
			timer.Reset(time.Until(at))
		}
		changed := false
		select {
		case <-ctx.Done():
			return
		case wanted := <-p.sets:
			changed = p.set(ctx, wanted)
		case h := <-p.heard:
			changed = p.take(h)
		case <-timer.C:
			changed = p.wake()
		}
		if changed {
			p.report(p.census.values())
		}
	}
}

// next is when there is something to do without an event; zero: never.
func (p *processes) next() time.Time {
	at := p.census.next()
	if at.IsZero() || !p.rescan.IsZero() && p.rescan.Before(at) {
		return p.rescan
	}
	return at
}

// set replaces what is tracked. It reports whether anything has changed.
func (p *processes) set(ctx context.Context, wanted []Process) bool {
	idle := len(p.census.tallies) == 0
	fresh := p.census.set(wanted)
	switch {
	case len(wanted) == 0:
		p.stop()
		p.stop, p.heard, p.polling, p.rescan = func() {}, nil, false, time.Time{}
		return false
	case idle:
		p.listen(ctx)
	}
	return fresh && p.scan()
}

// listen makes the kernel tell of events, or else plans to look for oneself.
func (p *processes) listen(ctx context.Context) {
	c, err := p.open()
	if err != nil {
		p.lookOneself(err)
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	heard := make(chan heard)
	p.heard = heard
	p.stop = func() {
		cancel()
		_ = c.close()
	}
	p.readers.Go(func() { hear(ctx, c, heard) })
}

// hear hands on what a connector has to say, until it fails or ctx is done.
func hear(ctx context.Context, c *connector, to chan<- heard) {
	for {
		events, err := c.read()
		select {
		case to <- heard{events, err}:
		case <-ctx.Done():
			return
		}
		if err != nil && !errors.Is(err, errLost) {
			return
		}
	}
}

// lookOneself begins to go through /proc again and again.
func (p *processes) lookOneself(err error) {
	p.log.Warn("processes are looked for once a second", "err", err)
	p.heard, p.polling, p.rescan = nil, true, time.Now()
}

// take takes in what the connector says.
func (p *processes) take(h heard) (changed bool) {
	now := time.Now()
	for _, ev := range h.events {
		changed = p.happened(now, ev) || changed
	}
	switch {
	case h.err == nil:
		return changed
	case errors.Is(h.err, errLost):
		p.log.Debug("events of processes lost, looking at all of them")
		p.rescan = p.scanned.Add(pollInterval)
	default:
		p.stop()
		p.stop = func() {}
		p.lookOneself(h.err)
	}
	return changed
}

// happened takes one event in.
func (p *processes) happened(now time.Time, ev event) (changed bool) {
	switch ev.what {
	case procEventFork:
		return p.census.fork(now, ev.parent, ev.pid)
	case procEventExec, procEventComm:
		if is, ok := p.proc.one(ev.pid, p.census.asksArguments()); ok {
			return p.census.examine(now, ev.pid, is)
		}
	case procEventExit:
		return p.census.exit(now, ev.pid)
	}
	return false
}

// wake does what is due.
func (p *processes) wake() (changed bool) {
	now := time.Now()
	changed = p.census.advance(now)
	if p.rescan.IsZero() || p.rescan.After(now) {
		return changed
	}
	return p.scan() || changed
}

// scan looks at all processes, and plans to do so again if there is nobody to
// tell what happens to them.
func (p *processes) scan() (changed bool) {
	p.scanned, p.rescan = time.Now(), time.Time{}
	if p.polling {
		p.rescan = p.scanned.Add(pollInterval)
	}
	running, err := p.proc.all(p.census.asksArguments())
	if err != nil {
		p.log.Error("processes not looked at", "err", err)
		return false
	}
	return p.census.scan(p.scanned, running)
}
