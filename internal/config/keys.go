package config

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/internal/fwmark"
)

// maxServices bounds the IPVS services of one configuration. The kernel keeps
// them in 256 lists, so that even this many are slow; a mark is one service.
const maxServices = 65536

// A keySet is the IPVS services of one virtual server before they are written
// out: addresses times ports times protocols, or one mark.
type keySet struct {
	ranges    []keyRange
	protocols []ipvs.Protocol

	mark   uint32
	markAt hcl.Range
	family ipvs.Family // of the mark; 0: to be found

	// What follows from ranges, or from the mark.
	ports      []fwmark.PortRange // distinct; 0 is for all ports and marks
	has4, has6 bool

	ok bool // no error has been reported
}

// A keyRange is one element of addresses with its ports.
type keyRange struct {
	addrs fwmark.Range
	ports []fwmark.PortRange
	own   bool // ports stand behind the address
	at    hcl.Range
}

// decodeKeys reads what a virtual server is for: address, addresses or fwmark
// and what belongs to them.
func (s *service) decodeKeys() {
	forms := slices.DeleteFunc([]string{"address", "addresses", "fwmark"}, func(name string) bool { return s.c.written(name) == nil })
	s.keys.ok = true
	switch {
	case len(forms) == 0:
		s.keys.ok = false
		if !s.c.meant("address", "addresses", "fwmark") {
			s.c.l.errorAt(s.c.at, "Missing argument", "%s needs address, addresses or fwmark. Write for example address = \"192.0.2.10:80\".", s.c.title())
		}
		return
	case len(forms) > 1:
		s.keys.ok = false
		s.c.contradict(forms[1], forms[0], "A virtual_server has one of address, addresses and fwmark. Remove the others, or make several virtual_servers with one pool.")
		return
	}
	if s.c.written("ports") != nil && forms[0] != "addresses" {
		s.keys.ok = false
		s.c.contradict("ports", forms[0], "ports are for the elements of addresses. Write addresses in place of "+forms[0]+", or remove ports.")
	}
	switch forms[0] {
	case "address":
		s.decodeAddress()
	case "addresses":
		s.decodeAddresses()
	default:
		s.decodeMark()
		return
	}
	s.decodeProtocols()
	if s.c.written("ip_family") != nil {
		s.keys.ok = false
		s.c.contradict("ip_family", forms[0], "The family follows from "+forms[0]+"; only marks need ip_family. Remove it.")
	}
	s.summarise()
}

// decodeAddress reads address.
func (s *service) decodeAddress() {
	text, ok := s.c.text("address")
	if !ok {
		s.keys.ok = false
		return
	}
	e, err := parseEndpoint(text)
	if err == nil {
		err = checkVirtual(e.addr)
	}
	switch {
	case err != nil:
		s.c.bad("address", "Invalid address", "address: %s.", err)
		s.keys.ok = false
	case !e.hasPort:
		s.c.bad("address", "Address without a port", "address is %q. Write the port as well, such as \"%s\"; port 0 with persistence_timeout means all ports.", text, netip.AddrPortFrom(e.addr, 80))
		s.keys.ok = false
	default:
		s.keys.ranges = []keyRange{{
			addrs: fwmark.Range{From: e.addr, To: e.addr},
			ports: []fwmark.PortRange{{From: e.port, To: e.port}},
			at:    s.c.where("address"),
		}}
	}
}

// decodeAddresses reads addresses and ports.
func (s *service) decodeAddresses() {
	ports, portsOK := s.c.ports("ports")
	elements, ok := s.c.list("addresses")
	s.keys.ok = s.keys.ok && ok && portsOK
	if ok && len(elements) == 0 {
		s.c.bad("addresses", "No address", "addresses is empty. Write at least one address, or remove the virtual_server.")
		s.keys.ok = false
	}
	portsUsed := false
	for _, e := range elements {
		addrs, port, hasPort, err := parseEndpointRange(e.text)
		for _, end := range []netip.Addr{addrs.From, addrs.To} {
			if err == nil {
				err = checkVirtual(end)
			}
		}
		r := keyRange{addrs: addrs, ports: ports, at: e.at}
		switch {
		case err != nil:
			s.c.badElement("addresses", e, "Invalid address", "addresses: %s.", err)
			s.keys.ok = false
			continue
		case hasPort:
			r.ports, r.own = []fwmark.PortRange{{From: port, To: port}}, true
		case s.c.written("ports") == nil:
			s.c.badElement("addresses", e, "Address without a port", "%q has no port, and there are no ports for all addresses. Add ports = [80], or write the port behind the address.", e.text)
			s.keys.ok = false
		default:
			portsUsed = true
		}
		s.keys.ranges = append(s.keys.ranges, r)
	}
	if s.keys.ok && len(ports) > 0 && !portsUsed {
		s.c.contradict("ports", "addresses", "Every element of addresses has a port of its own, so that nothing is left for ports. Remove ports, or those behind the addresses.")
		s.keys.ok = false
	}
}

// ports returns the value of an argument that lists ports.
func (c *content) ports(name string) (ports []fwmark.PortRange, ok bool) {
	if !c.given(name) {
		return nil, !c.isWrong(name)
	}
	elements, ok := c.list(name)
	if ok && len(elements) == 0 {
		c.bad(name, "No port", "%s is empty. Write at least one port.", name)
		return nil, false
	}
	for _, e := range elements {
		r, err := parsePortRange(e.text)
		if err != nil {
			c.badElement(name, e, "Invalid port", "%s has the port %s.", name, err)
			ok = false
			continue
		}
		if i := slices.IndexFunc(ports, func(o fwmark.PortRange) bool { return r.From <= o.To && o.From <= r.To }); i >= 0 {
			c.badElement(name, e, "Duplicate port", "%s has %s and %s, which have a port in common. Remove one of them.", name, ports[i], r)
			ok = false
			continue
		}
		ports = append(ports, r)
	}
	return ports, ok
}

// decodeProtocols reads protocol and protocols.
func (s *service) decodeProtocols() {
	word, ok := s.c.text("protocol")
	words, listOK := []string{word}, ok
	if s.c.written("protocols") != nil {
		words, listOK = s.c.words("protocols")
		if s.c.written("protocol") != nil {
			s.c.contradict("protocols", "protocol", "Both say which transport protocols the virtual_server is for. Remove one of them.")
			listOK = false
		}
	}
	s.keys.ok = s.keys.ok && ok && listOK
	s.keys.protocols = parseProtocols(words)
}

func parseProtocols(words []string) []ipvs.Protocol {
	var protocols []ipvs.Protocol
	for _, word := range words {
		switch word {
		case "UDP":
			protocols = append(protocols, ipvs.UDP)
		case "SCTP":
			protocols = append(protocols, ipvs.SCTP)
		default:
			protocols = append(protocols, ipvs.TCP)
		}
	}
	return protocols
}

// summarise fills in what follows from the ranges.
func (s *service) summarise() {
	k := &s.keys
	shared := false // whether those of the argument ports are in
	for _, r := range k.ranges {
		k.has4 = k.has4 || r.addrs.From.Is4()
		k.has6 = k.has6 || r.addrs.From.Is6()
		if r.own || !shared {
			k.ports = append(k.ports, r.ports...)
			shared = shared || !r.own
		}
	}
	slices.SortFunc(k.ports, func(a, b fwmark.PortRange) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	k.ports = slices.Compact(k.ports)
}

// count returns the number of IPVS services, or more than maxServices.
func (k *keySet) count() uint64 {
	if k.mark != 0 {
		return 1
	}
	var total uint64
	for _, r := range k.ranges {
		var ports uint64
		for _, p := range r.ports {
			ports += uint64(p.To-p.From) + 1
		}
		// At most 2³² addresses, 2¹⁶ ports that differ and three protocols.
		total = min(total+rangeSize(r.addrs)*ports*uint64(len(k.protocols)), 1<<62)
	}
	return total
}

// all yields the keys with the place of each, in the order of the text.
func (k *keySet) all(yield func(ipvs.Key, *hcl.Range) bool) {
	if k.mark != 0 {
		yield(ipvs.NewMarkKey(k.mark, k.family), &k.markAt)
		return
	}
	for i := range k.ranges {
		r := &k.ranges[i]
		for addr := r.addrs.From; addr.IsValid() && !r.addrs.To.Less(addr); addr = addr.Next() {
			for _, ports := range r.ports {
				for port := int(ports.From); port <= int(ports.To); port++ {
					for _, protocol := range k.protocols {
						if !yield(ipvs.NewKey(protocol, netip.AddrPortFrom(addr, uint16(port))), &r.at) {
							return
						}
					}
				}
			}
		}
	}
}

// port returns the port that all services have in common.
func (k *keySet) port() (port uint16, common bool) {
	if len(k.ports) != 1 || k.ports[0].From != k.ports[0].To {
		return 0, false
	}
	return k.ports[0].From, true
}

// hasPort tells whether a service has that port.
func (k *keySet) hasPort(port uint16) bool {
	return slices.ContainsFunc(k.ports, func(r fwmark.PortRange) bool { return r.From <= port && port <= r.To })
}

// otherPort returns a port of a service that is not the given one.
func (k *keySet) otherPort(port uint16) (other uint16, found bool) {
	for _, r := range k.ports {
		if r.From != port {
			return r.From, true
		}
		if r.To != port {
			return r.To, true
		}
	}
	return 0, false
}

// only tells whether the services are for one transport protocol alone; a mark
// may be.
func (k *keySet) only(protocol ipvs.Protocol) bool {
	return k.mark != 0 || !slices.ContainsFunc(k.protocols, func(p ipvs.Protocol) bool { return p != protocol })
}
