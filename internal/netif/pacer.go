package netif

import (
	"slices"
	"sync"
	"time"
)

// A pacer keeps the least interval between the announcements of each lane. The
// first one leaves at once; others wait in order. The zero value is ready.
type pacer struct {
	mu    sync.Mutex // also held while an announcement is sent
	lanes map[lane]*queue
}

// A lane is what shares a limit: an interface or a group of them, for one family.
type lane struct {
	device, group string
	ipv6          bool
}

// An announcement is to be sent for a host.
type announcement struct {
	owner    *Host
	interval time.Duration // to the next one
	send     func() error
}

type queue struct {
	free    time.Time // when the next one may leave
	waiting []announcement
	timer   *time.Timer // runs while there are any
}

// maxWaiting bounds a queue; what comes when it is full is left out, because
// announcements are being made as fast as they may.
const maxWaiting = 4096

// send sends an announcement now, or later if it has to wait: the error is nil
// then. Without an interval nothing waits.
func (p *pacer) send(key lane, interval time.Duration, a announcement) error {
	a.interval = interval
	if interval <= 0 {
		return a.send()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	q := p.queue(key)
	now := time.Now()
	if len(q.waiting) == 0 && !now.Before(q.free) {
		q.free = now.Add(interval)
		return a.send()
	}
	if len(q.waiting) == maxWaiting {
		return nil
	}
	q.waiting = append(q.waiting, a)
	if len(q.waiting) == 1 {
		q.timer = time.AfterFunc(q.free.Sub(now), func() { p.sendNext(q) })
	}
	return nil
}

func (p *pacer) queue(key lane) *queue {
	if p.lanes == nil {
		p.lanes = make(map[lane]*queue)
	}
	if p.lanes[key] == nil {
		p.lanes[key] = &queue{}
	}
	return p.lanes[key]
}

// sendNext sends the announcement whose time has come.
func (p *pacer) sendNext(q *queue) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(q.waiting) == 0 || time.Now().Before(q.free) { // the timer fired while it was being cancelled
		return
	}
	a := q.waiting[0]
	q.waiting = q.waiting[1:]
	q.free = time.Now().Add(a.interval)
	if err := a.send(); err != nil {
		a.owner.log.Warn("announcement failed", "err", err)
	}
	if len(q.waiting) > 0 {
		q.timer.Reset(a.interval)
	}
}

// cancel drops what waits for a host. Nothing is sent for it after that.
func (p *pacer) cancel(owner *Host) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, q := range p.lanes {
		q.waiting = slices.DeleteFunc(q.waiting, func(a announcement) bool { return a.owner == owner })
		if len(q.waiting) == 0 && q.timer != nil {
			q.timer.Stop()
		}
	}
}
