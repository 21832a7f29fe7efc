package director

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
)

// A Status is what the director knew at one moment. It is never changed, so it
// may be kept and shared; the caller must not change it either.
type Status struct {
	// VirtualServers in the configuration's order.
	VirtualServers []VirtualServerStatus
	// Synced is when the whole table was last found or made right; zero: never.
	Synced time.Time
	// Error of the kernel since then; empty if it is in step.
	Error string
	// LedgerError says why services of this run might not be cleaned up after
	// a crash; empty if they will be.
	LedgerError string
	// OverridesError says why what operators have said of real servers might be
	// forgotten at a restart; empty if it is recorded.
	OverridesError string
	// Drift counts how often another program was found to have changed our
	// services.
	Drift uint64
	// Work is what has been done since the start.
	Work Work
}

// A VirtualServerStatus is the state of one virtual server.
type VirtualServerStatus struct {
	Name      string
	Keys      []ipvs.Key // the services of the kernel, at least one
	Scheduler string
	// Quorum and Hysteresis as they count, in the unit of LiveWeight, which is
	// the sum of the weights that live real servers are to have.
	Quorum, Hysteresis int
	LiveWeight         int
	QuorumUp           bool
	SorryActive        bool
	// Suspended says that its probes are, see VirtualServer.HASuspend.
	Suspended bool
	// Repairs counts the passes over the table that found another program's
	// changes in it; Contested says that it happens again and again.
	Repairs   uint64
	Contested bool
	// Changed is when the director last changed it in the kernel; zero: not
	// since the start.
	Changed time.Time
	// Error is what the kernel refuses of it; empty if nothing.
	Error       string
	RealServers []RealServerStatus // in the configuration's order
	// Stats of all services together, see Status.With; nil: not known.
	Stats *ipvs.Stats
}

// A RealServerStatus is the state of one real server of one service.
type RealServerStatus struct {
	Addr             netip.AddrPort // as configured: port 0 stands for the service's
	Forward          ipvs.Forward
	State            string // "up", "down", "unknown", "drained" or "disabled"
	Health           string // State but for an operator's word: "up", "down" or "unknown"
	Weight           uint32 // in the kernel, in the first service; 0 also if it is not there
	ConfiguredWeight uint32
	EffectiveWeight  uint32    // what probes and operators make of that; Weight may be on its way to it
	Reason           string    // why not up: the check and what it says, or the operator's word and that
	Warning          string    // what its checks say although it is up: "ssl_get: certificate expires in 12 days"
	Since            time.Time // of State; zero: since the start
	// LastProbe is the end of the probe that was reported last. Probes that
	// change nothing are not reported.
	LastProbe time.Time
	// Active and Inactive connections of all services, see Status.With.
	Active, Inactive uint32
	// Stats of all services together, see Status.With; nil: not known, or
	// it is not in the kernel's table.
	Stats    *ipvs.Stats
	Override *Override // what an operator has said of it, nil: nothing
}

// With returns the status with what the kernel counts, see [ipvs.Client.Counters].
func (s Status) With(counters map[ipvs.Key]ipvs.ServiceCounters) Status {
	s.VirtualServers = slices.Clone(s.VirtualServers)
	for i := range s.VirtualServers {
		s.VirtualServers[i].count(counters)
	}
	return s
}

// count fills in what the kernel counts.
func (v *VirtualServerStatus) count(counters map[ipvs.Key]ipvs.ServiceCounters) {
	v.RealServers = slices.Clone(v.RealServers)
	stats := make([]ipvs.Stats, len(v.RealServers)+1) // in one piece: there may be many
	v.Stats = nil
	for _, key := range v.Keys {
		c, there := counters[key]
		if !there {
			continue
		}
		v.Stats = &stats[len(v.RealServers)]
		v.Stats.Add(&c.Stats)
		for i := range v.RealServers {
			r := &v.RealServers[i]
			if n, there := c.Destinations[behind(key, r.Addr)]; there {
				r.Stats = &stats[i]
				r.Stats.Add(&n.Stats)
				r.Active += n.Active
				r.Inactive += n.Inactive
			}
		}
	}
}

// status of the service, beside what the kernel has of it and refuses.
func (s *service) status(have table, refused refusals) VirtualServerStatus {
	quorum, hysteresis := s.cfg.quorum()
	v := VirtualServerStatus{
		Name:        s.cfg.name(),
		Keys:        s.cfg.Keys,
		Scheduler:   s.cfg.Scheduler,
		Quorum:      quorum,
		Hysteresis:  hysteresis,
		LiveWeight:  int(s.liveWeight()),
		QuorumUp:    s.quorumUp,
		SorryActive: s.sorry(),
		Suspended:   s.suspended,
		Repairs:     s.repairs,
		Contested:   s.contested,
		Changed:     s.changed,
		Error:       summary(refused.of(s.cfg.Keys)),
		RealServers: make([]RealServerStatus, 0, len(s.servers)),
	}
	key := s.cfg.Keys[0]
	there := weights(have[key])
	for i := range s.servers {
		r := &s.servers[i]
		v.RealServers = append(v.RealServers, r.status(there[behind(key, r.cfg.Destination.Addr)]))
	}
	return v
}

// status of the server, with the weight that the kernel has.
func (r *realServer) status(kernelWeight uint32) RealServerStatus {
	s := RealServerStatus{
		Addr:             r.cfg.Destination.Addr,
		Forward:          r.cfg.Destination.Forward,
		State:            r.state.String(),
		Health:           r.state.String(),
		Weight:           kernelWeight,
		ConfiguredWeight: r.cfg.Destination.Weight,
		EffectiveWeight:  r.goal(),
		Reason:           r.reason,
		Warning:          r.warning,
		Since:            r.since,
		LastProbe:        r.probed,
		Override:         r.override,
	}
	if o := r.ordered(); o.closed() {
		s.State, s.Reason = o.status()
		s.Since = o.Since
		if r.reason != "" {
			s.Reason = joined(s.Reason, r.reason)
		}
	}
	return s
}

// status is the state of a server that an operator keeps out, and why.
func (o Override) status() (state, reason string) {
	switch {
	case o.Kind == Disable:
		return "disabled", "by command"
	case o.Over:
		return "drained", "by command, it has no connections"
	case o.Until.IsZero():
		return "drained", "by command, until its connections end"
	default:
		return "drained", "by command, until its connections end or it is " + o.Until.Format(time.TimeOnly)
	}
}

// maxListed is how many changes or errors one line of log or status names.
const maxListed = 5

// summary is the text of err in one line, with the first few of joined errors.
func summary(err error) string {
	if err == nil {
		return ""
	}
	return list(strings.Split(err.Error(), "\n")) // errors.Join puts one on each line
}

// list puts the first few items into one line.
func list[T any](items []T) string {
	var b strings.Builder
	for i, item := range items {
		if i == maxListed {
			fmt.Fprintf(&b, "; and %d more", len(items)-i)
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprint(&b, item)
	}
	return b.String()
}
