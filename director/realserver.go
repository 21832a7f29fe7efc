package director

import (
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
			v.reason = check.Prober.Kind() + ": " + status.Reason
		case status.State == healthcheck.Unknown && v.state == healthcheck.Up:
			v.state = healthcheck.Unknown
			if status.Reason != "" {
				v.reason = check.Prober.Kind() + ": " + status.Reason
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
func (r *realServer) judge(known results) (e event, news bool) {
	was := r.verdict
	r.verdict = combine(r.cfg.Checks, known)
	if r.state == was.state {
		r.since = was.since
		return event{}, false
	}
	e = event{realServer: r.cfg.Destination.Addr, reason: r.reason, first: !r.judged}
	switch r.state {
	case healthcheck.Up:
		e.kind = serverUp
	case healthcheck.Down:
		e.kind = serverDown
	default: // one check recovered while another has no result yet
		return event{}, false
	}
	r.judged = true
	r.found = absent
	return e, true
}

// adopt notes how the kernel has the server.
func (r *realServer) adopt(weight uint32, there bool) {
	switch {
	case !there:
		r.found = absent
	case weight > 0:
		r.found = serving
	default:
		r.found = idle
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

// status of the server, with the weight that the kernel has.
func (r *realServer) status(kernelWeight uint32) RealServerStatus {
	return RealServerStatus{
		Addr:             r.cfg.Destination.Addr,
		Forward:          r.cfg.Destination.Forward,
		State:            r.state.String(),
		Weight:           kernelWeight,
		ConfiguredWeight: r.cfg.Destination.Weight,
		Reason:           r.reason,
		Since:            r.since,
		LastProbe:        r.probed,
	}
}
