package config

import (
	"net/netip"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/internal/fwmark"
)

// A match is a block match: which packets get the mark of its virtual server.
type match struct {
	rule fwmark.Rule
	at   hcl.Range
}

// decodeMark reads fwmark and ip_family.
func (s *service) decodeMark() {
	mark, ok := s.c.number("fwmark")
	s.keys.ok = s.keys.ok && ok
	s.keys.mark, s.keys.ports = uint32(mark), []fwmark.PortRange{{}}
	s.keys.markAt = *s.c.written("fwmark")
	for _, name := range []string{"protocol", "protocols"} {
		if s.c.written(name) != nil {
			s.c.contradict(name, "fwmark", "A service for marked packets takes those of every protocol. Remove it; what gets the mark is for match to say.")
			s.keys.ok = false
		}
	}
	family, ok := s.c.text("ip_family")
	s.keys.ok = s.keys.ok && (ok || s.c.written("ip_family") == nil)
	switch family {
	case "inet":
		s.keys.family = ipvs.INET
	case "inet6":
		s.keys.family = ipvs.INET6
	}
}

// decodeMatch reads the block match, b, if there is one.
func (s *service) decodeMatch(b *hcl.Block) {
	if b == nil {
		return
	}
	c := s.c.l.open(b, s.c.spec.child("match"))
	if s.c.written("fwmark") == nil {
		s.c.l.errorAt(c.at, "Match without a mark", "match says which packets get a mark, but %s is not for marked packets. Add fwmark = 1 in place of its addresses, or remove match.", s.c.title())
		return
	}
	m := &match{at: c.at, rule: fwmark.Rule{Mark: s.keys.mark}}
	elements, ok := c.list("addresses")
	if ok && len(elements) == 0 && c.given("addresses") {
		c.bad("addresses", "No address", "addresses is empty. Write at least one, or remove match to set the mark yourself.")
	}
	for _, e := range elements {
		r, err := parseRange(e.text)
		if err != nil {
			c.badElement("addresses", e, "Invalid address", "addresses: %s.", err)
			ok = false
			continue
		}
		if first := c.firstElement("addresses"); len(m.rule.Addresses) > 0 && m.rule.Addresses[0].From.Is4() != r.From.Is4() {
			c.badElement("addresses", e, "Mixed address families", "%s is %s, but the first address (%s) is %s. A service is for one family: make one virtual_server for each, with one pool.",
				e.text, familyName(r.From), place(first), familyName(m.rule.Addresses[0].From))
			ok = false
			continue
		}
		m.rule.Addresses = append(m.rule.Addresses, r)
	}
	ports, portsOK := c.ports("ports")
	if slices.ContainsFunc(ports, func(r fwmark.PortRange) bool { return r.From == 0 }) {
		c.bad("ports", "Invalid port", "Port 0 is no port that a packet has. Leave ports out for all ports.")
		portsOK = false
	}
	words, wordsOK := c.words("protocols")
	m.rule.Ports, m.rule.Protocols = ports, parseProtocols(words)
	if ok && portsOK && wordsOK && len(m.rule.Addresses) > 0 {
		s.match = m
	}
}

// firstElement returns where the first element of a list stands.
func (c *content) firstElement(name string) hcl.Range {
	elements, _ := c.list(name)
	return elements[0].at
}

// findFamily finds the family of a mark's service: that of ip_family, or of
// what it is for, or of its real servers, or IPv4. A tunnel says nothing, as
// the two ends of it may differ.
func (s *service) findFamily(servers []*server) {
	if s.keys.mark == 0 {
		return
	}
	if s.match != nil {
		s.checkMatchFamily(s.match.rule.Addresses[0].From)
	}
	tunnelled := netip.Addr{}
	for _, srv := range servers {
		if s.keys.family != 0 {
			break
		}
		switch {
		case srv.noAddress:
		case !srv.forwarding.or(s.forwarding).tunnelled():
			s.keys.family = familyOf(srv.end.addr)
		case !tunnelled.IsValid():
			tunnelled = srv.end.addr
		}
	}
	switch {
	case s.keys.family != 0:
	case tunnelled.IsValid():
		s.keys.family = familyOf(tunnelled)
	default:
		s.keys.family = ipvs.INET
	}
	s.keys.has4, s.keys.has6 = s.keys.family == ipvs.INET, s.keys.family == ipvs.INET6
}

// checkMatchFamily compares the family of a match, that of addr, with
// ip_family.
func (s *service) checkMatchFamily(addr netip.Addr) {
	family := familyOf(addr)
	switch s.keys.family {
	case 0, family:
		s.keys.family = family
	default:
		s.c.bad("ip_family", "Mixed address families", "ip_family is %s, but the addresses of match (%s) are %s. Remove ip_family, or change the addresses.", wordOf(s.keys.family), place(s.match.at), familyName(addr))
	}
}

func familyOf(addr netip.Addr) ipvs.Family {
	if addr.Is4() {
		return ipvs.INET
	}
	return ipvs.INET6
}

// wordOf returns the word of ip_family.
func wordOf(f ipvs.Family) string {
	if f == ipvs.INET6 {
		return "inet6"
	}
	return "inet"
}
