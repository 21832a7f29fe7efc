package director

import (
	"net/netip"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
)

// Preview returns what a director with the configuration would change in the
// table that the kernel has. owned are the keys of the Ledger: the services of
// an earlier run, which are deleted if they are not configured. states is what
// a running daemon knows of a real server, by the name of the virtual server;
// nil: none runs.
//
// A real server of which nothing is known is left as it is found; one that is
// not there is planned as it will be once it is up.
func Preview(cfg Config, have []ipvs.Service, owned []ipvs.Key, states func(virtualServer string, rs netip.AddrPort) healthcheck.State) Plan {
	cfg = cfg.normal()
	c := newClaim(nil, cfg.VirtualServers)
	c.own(owned)
	found := c.pick(have, cfg.Exclusive)
	p := newPool(cfg.VirtualServers)
	for _, s := range p.services {
		s.presume(found, states)
	}
	return newPlan(found, diff(found, p.desired()), p, nil)
}

// presume makes the service what it is or will be as far as one can tell.
func (s *service) presume(have table, states func(string, netip.AddrPort) healthcheck.State) {
	s.recognize(have)
	for i := range s.servers {
		r := &s.servers[i]
		if states != nil && len(r.cfg.Checks) > 0 {
			r.state = states(s.cfg.name(), r.cfg.Destination.Addr)
		}
		if r.state == healthcheck.Unknown && r.found == absent {
			r.state = healthcheck.Up
		}
	}
	s.weigh()
}
