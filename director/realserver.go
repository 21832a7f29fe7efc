package director

import (
	"fmt"
	"slices"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
)

// presence is how a real server was found in the kernel at adoption.
type presence uint8

const (
	absent  presence = iota
	idle             // there with weight 0
	serving          // there with a weight
)

// A realServer is the model of one real server of one service.
type realServer struct {
	cfg *RealServer
	verdict
	ramp *ramp // nil: no slow start
	// found stands in for the verdict until there is one, so that a restart
	// takes nobody out of service.
	found  presence
	judged bool // it has been up or down before
	// kept says that the verdict is one of checks that a reload has replaced,
	// and stands until the new ones have theirs.
	kept   bool
	fallen bool // down, or not up since

	override *Override // nil: none. It is never changed, only replaced
}

// judge takes new results in and returns what an operator should hear of them.
func (r *realServer) judge(known results) []Event {
	was, now := r.verdict, combine(r.cfg, r.base(), known)
	if r.kept && now.state == healthcheck.Unknown {
		return nil
	}
	r.verdict, r.kept = now, false
	if r.state == was.state {
		r.since = was.since
	}
	var events []Event
	if e, news := r.turn(was.state); news {
		events = append(events, e)
	}
	return append(events, r.remarks(was)...)
}

// turn makes what follows from a new state.
func (r *realServer) turn(was healthcheck.State) (e Event, news bool) {
	if r.state == was {
		return Event{}, false
	}
	e = r.event(ServerUp, r.reason)
	e.First = !r.judged
	switch r.state {
	case healthcheck.Up:
		e.Command = r.cfg.NotifyUp
		r.rise()
	case healthcheck.Down:
		e.Kind, e.Command = ServerDown, r.cfg.NotifyDown
		r.fallen, r.ramp = true, nil
	default: // one check recovered while another has no result yet
		return Event{}, false
	}
	r.judged = true
	r.found = absent
	return e, true
}

// remarks is what the checks say beside good and bad: warnings that come and
// go, and a weight. A warning that only changes its words is no news.
func (r *realServer) remarks(was verdict) (events []Event) {
	switch {
	case r.state != healthcheck.Up:
	case r.warnings > was.warnings:
		events = append(events, r.event(ServerWarning, r.warning))
	case r.warnings == 0 && was.warnings > 0:
		events = append(events, r.event(ServerWarningOver, was.warning))
	}
	if r.weight != was.weight {
		if r.ramp != nil {
			r.ramp.climb(r.weight, r.cfg.SlowStart)
		}
		if r.state == healthcheck.Up {
			events = append(events, r.event(ServerWeight, fmt.Sprintf("%d, after %d; configured is %d", r.weight, was.weight, r.cfg.Destination.Weight)))
		}
	}
	return events
}

// event is one of the server.
func (r *realServer) event(kind EventKind, reason string) Event {
	return Event{Kind: kind, RealServer: r.cfg.Destination.Addr, Reason: reason}
}

// rise begins the slow start of a server that was down.
func (r *realServer) rise() {
	if r.fallen && r.cfg.SlowStart > 0 {
		r.ramp = &ramp{begin: r.since}
		r.ramp.climb(r.weight, r.cfg.SlowStart)
	}
	r.fallen = false
}

// advance moves a slow start on.
func (r *realServer) advance(now time.Time) {
	if r.ramp == nil {
		return
	}
	r.ramp.back = max(now.Sub(r.ramp.begin), 0)
	if r.ramp.back >= r.cfg.SlowStart {
		r.ramp = nil
		return
	}
	r.ramp.climb(r.weight, r.cfg.SlowStart)
}

// nextStep is when the next step of the slow start is due; zero: never.
func (r *realServer) nextStep() time.Time {
	if r.ramp == nil {
		return time.Time{}
	}
	return r.ramp.step
}

// base is the weight that the checks may change.
func (r *realServer) base() uint32 {
	if o := r.ordered(); o.Kind == SetWeight {
		return o.Weight
	}
	return r.cfg.Destination.Weight
}

// goal is the weight that the server is to have while it is in service.
func (r *realServer) goal() uint32 {
	if r.ordered().closed() {
		return 0
	}
	return r.weight
}

// share is the weight that the server may have by now, if it is in service.
func (r *realServer) share() uint32 {
	if r.ramp == nil || r.ordered().closed() {
		return r.goal()
	}
	return r.ramp.share
}

// inherit takes over what was known of the server before a reload, and its
// place if it was live.
func (r *realServer) inherit(old *realServer, live bool) {
	cfg := r.cfg
	*r = *old
	r.cfg = cfg
	switch {
	case r.state == healthcheck.Unknown && live:
		r.found = serving
	case r.state != healthcheck.Unknown && !slices.Equal(cfg.Checks, old.cfg.Checks):
		r.kept = true
	}
	if cfg.Destination.Weight != old.cfg.Destination.Weight {
		r.weight = r.base() // what checks said is of the old one
	}
}

// adopt notes how the kernel has the server in one of the service's keys.
func (r *realServer) adopt(weight uint32) {
	if weight > 0 {
		r.found = serving
	} else {
		r.found = max(r.found, idle)
	}
}

// live reports whether the server counts as in service.
func (r *realServer) live() bool {
	switch r.state {
	case healthcheck.Up:
		return true
	case healthcheck.Down:
		return false
	default:
		return r.found == serving || r.found == absent && !r.judged && !r.cfg.Alpha
	}
}

// held reports whether the server keeps its place in the table because nothing
// is known against it: it was found there and no result has come yet.
func (r *realServer) held() bool {
	return r.state == healthcheck.Unknown && r.found != absent
}
