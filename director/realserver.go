package director

import (
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
	// found stands in for the verdict until there is one, so that a restart
	// takes nobody out of service.
	found  presence
	judged bool // it has been up or down before
	// kept says that the verdict is one of checks that a reload has replaced,
	// and stands until the new ones have theirs.
	kept bool

	fallen    bool      // down, or not up since
	recovered time.Time // begin of a slow start that is not over; else zero
	share     uint32    // weight in that
	step      time.Time // when share changes next
}

// A verdict is what the checks of a real server say together.
type verdict struct {
	state  healthcheck.State
	reason string    // the deciding check's kind and reason: why down, or what keeps it unknown
	since  time.Time // of state; zero: since the start
	probed time.Time // end of the last probe that was reported
}

// combine: all checks must pass, so one that fails decides, and else one
// without a result.
func combine(checks []healthcheck.Check, known results) verdict {
	v := verdict{state: healthcheck.Up}
	for _, check := range checks {
		status := known[check]
		if v.probed.Before(status.Last) {
			v.probed = status.Last
		}
		switch {
		case status.State == healthcheck.Down && v.state != healthcheck.Down:
			v.state = healthcheck.Down
			v.reason = check.Kind() + ": " + status.Reason
		case status.State == healthcheck.Unknown && v.state == healthcheck.Up:
			v.state = healthcheck.Unknown
			if status.Reason != "" {
				v.reason = check.Kind() + ": " + status.Reason
			}
		}
	}
	for _, check := range checks {
		if status := known[check]; status.State == v.state && v.since.Before(status.Since) {
			v.since = status.Since
		}
	}
	return v
}

// judge takes new results in and returns what an operator should hear of them,
// if anything.
func (r *realServer) judge(known results) (e Event, news bool) {
	was, now := r.verdict, combine(r.cfg.Checks, known)
	if r.kept && now.state == healthcheck.Unknown {
		return Event{}, false
	}
	r.verdict, r.kept = now, false
	if r.state == was.state {
		r.since = was.since
		return Event{}, false
	}
	e = Event{RealServer: r.cfg.Destination.Addr, Reason: r.reason, First: !r.judged}
	switch r.state {
	case healthcheck.Up:
		e.Kind, e.Command = ServerUp, r.cfg.NotifyUp
		r.rise()
	case healthcheck.Down:
		e.Kind, e.Command = ServerDown, r.cfg.NotifyDown
		r.fallen = true
		r.endSlowStart()
	default: // one check recovered while another has no result yet
		return Event{}, false
	}
	r.judged = true
	r.found = absent
	return e, true
}

// rise begins the slow start of a server that was down.
func (r *realServer) rise() {
	if r.fallen && r.cfg.SlowStart > 0 {
		r.recovered = r.since
		r.advance(r.since)
	}
	r.fallen = false
}

// advance moves a slow start on.
func (r *realServer) advance(now time.Time) {
	if r.recovered.IsZero() {
		return
	}
	var wait time.Duration
	r.share, wait = slowStart(r.cfg.Destination.Weight, now.Sub(r.recovered), r.cfg.SlowStart)
	if wait == 0 {
		r.endSlowStart()
		return
	}
	r.step = now.Add(wait)
}

func (r *realServer) endSlowStart() {
	r.recovered, r.step = time.Time{}, time.Time{}
}

// weight is what the server may have by now, if it is in service.
func (r *realServer) weight() uint32 {
	if r.recovered.IsZero() {
		return r.cfg.Destination.Weight
	}
	return r.share
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
}

// adopt notes how the kernel has the server in one of the service's keys.
func (r *realServer) adopt(weight uint32) {
	if weight > 0 {
		r.found = serving
	} else {
		r.found = max(r.found, idle)
	}
}

// live reports whether the server counts as in service. alpha is the service's.
func (r *realServer) live(alpha bool) bool {
	switch r.state {
	case healthcheck.Up:
		return true
	case healthcheck.Down:
		return false
	default:
		return r.found == serving || r.found == absent && !r.judged && !alpha
	}
}

// held reports whether the server keeps its place in the table because nothing
// is known against it: it was found there and no result has come yet.
func (r *realServer) held() bool {
	return r.state == healthcheck.Unknown && r.found != absent
}
