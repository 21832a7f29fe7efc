package config

import (
	"net/netip"
	"slices"

	"github.com/ldirector/ldirector/healthcheck"
)

// checks binds probes to a real server. What its own block says comes before a
// default probe's timing, but after an own probe's. The probes of a pool take
// nothing from the service, so that they are the same for all.
func (s *service) checks(srv *server, addr netip.AddrPort) []healthcheck.Check {
	probes, around, base, fromPool := srv.probes, srv.timing, s.timing, false
	if srv.pool != nil {
		around = around.or(srv.pool.timing)
	}
	if srv.pool != nil && (srv.own || len(srv.pool.probes) > 0) {
		around, base, fromPool = srv.timing, srv.pool.timing, true
	}
	if !srv.own {
		probes = s.probes
		if fromPool {
			probes = srv.pool.probes
		}
	}
	if len(probes) == 0 {
		return nil
	}
	s.timingUsed, s.poolTiming = s.timingUsed || !fromPool, s.poolTiming || fromPool
	where := s.probePlace(srv, fromPool)
	checks, asking := make([]healthcheck.Check, 0, len(probes)), make([]*probe, 0, len(probes))
	for _, p := range probes {
		from := around.or(p.timing).or(base)
		if srv.own {
			from = p.timing.or(around).or(base)
		}
		check, ok := s.bindProbe(srv, p, addr, where, from)
		if !ok {
			continue
		}
		if i := slices.Index(checks, check); i >= 0 {
			s.report(srv, p.at, "Duplicate probe", "Another %s asks the real server %s the same, at %s. Remove one of them.", check.Kind(), showServer(addr), place(asking[i].at))
			continue
		}
		checks, asking = append(checks, check), append(asking, p)
	}
	return checks
}

// probePlace returns what the probes of a real server see.
func (s *service) probePlace(_ *server, fromPool bool) probePlace {
	where := probePlace{service: s}
	if fromPool {
		where.service = nil
	}
	return where
}

// bindProbe returns the check that p is for a real server at addr, with the
// timing t. ok is false after an error.
func (s *service) bindProbe(srv *server, p *probe, addr netip.AddrPort, where probePlace, t timing) (check healthcheck.Check, ok bool) {
	if p.invalid {
		return healthcheck.Check{}, false
	}
	target, ok := s.target(srv, p, addr)
	if !ok {
		return healthcheck.Check{}, false
	}
	prober := p.prober
	if prober == nil {
		q, err := p.ask(where)
		if err != nil {
			s.report(srv, p.at, "Invalid probe", "%s: %s.", p.spec.name, err)
			return healthcheck.Check{}, false
		}
		prober = q.prober
		s.ask(srv, p, q)
	}
	return healthcheck.Spec{
		Prober: prober,
		Target: target,
		Timing: p.resolve(t.or(timing{retry: p.spec.probe.retry}).or(s.c.l.defaults)),
	}.Check(), true
}
