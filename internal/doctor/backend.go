package doctor

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/ldirector/ldirector/director/ipvs"
)

// A duty is an address of a service that this host serves as one of its real
// servers.
type duty struct {
	service string
	key     ipvs.Key
	rs      RealServer
}

// duties are those of DR and TUN services.
func (n *Needs) duties(f *Facts) []duty {
	var all []duty
	for _, s := range n.Services {
		for _, rs := range s.RealServers {
			if rs.Forward != ipvs.DR && rs.Forward != ipvs.Tunnel || f.has(rs.Addr.Addr()) == nil {
				continue
			}
			for _, k := range s.Keys {
				if k.FWMark == 0 {
					all = append(all, duty{s.Name, k, rs})
				}
			}
		}
	}
	return all
}

// virtualAddresses are those of the duties, each once.
func virtualAddresses(duties []duty) []netip.Addr {
	var all []netip.Addr
	for _, d := range duties {
		if !slices.Contains(all, d.key.Addr) {
			all = append(all, d.key.Addr)
		}
	}
	return all
}

// checkServes finds a host that is none of the real servers.
func checkServes(n Needs, f Facts) []Finding {
	for _, addr := range n.realServers() {
		if f.has(addr) != nil {
			return nil
		}
	}
	return []Finding{{
		Severity: Error, Check: "serves_nothing",
		Problem: "no real_server of the configuration has an address of this host",
		Breaks:  "no director sends anything here",
		See:     "ip address",
		Mend:    "add the address of a real_server to an interface, or use the configuration of this cluster (-c)",
	}}
}

// checkBackendAddresses finds virtual addresses that this host does not take for
// its own, or that it has in a place where it answers for them.
func checkBackendAddresses(n Needs, f Facts) []Finding {
	var found []Finding
	for _, addr := range virtualAddresses(n.duties(&f)) {
		finding := Finding{
			Severity: Error, Check: "backend_address", See: fmt.Sprintf("ip address show to %s", addr),
			Mend: fmt.Sprintf("ldirector realserver up %s", addr),
		}
		link := f.has(addr)
		switch {
		case link == nil && !f.Routes[addr].Local:
			finding.Problem = fmt.Sprintf("%s is not on this host", addr)
			finding.Breaks = "packets that the director sends here are dropped or sent on: connections hang"
			found = append(found, finding)
		case link != nil && link.Name != "lo" && !link.NoARP:
			finding.Problem = fmt.Sprintf("%s is on %s, which answers ARP for it whatever arp_ignore says", addr, link.Name)
			finding.Breaks = "clients bypass the director and all land on this one server"
			finding.Mend = fmt.Sprintf("ip address delete %s/%d dev %s; %s", addr, prefixLength(link, addr), link.Name, finding.Mend)
			found = append(found, finding)
		case link != nil && link.Name == "lo" && prefixLength(link, addr) != addr.BitLen():
			finding.Problem = fmt.Sprintf("%s is on lo with a prefix of %d bits", addr, prefixLength(link, addr))
			finding.Breaks = "this host takes every address of that network for its own and reaches none of its neighbours there"
			finding.Mend = fmt.Sprintf("ip address delete %s/%d dev lo; %s", addr, prefixLength(link, addr), finding.Mend)
			found = append(found, finding)
		}
	}
	return found
}

func prefixLength(l *Link, addr netip.Addr) int {
	for _, p := range l.Addresses {
		if p.Addr() == addr {
			return p.Bits()
		}
	}
	return addr.BitLen()
}

// checkARP finds interfaces that tell the network of virtual addresses. IPv6 has
// no such interfaces: the kernel answers for addresses of the asked one only.
func checkARP(n Needs, f Facts) []Finding {
	var vips []string
	for _, addr := range virtualAddresses(n.duties(&f)) {
		if addr.Is4() {
			vips = append(vips, addr.String())
		}
	}
	if len(vips) == 0 {
		return nil
	}
	var ignore, announce []string
	for _, l := range f.Links {
		if !l.Up || l.NoARP || l.Name == "lo" || !slices.ContainsFunc(l.Addresses, func(p netip.Prefix) bool { return p.Addr().Is4() }) {
			continue
		}
		if v := f.effective(l.Name, "arp_ignore"); v != 1 && v != 2 && v != 8 {
			ignore = append(ignore, fmt.Sprintf("%s (%d)", l.Name, v))
		}
		if v := f.effective(l.Name, "arp_announce"); v != 2 {
			announce = append(announce, fmt.Sprintf("%s (%d)", l.Name, v))
		}
	}
	var found []Finding
	if len(ignore) > 0 {
		found = append(found, Finding{
			Severity: Error, Check: "arp_ignore",
			Problem: "arp_ignore is not 1 on " + listed(ignore),
			Breaks:  "this host answers ARP for " + listed(vips) + ": clients bypass the director and land on whoever answers first",
			See:     "sysctl net.ipv4.conf.all.arp_ignore; on another host: arping -D -c 3 -I DEVICE " + vips[0],
			Mend:    "ldirector realserver up, or sysctl -w net.ipv4.conf.all.arp_ignore=1",
		})
	}
	if len(announce) > 0 {
		found = append(found, Finding{
			Severity: Error, Check: "arp_announce",
			Problem: "arp_announce is not 2 on " + listed(announce),
			Breaks:  "ARP requests of this host name " + listed(vips) + " as their sender: the router then sends clients' packets here, past the director",
			See:     "sysctl net.ipv4.conf.all.arp_announce",
			Mend:    "ldirector realserver up, or sysctl -w net.ipv4.conf.all.arp_announce=2",
		})
	}
	return found
}

// device is the one that unpacks what the director sends.
func (d duty) device() string {
	outer4, inner4 := d.rs.Addr.Addr().Is4(), d.key.Addr.Is4()
	switch {
	case d.rs.Tunnel.Type == ipvs.GRE && outer4:
		return "gre0"
	case d.rs.Tunnel.Type == ipvs.GRE:
		return "ip6gre0"
	case !outer4:
		return "ip6tnl0"
	case inner4:
		return "tunl0"
	default:
		return "sit0"
	}
}

// checkTunnelDevice finds that tunnelled packets are not unpacked.
func checkTunnelDevice(n Needs, f Facts) []Finding {
	var found []Finding
	seen := make(map[string]bool)
	for _, d := range n.duties(&f) {
		name := d.device()
		if d.rs.Forward != ipvs.Tunnel || seen[name] {
			continue
		}
		seen[name] = true
		finding := Finding{
			Severity: Error, Check: "tunnel_device", See: "ip link show " + name,
			Problem: "the tunnel device " + name + " does not exist",
			Breaks:  "packets that the director sends here for " + d.service + " are refused: connections hang",
			Mend:    "ip link set " + name + " up, after loading its module",
		}
		if d.rs.Tunnel.Type == ipvs.IPIP && d.device() != "sit0" {
			finding.Mend = "ldirector realserver up --tunnel " + d.key.Addr.String()
		}
		if d.rs.Tunnel.Type == ipvs.GUE {
			finding.Mend += fmt.Sprintf("; ip fou add port %d gue", d.rs.Tunnel.Port)
		}
		l := f.link(name)
		if l != nil && l.Up {
			continue
		}
		if l != nil {
			finding.Problem = "the tunnel device " + name + " is down"
		}
		found = append(found, finding)
	}
	return found
}

// checkDecapsulation finds reverse path filtering that drops what comes out of a
// tunnel: clients are not routed through it (net/ipv4/fib_frontend.c,
// __fib_validate_source).
func checkDecapsulation(n Needs, f Facts) []Finding {
	var found []Finding
	seen := make(map[string]bool)
	for _, d := range n.duties(&f) {
		name := d.device()
		l := f.link(name)
		if d.rs.Forward != ipvs.Tunnel || !d.key.Addr.Is4() || l == nil || seen[name] {
			continue
		}
		seen[name] = true
		finding := Finding{
			Severity: Error, Check: "tunnel_rp_filter",
			Breaks: "clients' packets are dropped as they come out of the tunnel: connections hang",
			See:    "nstat -az TcpExtIPReversePathFilter",
		}
		four := slices.ContainsFunc(l.Addresses, func(p netip.Prefix) bool { return p.Addr().Is4() })
		switch value := f.effective(name, "rp_filter"); {
		case value == 1:
			finding.Problem = fmt.Sprintf("rp_filter of %s is 1 (strict): the greater value of conf.all and conf.%s counts", name, name)
			finding.Mend = "ldirector realserver up --tunnel " + d.key.Addr.String() + ", or " + setSysctl("net/ipv4/conf/"+name+"/rp_filter", "2")
		case value == 2 && !four:
			finding.Problem = fmt.Sprintf("rp_filter of %s is 2 (loose) and it has no IPv4 address, without which that drops all there is", name)
			finding.Mend = fmt.Sprintf("ip address add %s/32 dev %s", d.key.Addr, name)
		default:
			continue
		}
		found = append(found, finding)
	}
	return found
}

// checkListeners finds services that nobody serves at the virtual address.
func checkListeners(n Needs, f Facts) []Finding {
	var found []Finding
	for _, d := range n.duties(&f) {
		port := d.rs.Addr.Port()
		if port == 0 {
			port = d.key.Port
		}
		if port == 0 || d.key.Protocol == ipvs.SCTP {
			continue
		}
		elsewhere, served := "", false
		for _, l := range f.Listeners {
			if l.Addr.Port() != port || l.UDP != (d.key.Protocol == ipvs.UDP) {
				continue
			}
			a := l.Addr.Addr().Unmap()
			served = served || a == d.key.Addr || a.IsUnspecified() && (a.Is6() || d.key.Addr.Is4())
			elsewhere = " (but at " + a.String() + ")"
		}
		if served || f.Listeners == nil {
			continue
		}
		found = append(found, Finding{
			Severity: Error, Check: "listener",
			Problem: fmt.Sprintf("nothing listens at %s%s", netip.AddrPortFrom(d.key.Addr, port), elsewhere),
			Breaks:  "clients of " + d.service + " are refused, although a probe of this server's own address may be good (via = \"vip\" finds it out)",
			See:     fmt.Sprintf("ss -ln '( sport = :%d )'", port),
			Mend:    "make the program listen at the virtual address, or at all addresses",
		})
	}
	return found
}
