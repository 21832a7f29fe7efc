package director

import (
	"context"
	"fmt"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
)

// drainInterval is how often the connections of draining servers are counted.
const drainInterval = 2 * time.Second

// connections are those of every destination, as the kernel counts them.
type connections = map[ipvs.Key]ipvs.ServiceCounters

// drains are the services in which real servers drain.
type drains struct {
	services map[int]bool
	due      time.Time // when connections are to be counted next, if there is one
}

// nextCount is when the connections of draining servers are to be counted;
// false: none drains.
func (p *pool) nextCount() (at time.Time, some bool) {
	return p.drains.due, len(p.drains.services) > 0
}

// finish ends the drains whose deadline has passed, and those of servers without
// connections. have is what the kernel has; counted is nil if it could not be
// asked.
func (p *pool) finish(now time.Time, have table, counted connections) (touched []int, events []Event) {
	p.drains.due = now.Add(drainInterval)
	for i := range p.services[:p.visible] {
		if !p.drains.services[i] {
			continue
		}
		s := p.services[i]
		if over := s.finish(now, have, counted); len(over) > 0 {
			touched, events = append(touched, i), append(events, s.named(over)...)
			p.schedule(i)
		}
		for j := range s.servers {
			if o := s.servers[j].ordered(); o.draining() && !o.Until.IsZero() && o.Until.Before(p.drains.due) {
				p.drains.due = o.Until
			}
		}
	}
	return touched, events
}

// finish ends the drains of the service that are over.
func (s *service) finish(now time.Time, have table, counted connections) (events []Event) {
	for i := range s.servers {
		r := &s.servers[i]
		o := r.ordered()
		if !o.draining() {
			continue
		}
		left, closed := s.connections(r, have, counted)
		late := !o.Until.IsZero() && !now.Before(o.Until)
		switch {
		case late && (counted == nil || left > 0):
			events = append(events, r.event(ServerDrained, fmt.Sprintf("the deadline has passed, with %d connections", left)))
		case late, counted != nil && closed && left == 0:
			events = append(events, r.event(ServerDrained, "no connections are left"))
		default:
			continue
		}
		o.Over = true
		r.override = &o
	}
	return events
}

// connections returns how many the server has, and whether the kernel lets
// nobody else come.
func (s *service) connections(r *realServer, have table, counted connections) (left uint64, closed bool) {
	closed = true
	for _, key := range s.cfg.Keys {
		addr := behind(key, r.cfg.Destination.Addr)
		c := counted[key].Destinations[addr]
		left += uint64(c.Active) + uint64(c.Inactive)
		closed = closed && weights(have[key])[addr] == 0
	}
	return left, closed
}

// drain looks after the draining servers.
func (d *Director) drain(ctx context.Context) {
	r := d.reconciler
	counted, err := r.kernel.Counters(ctx)
	if err != nil {
		counted = nil
		d.log.Debug("connections of draining servers not counted", "err", err)
	}
	touched, events := r.pool.finish(time.Now(), r.have, counted)
	if len(touched) == 0 {
		return
	}
	_ = d.record.save(r.pool.orders()) // an error is in Status, and retried
	touched = d.rewrite(ctx, touched)
	d.tell(ctx, events)
	d.publish(touched)
}
