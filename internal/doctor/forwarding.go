package doctor

import (
	"fmt"
	"net/netip"

	"github.com/ldirector/ldirector/director/ipvs"
)

// checkAddresses finds services whose address nobody brings to this host.
func checkAddresses(n Needs, f Facts) []Finding {
	var found []Finding
	for _, s := range n.Services {
		for _, addr := range s.addresses() {
			if _, virtual := n.Virtual[addr]; virtual || f.has(addr) != nil {
				continue
			}
			found = append(found, Finding{
				Severity: Error, Check: "service_address",
				Problem: fmt.Sprintf("%s of %s is neither on this host nor among the addresses of a vrrp_instance", addr, s.Name),
				Breaks:  "clients' packets do not come to this director, unless something else adds the address or a local route",
				See:     fmt.Sprintf("ip route get %s; ip address show to %s", addr, addr),
				Mend:    "add it to virtual_ipaddress of a vrrp_instance, or to an interface of this host",
			})
		}
	}
	return found
}

// checkRoutes finds real servers that packets cannot reach.
func checkRoutes(n Needs, f Facts) []Finding {
	var found []Finding
	seen := make(map[netip.Addr]bool)
	for _, s := range n.Services {
		for _, rs := range s.RealServers {
			addr := rs.Addr.Addr()
			route, known := f.Routes[addr]
			if !known || seen[addr] {
				continue
			}
			finding := Finding{Severity: Error, See: fmt.Sprintf("ip route get %s", addr)}
			switch {
			case route.Device == "":
				finding.Check = "route"
				finding.Problem = fmt.Sprintf("there is no route to the real server %s (%s)", addr, s.Name)
				finding.Breaks = "neither probes nor packets of clients reach it"
				finding.Mend = "set its interface up, or add the route"
			case rs.Forward == ipvs.DR && route.Gateway.IsValid():
				finding.Check = "dr_segment"
				finding.Problem = fmt.Sprintf("the real server %s (%s) is behind the router %s, and lb_kind is DR", addr, s.Name, route.Gateway)
				finding.Breaks = "the router gets packets that are still addressed to the virtual address, and sends them back here or drops them"
				finding.Mend = "put director and real server on one segment, or use lb_kind = \"TUN\""
			default:
				continue
			}
			seen[addr] = true
			found = append(found, finding)
		}
	}
	return found
}

// checkForwarding finds a host that does not forward the answers of NAT.
func checkForwarding(n Needs, f Facts) []Finding {
	var found []Finding
	for _, family := range []struct {
		name string
		four bool
	}{{"net/ipv4/ip_forward", true}, {"net/ipv6/conf/all/forwarding", false}} {
		names := n.named(func(s Service) bool {
			return s.forwards(ipvs.NAT, func(rs RealServer) bool {
				return rs.Addr.Addr().Is4() == family.four && !f.Routes[rs.Addr.Addr()].Local
			})
		})
		if value, ok := f.number(family.name); len(names) == 0 || !ok || value != 0 {
			continue
		}
		found = append(found, Finding{
			Severity: Error, Check: "ip_forward",
			Problem: dotted(family.name) + " is 0",
			Breaks:  "answers of the real servers of NAT services (" + listed(names) + ") end at this host, and clients wait in vain",
			See:     "sysctl " + dotted(family.name),
			Mend:    setSysctl(family.name, "1"),
		})
	}
	return found
}

// overhead is by how many bytes a tunnel makes packets longer: the outer header,
// and that of the encapsulation (ip_vs_xmit.c, ip_vs_tunnel_xmit_prepare).
func overhead(rs RealServer) int {
	outer := 20
	if rs.Addr.Addr().Is6() {
		outer = 40
	}
	switch rs.Tunnel.Type {
	case ipvs.GUE:
		outer += 8 + 4 // UDP and GUE
		if rs.Tunnel.Checksum == ipvs.RemoteChecksum {
			outer += 4 + 4
		}
	case ipvs.GRE:
		outer += 4
		if rs.Tunnel.Checksum != ipvs.NoChecksum {
			outer += 4
		}
	case ipvs.IPIP:
	}
	return outer
}

// checkMTU finds tunnels that full packets of clients do not fit into.
func checkMTU(n Needs, f Facts) []Finding {
	var found []Finding
	seen := make(map[string]bool)
	for _, s := range n.Services {
		full := f.clientMTU(n, s)
		for _, rs := range s.RealServers {
			route := f.Routes[rs.Addr.Addr()]
			mtu := route.MTU
			if l := f.link(route.Device); l != nil && (mtu == 0 || l.MTU < mtu) {
				mtu = l.MTU
			}
			need := full + overhead(rs)
			if rs.Forward != ipvs.Tunnel || mtu == 0 || route.Local || mtu >= need || seen[route.Device] {
				continue
			}
			seen[route.Device] = true
			found = append(found, Finding{
				Severity: Warning, Check: "tunnel_mtu",
				Problem: fmt.Sprintf("the way to the real server %s (%s) by %s has an MTU of %d, and clients' packets of %d bytes need %d in the tunnel", rs.Addr.Addr(), s.Name, route.Device, mtu, full, need),
				Breaks:  "uploads hang for clients that do not get this director's ICMP messages (fragmentation needed, packet too big)",
				See:     fmt.Sprintf("ping -M do -s %d %s", need-28, rs.Addr.Addr()),
				Mend:    fmt.Sprintf("an MTU of %d on %s, on the switches and on the back-ends; or on the back-ends a smaller segment size: ip route change default via GATEWAY advmss %d", need, route.Device, mtu-overhead(rs)-40),
			})
		}
	}
	return found
}

// clientMTU is the size of the packets that clients of a service may send: the MTU
// of the interface with its address, 1500 if that is not known.
func (f *Facts) clientMTU(n Needs, s Service) int {
	for _, addr := range s.addresses() {
		l := f.has(addr)
		if device, ok := n.Virtual[addr]; ok && l == nil {
			l = f.link(device)
		}
		if l != nil && l.Name != "lo" {
			return l.MTU
		}
	}
	return 1500
}

// checkBridges finds bridges whose frames pass through the host's firewall and
// IPVS as if they were routed.
func checkBridges(n Needs, f Facts) []Finding {
	var found []Finding
	for _, family := range []struct {
		name string
		four bool
	}{{"net/bridge/bridge-nf-call-iptables", true}, {"net/bridge/bridge-nf-call-ip6tables", false}} {
		if value, _ := f.number(family.name); value == 0 {
			continue
		}
		for _, addr := range n.realServers() {
			l := f.link(f.Routes[addr].Device)
			if l == nil || !l.Bridge || addr.Is4() != family.four {
				continue
			}
			found = append(found, Finding{
				Severity: Warning, Check: "bridge_nf_call",
				Problem: fmt.Sprintf("%s is 1, and the real server %s is behind the bridge %s", dotted(family.name), addr, l.Name),
				Breaks:  "what guests on the bridge say to each other passes through this host's firewall and IPVS; answers of real servers there may be dropped or translated twice",
				See:     "sysctl " + dotted(family.name),
				Mend:    setSysctl(family.name, "0") + "; programs for containers may set it again",
			})
			break
		}
	}
	return found
}
