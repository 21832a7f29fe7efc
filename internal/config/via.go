package config

import (
	"net/netip"
	"slices"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
)

// A throughProbe is a check that goes to its real server by IPVS. Its mark is
// allotted when all of them are known.
type throughProbe struct {
	path          director.Path
	server, check int // indices in the virtual server
}

// checkVia reports what does not go together with via.
func (c *content) checkVia(r route) {
	switch {
	case r.via == "":
	case r.mark != 0:
		c.contradict("fwmark", "via", "With via the probe's packets carry a mark that ldirector allots, by which IPVS knows the way. Remove one of them.")
	case r.sourcePort != 0 && !r.source.IsValid():
		c.contradict("bind_port", "via", "With via the source address is chosen by the way to the real server, and a port needs an address that is. Add bindto, or remove bind_port.")
	}
}

// throughPath returns the target of a probe that goes by IPVS.
func (s *service) throughPath(srv *server, p *probe, dest ipvs.Destination, addr, source netip.AddrPort) (healthcheck.Target, *director.Path, bool) {
	path := &director.Path{RealServer: dest.Addr.Addr(), Forward: dest.Forward, Tunnel: dest.Tunnel, Family: ipvs.INET}
	if addr.Addr().Is6() {
		path.Family = ipvs.INET6
	}
	target, err := director.NewPaths(director.DefaultPathMark).Through(*path, p.route.via, addr, source)
	if err != nil {
		s.report(srv, p.at, "No path for the probe", "The real server %s cannot be asked via %q: %s.", dest.Addr.Addr(), p.route.via, err)
		return healthcheck.Target{}, nil, false
	}
	target.Device = p.route.device
	return target, path, true
}

// allotPaths gives each check that goes by IPVS the mark of its path, and adds
// the virtual servers for these marks.
func (l *loader) allotPaths(services []*decoded) {
	paths := director.NewPaths(director.DefaultPathMark)
	used := false
	for _, d := range services {
		for _, t := range d.through {
			used = true
			if d.index >= 0 {
				l.allotPath(paths, &l.config.Director.VirtualServers[d.index], t)
			}
		}
	}
	if !used {
		return
	}
	for _, d := range services {
		if d.keys.mark != 0 && paths.Owns(d.keys.mark) {
			l.errorAt(d.keys.markAt, "Reserved mark", "The marks from %#x to %#x belong to probes with via. Use another one.", director.DefaultPathMark, director.DefaultPathMark+director.PathMarks-1)
		}
	}
	l.config.Director.VirtualServers = append(l.config.Director.VirtualServers, paths.VirtualServers()...)
}

// allotPath gives one check of a virtual server the mark of its path. What the
// virtual server shares with an earlier configuration is not changed.
func (l *loader) allotPath(paths *director.Paths, v *director.VirtualServer, t throughProbe) {
	spec := v.RealServers[t.server].Checks[t.check].Spec()
	target, err := paths.Through(t.path, "vip", spec.Target.Addr, spec.Target.Source)
	if err != nil || target.Mark == spec.Target.Mark { // every error has been reported before
		return
	}
	spec.Target.Mark = target.Mark
	v.RealServers = slices.Clone(v.RealServers)
	rs := &v.RealServers[t.server]
	rs.Checks = slices.Clone(rs.Checks)
	rs.Checks[t.check] = spec.Check()
}
