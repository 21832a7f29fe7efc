package config

import (
	"slices"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
)

// checks binds probes to a real server. What its own block says comes before a
// default probe's timing, but after an own probe's. The probes of a pool take
// nothing from the service, so that they are the same for all.
func (s *service) checks(srv *server, dest ipvs.Destination) []healthcheck.Check {
	probes, fromPool := s.probesOf(srv)
	around, base := srv.timing, s.timing
	switch {
	case fromPool:
		base = srv.pool.timing
	case srv.pool != nil:
		around = around.or(srv.pool.timing)
	}
	asksHosts := slices.ContainsFunc(probes, func(p *probe) bool { return p.spec.byID["virtualhost"] != nil })
	s.hostUsed = s.hostUsed || asksHosts && !fromPool
	if host := srv.settings.virtualHost; host.written() && !asksHosts {
		s.report(srv, *host.where, "Argument without effect", "virtualhost is for http_get and ssl_get, and the real server %s has neither. Add one, or remove virtualhost.", showServer(dest.Addr))
	}
	if len(probes) == 0 {
		return nil
	}
	s.timingUsed, s.poolTiming = s.timingUsed || !fromPool, s.poolTiming || fromPool
	where := probePlace{virtualHost: srv.settings.virtualHost.value}
	if srv.pool != nil && where.virtualHost == "" {
		where.virtualHost = srv.pool.settings.virtualHost.value
	}
	if !fromPool {
		where.service = s
		if where.virtualHost == "" {
			where.virtualHost = s.settings.virtualHost.value
		}
	}
	checks, asking := make([]healthcheck.Check, 0, len(probes)), make([]*probe, 0, len(probes))
	for _, p := range probes {
		from := around.or(p.timing).or(base)
		if srv.own {
			from = p.timing.or(around).or(base)
		}
		check, path, ok := s.bindProbe(srv, p, dest, where, from)
		if !ok {
			continue
		}
		if i := slices.Index(checks, check); i >= 0 {
			s.report(srv, p.at, "Duplicate probe", "Another %s asks the real server %s the same, at %s. Remove one of them.", check.Kind(), showServer(dest.Addr), place(asking[i].at))
			continue
		}
		if path != nil {
			s.through = append(s.through, throughProbe{*path, len(s.vs.RealServers), len(checks)})
		}
		checks, asking = append(checks, check), append(asking, p)
	}
	return checks
}

// probesOf returns the probes of a real server: its own, or else those of its
// pool, or else the service's.
func (s *service) probesOf(srv *server) (probes []*probe, fromPool bool) {
	switch {
	case srv.own:
		return srv.probes, srv.pool != nil
	case srv.pool != nil && len(srv.pool.probes) > 0:
		return srv.pool.probes, true
	default:
		return s.probes, false
	}
}

// waits tells whether a real server waits for its first verdict: one of its
// probes does. alpha is the word of the blocks around them.
func (s *service) waits(srv *server, alpha bool) bool {
	probes, _ := s.probesOf(srv)
	return len(probes) == 0 && alpha || slices.ContainsFunc(probes, func(p *probe) bool { return orElse(p.alpha, alpha) })
}

// bindProbe returns the check that p is for a real server, with the timing t, and its
// path if it goes by IPVS. ok is false after an error.
func (s *service) bindProbe(srv *server, p *probe, dest ipvs.Destination, where probePlace, t timing) (check healthcheck.Check, path *director.Path, ok bool) {
	if p.invalid {
		return healthcheck.Check{}, nil, false
	}
	target, path, ok := s.target(srv, p, dest)
	if !ok {
		return healthcheck.Check{}, nil, false
	}
	prober, ok := s.proberOf(srv, p, where)
	if !ok {
		return healthcheck.Check{}, nil, false
	}
	return healthcheck.Spec{
		Prober: prober,
		Target: target,
		Timing: p.resolve(t.or(timing{retry: p.spec.probe.retry}).or(s.c.l.defaults)),
	}.Check(), path, true
}

// proberOf returns what p asks in that place. ok is false after an error.
func (s *service) proberOf(srv *server, p *probe, where probePlace) (prober healthcheck.Prober, ok bool) {
	if p.prober != nil {
		return p.prober, true
	}
	q := p.question
	if q == nil {
		if p.named {
			where.service = nil
		}
		var err error
		if q, err = p.ask(where); err != nil {
			s.report(srv, p.at, "Invalid probe", "%s: %s.", p.spec.name, err)
			return nil, false
		}
	}
	s.ask(srv, p, q)
	return q.prober, true
}
