package config

import (
	"net/netip"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
)

// A route says how a probe gets to a real server.
type route struct {
	ip         netip.Addr // connect_ip, if given
	port       int        // connect_port, 0 if not given
	source     netip.Addr // bindto, if given
	sourcePort int        // bind_port, 0 if not given
	device     string     // bind_if, "" if not given
	mark       uint32     // fwmark, 0 if not given
	via        string     // "" if not given
}

// route reads the arguments of a probe that goes over the network.
func (c *content) route() route {
	p := route{ip: c.host("connect_ip"), source: c.host("bindto")}
	if c.given("bind_if") {
		p.device = c.interfaceName("bind_if")
	}
	mark, _ := c.number("fwmark")
	if p.mark = uint32(mark); p.mark != 0 && director.NewPaths(director.DefaultPathMark).Owns(p.mark) {
		c.bad("fwmark", "Reserved mark", "The marks from %#x to %#x belong to probes with via. Use another one.", director.DefaultPathMark, director.DefaultPathMark+director.PathMarks-1)
	}
	if c.spec.probe.at == atPort {
		p.port, _ = c.number("connect_port")
		p.sourcePort, _ = c.number("bind_port")
		p.via, _ = c.text("via")
		c.checkVia(p)
	}
	if p.ip.IsValid() && p.source.IsValid() && p.ip.Is4() != p.source.Is4() {
		c.bad("bindto", "Mixed address families", "bindto is %s and connect_ip is %s: a connection has both ends in one family. Write a source of the same family.", p.source, p.ip)
	}
	return p
}

// host returns the value of an argument that is the address of a host,
// the zero Addr if it is not given.
func (c *content) host(name string) netip.Addr {
	text, ok := c.text(name)
	if !ok {
		return netip.Addr{}
	}
	addr, err := parseAddr(text)
	if err == nil {
		err = checkHost(addr)
	}
	if err != nil {
		c.bad(name, "Invalid address", "%s: %s.", name, err)
		return netip.Addr{}
	}
	return addr
}

// target returns where p asks for a real server. path is how the packets get
// there, if that is by IPVS. ok is false after an error.
func (s *service) target(srv *server, p *probe, dest ipvs.Destination) (target healthcheck.Target, path *director.Path, ok bool) {
	switch p.spec.probe.at {
	case nowhere:
		return healthcheck.Target{}, nil, true
	case aboutIt:
		return healthcheck.Target{Addr: dest.Addr}, nil, true
	case atPort, atAddress:
	}
	addr, ok := s.address(srv, p, dest.Addr)
	if !ok {
		return healthcheck.Target{}, nil, false
	}
	var source netip.AddrPort
	switch from := p.route.source; {
	case from.IsValid() && from.Is4() != addr.Addr().Is4():
		s.report(srv, p.at, "Mixed address families", "bindto is %s, but the real server %s is %s. Give that server a probe of its own, with a source of its family.", from, addr.Addr(), familyName(addr.Addr()))
		return healthcheck.Target{}, nil, false
	case from.IsValid():
		source = netip.AddrPortFrom(from, uint16(p.route.sourcePort))
	case p.route.sourcePort != 0 && addr.Addr().Is4():
		source = netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(p.route.sourcePort))
	case p.route.sourcePort != 0:
		source = netip.AddrPortFrom(netip.IPv6Unspecified(), uint16(p.route.sourcePort))
	}
	if p.route.via == "" {
		return healthcheck.Target{Addr: addr, Source: source, Device: p.route.device, Mark: p.route.mark}, nil, true
	}
	return s.throughPath(srv, p, dest, addr, source)
}

// address returns the address and port that p asks.
func (s *service) address(srv *server, p *probe, real netip.AddrPort) (addr netip.AddrPort, ok bool) {
	port := real.Port()
	switch {
	case p.spec.probe.at == atAddress:
		port = 0
	case p.route.port != 0:
		port = uint16(p.route.port)
	case port == 0:
		s.reportNoPort(srv, p, real.Addr())
		return netip.AddrPort{}, false
	}
	switch {
	case p.route.ip.IsValid():
		return netip.AddrPortFrom(p.route.ip, port), true
	case p.route.via == "":
		return netip.AddrPortFrom(real.Addr(), port), true
	case len(s.keys.ranges) > 0:
		return netip.AddrPortFrom(s.keys.ranges[0].addrs.From, port), true
	case s.keys.mark != 0:
		s.report(srv, p.at, "Probe without an address", "With via the address of the service is asked, and one for marked packets has none of its own. Write one that the real servers have as connect_ip.")
	}
	return netip.AddrPort{}, false
}

// reportNoPort reports a probe of a real server that has no port of its own.
func (s *service) reportNoPort(srv *server, p *probe, addr netip.Addr) {
	why := "has several. Add connect_port, or a probe for each"
	switch {
	case s.keys.mark != 0:
		why = "is for marked packets. Add connect_port"
	case s.keys.hasPort(0):
		why = "is for all ports. Add connect_port"
	}
	s.report(srv, p.at, "Probe without a port", "The real server %s has no port of its own to connect to, as the service %s.", addr, why)
}
