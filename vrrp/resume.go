package vrrp

import (
	"context"
	"slices"
	"time"
)

// A Legacy is what a driver leaves to another one that goes on in its place.
type Legacy struct {
	Routers []Resumption
	Tracks  []Track // all that was known
}

// A Resumption is what is left of one router.
type Resumption struct {
	Name string
	// State is Master also of a router that holds its addresses because it was abandoned and nobody has taken over.
	State State
	// Since is the time of the last change to State if everybody has been told of it. Then a router that goes on in this
	// state tells nothing. Zero: it is news.
	Since time.Time

	Released bool  // it does not preempt
	Override uint8 // priority set by a command, 0: none
}

// find returns what is left of a router, nil if nothing is.
func (l *Legacy) find(name string) *Resumption {
	i := slices.IndexFunc(l.Routers, func(r Resumption) bool { return r.Name == name })
	if i < 0 {
		return nil
	}
	return &l.Routers[i]
}

// Leave ends Run at once and leaves the host as it is, for another driver to go on with.
func (d *Driver) Leave(ctx context.Context) (Legacy, error) {
	var l Legacy
	err := d.ask(ctx, func(time.Time) {
		for _, r := range d.routers {
			l.Routers = append(l.Routers, r.resumption())
			r.worker.leave()
		}
		for id, value := range d.tracks {
			l.Tracks = append(l.Tracks, Track{id.kind, id.name, value})
		}
		d.left = true
	})
	return l, err
}

func (r *router) resumption() Resumption {
	m := r.machine
	left := Resumption{Name: r.cfg.Name, State: m.State(), Since: r.since, Released: m.released, Override: m.override}
	if m.State() != Master && m.holds() {
		left.State, left.Since = Master, time.Time{}
	}
	return left
}

// resume makes a router that has not started one that goes on after another driver, and returns how it starts.
func (r *router) resume(left *Resumption) Startup {
	r.before = left
	r.machine.released, r.machine.override = left.Released, left.Override
	return Startup{Resume: left.State == Master}
}

// goesOn reports whether a router is in the state that everybody knows it to have had before.
func (r *router) goesOn(state State) bool {
	return r.before != nil && !r.before.Since.IsZero() && state == r.before.State
}

// enter notes another state of the machine.
func (r *router) enter(now time.Time, state State) {
	r.state, r.since = state, now
	r.resumed = r.goesOn(state)
	switch {
	case r.resumed:
		r.since = r.before.Since
	case state == Master:
		r.meter.BecameMaster++
	}
	r.before = nil
}

// resumed reports whether all members go on in the state that they had.
func (t *team) resumed() bool {
	return !slices.ContainsFunc(t.routers, func(r *router) bool { return !r.resumed })
}
