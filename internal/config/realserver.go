package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
)

// decodeRealServers reads the real_server blocks and the list real_servers.
func (s *service) decodeRealServers() {
	seen := make(map[netip.AddrPort]hcl.Range)
	for b := range s.c.all("real_server") {
		s.decodeRealServer(b, seen)
	}
	list, ok := s.c.list("real_servers")
	s.weightOK = s.weightOK && ok
	for _, e := range list {
		s.decodeShortRealServer(e, seen)
	}
}

// decodeRealServer reads one real_server block.
func (s *service) decodeRealServer(b *hcl.Block, seen map[netip.AddrPort]hcl.Range) {
	l := s.c.l
	spec := s.c.spec.child("real_server")
	c := l.open(b, spec)
	weight, weightOK := c.number("weight")
	s.weightOK = s.weightOK && weightOK
	inhibit, given := c.boolean("inhibit_on_failure")
	if !given {
		inhibit = s.inhibit
	}

	around := c.timing()
	probes := s.probes
	own := slices.Collect(c.all("tcp_check"))
	if len(own) > 0 {
		probes = nil
		for _, p := range own {
			probes = append(probes, l.decodeTCPCheck(p, spec.child("tcp_check")))
		}
	}
	text, at := label(b)
	addr, ok := s.serverAddress(text, at, "real server")
	if !ok || !s.claim(addr, at, seen) {
		return
	}
	s.add(addr, weight, inhibit, s.checks(addr, probes, around, len(own) > 0))
}

// decodeShortRealServer reads one element of real_servers.
func (s *service) decodeShortRealServer(e element, seen map[netip.AddrPort]hcl.Range) {
	weight := 1
	fields := strings.Fields(e.text)
	switch {
	case len(fields) == 1:
	case len(fields) == 3 && fields[1] == "weight":
		var err error
		if weight, err = parseWeight(fields[2]); err != nil {
			s.badElement("real_servers", e, "Number out of range", "weight: %s.", err)
			return
		}
	default:
		s.badElement("real_servers", e, "Invalid real server", "%q: write \"192.0.2.31:80\" or \"192.0.2.31:80 weight 2\"; everything else needs a block real_server.", e.text)
		return
	}
	addr, ok := s.serverAddress(fields[0], e.at, "real server")
	if !ok || !s.claim(addr, e.at, seen) {
		return
	}
	s.add(addr, weight, s.inhibit, s.checks(addr, s.probes, timing{}, false))
}

// badElement reports an error of an element of a list.
func (s *service) badElement(name string, e element, summary, detail string, args ...any) {
	s.weightOK = false
	s.c.badAt(s.c.attrs[name], e.at, summary, detail, args...)
}

func parseWeight(text string) (int, error) {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q is not a whole number from 0 to 2147483647", text)
	}
	return int(n), nil
}

// claim reports a real server that is there twice.
func (s *service) claim(addr netip.AddrPort, at hcl.Range, seen map[netip.AddrPort]hcl.Range) bool {
	if first, dup := seen[addr]; dup {
		s.c.l.errorAt(at, "Duplicate real server", "%s is already a real server of this service, at %s. Remove one; for more connections raise its weight.", addr, place(first))
		return false
	}
	seen[addr] = at
	return true
}

func (s *service) add(addr netip.AddrPort, weight int, inhibit bool, checks []healthcheck.Check) {
	s.weight += weight
	s.vs.RealServers = append(s.vs.RealServers, director.RealServer{
		Destination:      ipvs.Destination{Addr: addr, Forward: s.forward, Weight: uint32(weight)},
		InhibitOnFailure: inhibit,
		Checks:           checks,
	})
}

// checks binds probes to a real server. around is the timing of the server's
// block: it comes before that of the service, and before a default probe's but
// after an own probe's.
func (s *service) checks(addr netip.AddrPort, probes []probe, around timing, own bool) []healthcheck.Check {
	var checks []healthcheck.Check
	for _, p := range probes {
		from := around.or(p.timing).or(s.timing)
		if own {
			from = p.timing.or(around).or(s.timing)
		}
		check, ok := s.c.l.bind(p, addr, from)
		if !ok {
			continue
		}
		if slices.Contains(checks, check) {
			s.c.l.errorAt(p.at, "Duplicate probe", "Another %s asks the real server %s the same. Remove one of them.", check.Prober.Kind(), addr)
			continue
		}
		checks = append(checks, check)
	}
	return checks
}

// decodeSorryServer reads the block sorry_server, b, if there is one.
func (s *service) decodeSorryServer(b *hcl.Block) {
	if b == nil {
		return
	}
	s.c.l.open(b, s.c.spec.child("sorry_server"))
	text, at := label(b)
	addr, ok := s.serverAddress(text, at, "sorry server")
	s.vs.SorryServer = &ipvs.Destination{Addr: addr, Forward: s.forward, Weight: 1}
	if ok && slices.ContainsFunc(s.vs.RealServers, func(r director.RealServer) bool { return r.Destination.Addr == addr }) {
		s.c.l.errorAt(at, "Duplicate real server", "The sorry server %s is also a real server of this service. It has to be another one, or at another port.", addr)
	}
}

// serverAddress reads the address of a real server or sorry server and checks
// what IPVS can do with it.
func (s *service) serverAddress(text string, at hcl.Range, what string) (netip.AddrPort, bool) {
	l := s.c.l
	ok := false
	defer func() { s.weightOK = s.weightOK && ok }()

	e, err := parseEndpoint(text)
	if err == nil {
		err = checkHost(e.addr)
	}
	if err != nil {
		l.errorAt(at, "Invalid address", "%s: %s.", what, err)
		return netip.AddrPort{}, false
	}
	if !s.addressOK {
		return netip.AddrPort{}, false
	}
	key := s.key
	if !e.hasPort {
		e.port = key.Port
	}
	switch {
	case key.Port == 0 && e.port != 0:
		l.errorAt(at, "Port of an all-ports service", "The service is for all ports, which IPVS passes on as they are: %s cannot get them all at port %d. Leave out the port.", e.addr, e.port)
	case e.port == 0 && key.Port != 0:
		l.errorAt(at, "Invalid port", "Port 0 is no port to send connections to. Leave it out for the service's port, %d.", key.Port)
	case s.kindOK && s.forward != ipvs.NAT && e.port != key.Port:
		l.errorAt(at, "Port cannot be changed", "The %s has port %d, the service %d. With lb_kind = %q packets arrive unchanged, so IPVS cannot rewrite the port. Leave it out, or use lb_kind = \"NAT\".", what, e.port, key.Port, s.forward)
	case s.kindOK && s.forward != ipvs.Tunnel && e.addr.Is4() != key.Addr.Is4():
		l.errorAt(at, "Mixed address families", "The %s %s is %s, the service %s. With lb_kind = %q both have to be of one family. Use an %s address, or lb_kind = \"TUN\".",
			what, e.addr, familyName(e.addr), familyName(key.Addr), s.forward, familyName(key.Addr))
	default:
		ok = true
	}
	return netip.AddrPortFrom(e.addr, e.port), ok
}

// withPort writes an address with a port, in brackets if it is IPv6.
func withPort(addr netip.Addr, port uint16) string {
	return netip.AddrPortFrom(addr, port).String()
}
