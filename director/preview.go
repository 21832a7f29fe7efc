package director

import (
	"net/netip"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
)

// Known is what a running daemon knows of a real server.
type Known struct {
	State healthcheck.State
	// Configured is the weight that the daemon's configuration has for it, and
	// Effective what its probes make of that.
	Configured, Effective uint32
	// Override is what an operator has said of it.
	Override Override
}

// Preview returns what a director with the configuration would change in the
// table that the kernel has. owned are the keys of the Ledger: the services of
// an earlier run, which are deleted if they are not configured. known is what a
// running daemon knows of a real server, by the name of the virtual server; nil:
// none runs.
//
// A real server of which nothing is known is left as it is found; one that is
// not there is planned as it will be once it is up.
func Preview(cfg Config, have []ipvs.Service, owned []ipvs.Key, known func(virtualServer string, rs netip.AddrPort) Known) Plan {
	cfg = cfg.normal()
	c := newClaim(nil, cfg.VirtualServers)
	c.own(owned)
	found := c.pick(have, cfg.Exclusive)
	p := newPool(cfg.VirtualServers)
	for _, s := range p.services {
		s.presume(found, known)
	}
	return newPlan(found, diff(found, p.desired()), p, nil)
}

// presume makes the service what it is or will be as far as one can tell.
func (s *service) presume(have table, known func(string, netip.AddrPort) Known) {
	s.recognize(have)
	for i := range s.servers {
		r := &s.servers[i]
		if known != nil {
			r.presume(known(s.cfg.name(), r.cfg.Destination.Addr))
		}
		if r.state == healthcheck.Unknown && r.found == absent {
			r.state = healthcheck.Up
		}
	}
	s.weigh()
}

// presume takes over what a daemon knows. Of a weight that another
// configuration changes nobody knows what the probes would make.
func (r *realServer) presume(k Known) {
	r.obey(k.Override)
	r.weight = r.base()
	if len(r.cfg.Checks) == 0 {
		return
	}
	r.state = k.State
	if k.State == healthcheck.Up && k.Configured == r.cfg.Destination.Weight && !k.Override.closed() {
		r.weight = k.Effective
	}
}
