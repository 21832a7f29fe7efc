package main

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/ldirector/ldirector/director/ipvs"
)

// A site is a director's table: virtual servers with real servers, by direct
// routing and weighted round robin, in ascending order of their addresses, so
// that whoever works in the order of the configuration or of the addresses
// comes to the last real server of the last virtual server at the end.
type site struct {
	services, servers int  // servers: real servers of each virtual server
	shared            bool // all virtual servers have the same real servers
	heavy             bool // the last real server has weight 2
	probing           probing
}

// entries is the number of lines of the kernel's table.
func (s site) entries() int { return s.services * (1 + s.servers) }

func (s site) address(service int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(service >> 8), byte(service), 1}), 80)
}

func (s site) server(service, i int) netip.AddrPort {
	if s.shared {
		service = 0
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{172, byte(16 + service>>8), byte(service), byte(i + 1)}), 80)
}

func (s site) weight(service, i int) uint32 {
	if s.heavy && service == s.services-1 && i == s.servers-1 {
		return 2
	}
	return 1
}

// table is what the kernel is to have.
func (s site) table() []ipvs.Service {
	services := make([]ipvs.Service, s.services)
	for i := range services {
		services[i] = ipvs.Service{Key: ipvs.NewKey(ipvs.TCP, s.address(i)), Scheduler: "wrr"}
		for j := range s.servers {
			services[i].Destinations = append(services[i].Destinations,
				ipvs.Destination{Addr: s.server(i, j), Forward: ipvs.DR, Weight: s.weight(i, j)})
		}
	}
	return services
}

// A form is one of the ways in which our language says the same.
type form string

// The forms.
const (
	blocks form = "blocks" // a block for each real server
	lists  form = "lists"  // real_servers = [...]
	pool   form = "pool"   // one pool for all; needs a shared site
)

// hcl is the configuration of the virtual servers from number first on.
func (s site) hcl(f form, first, n int) string {
	var b strings.Builder
	if f == pool && first == 0 {
		b.WriteString("pool \"web\" {\n")
		s.hclServers(&b, lists, 0)
		b.WriteString("}\n")
	}
	for i := first; i < first+n; i++ {
		fmt.Fprintf(&b, "virtual_server \"service-%d\" {\n  address = %q\n  lb_algo = \"wrr\"\n  lb_kind = \"DR\"\n", i, s.address(i))
		if s.probing != (probing{}) {
			fmt.Fprintf(&b, "  alpha = false\n  delay_loop = %q\n", s.probing.interval)
		}
		if f == pool {
			b.WriteString("  pool = \"web\"\n")
		} else {
			s.hclServers(&b, f, i)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// hclServers writes the real servers of a virtual server.
func (s site) hclServers(b *strings.Builder, f form, service int) {
	if f == lists {
		if s.probing != (probing{}) {
			b.WriteString(s.probing.hcl(false))
		}
		b.WriteString("  real_servers = [\n")
	}
	for i := range s.servers {
		if f == lists {
			fmt.Fprintf(b, "    \"%s weight %d\",\n", s.server(service, i), s.weight(service, i))
			continue
		}
		fmt.Fprintf(b, "  real_server %q {\n    weight = %d\n", s.server(service, i), s.weight(service, i))
		if s.probing != (probing{}) {
			b.WriteString(s.probing.hcl(s.mortal(service, i)))
		}
		b.WriteString("  }\n")
	}
	if f == lists {
		b.WriteString("  ]\n")
	}
}

// keepalived is the same for keepalived.
func (s site) keepalived() string {
	var b strings.Builder
	for i := range s.services {
		a := s.address(i)
		fmt.Fprintf(&b, "virtual_server %s %d {\n  lb_algo wrr\n  lb_kind DR\n  protocol TCP\n", a.Addr(), a.Port())
		if s.probing != (probing{}) {
			fmt.Fprintf(&b, "  delay_loop %d\n", int(s.probing.interval.Seconds()))
		}
		for j := range s.servers {
			r := s.server(i, j)
			fmt.Fprintf(&b, "  real_server %s %d {\n    weight %d\n", r.Addr(), r.Port(), s.weight(i, j))
			if s.probing != (probing{}) {
				b.WriteString(s.probing.keepalived(s.mortal(i, j)))
			}
			b.WriteString("  }\n")
		}
		b.WriteString("}\n")
	}
	return b.String()
}
