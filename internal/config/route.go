package config

import (
	"net/netip"

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
}

// route reads the arguments of a probe that goes over the network.
func (c *content) route() route {
	p := route{ip: c.host("connect_ip"), source: c.host("bindto")}
	if c.given("bind_if") {
		p.device = c.interfaceName("bind_if")
	}
	mark, _ := c.number("fwmark")
	p.mark = uint32(mark)
	if c.spec.probe.at == atPort {
		p.port, _ = c.number("connect_port")
		p.sourcePort, _ = c.number("bind_port")
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

// target returns where p asks for a real server at addr. ok is false after an
// error.
func (s *service) target(srv *server, p *probe, real netip.AddrPort) (target healthcheck.Target, ok bool) {
	addr, port := real.Addr(), real.Port()
	switch p.spec.probe.at {
	case nowhere:
		return healthcheck.Target{}, true
	case aboutIt:
		return healthcheck.Target{Addr: real}, true
	case atAddress:
		port = 0
	case atPort:
		if p.route.port != 0 {
			port = uint16(p.route.port)
		}
		if port == 0 {
			s.reportNoPort(srv, p, real.Addr())
			return healthcheck.Target{}, false
		}
	}
	if p.route.ip.IsValid() {
		addr = p.route.ip
	}
	target = healthcheck.Target{Addr: netip.AddrPortFrom(addr, port), Device: p.route.device, Mark: p.route.mark}
	switch source := p.route.source; {
	case source.IsValid() && source.Is4() != addr.Is4():
		s.report(srv, p.at, "Mixed address families", "bindto is %s, but the real server %s is %s. Give that server a probe of its own, with a source of its family.", source, addr, familyName(addr))
		return healthcheck.Target{}, false
	case source.IsValid():
		target.Source = netip.AddrPortFrom(source, uint16(p.route.sourcePort))
	case p.route.sourcePort != 0 && addr.Is4():
		target.Source = netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(p.route.sourcePort))
	case p.route.sourcePort != 0:
		target.Source = netip.AddrPortFrom(netip.IPv6Unspecified(), uint16(p.route.sourcePort))
	}
	return target, true
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
