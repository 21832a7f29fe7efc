package doctor

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/ldirector/ldirector/director/ipvs"
)

// blame says what drops a packet.
func blame(c *Chain, r *Rule) string {
	if r == nil {
		return "the policy of " + c.name()
	}
	return "\"" + r.Text + "\" in " + c.name()
}

// checkAdvertFilter finds firewalls that drop advertisements.
func checkAdvertFilter(n Needs, f Facts) []Finding {
	var found []Finding
	for _, r := range n.Routers {
		group := r.Group
		if !group.IsValid() {
			group = netip.MustParseAddr("224.0.0.18")
			if r.IPv6 {
				group = netip.MustParseAddr("ff02::12")
			}
		}
		in := packet{hook: "input", ip6: r.IPv6, fields: map[Field]string{
			IPProtocol: "vrrp", InDevice: r.Interface, Destination: group.String(), State: "new", PacketType: "multicast",
		}}
		out := packet{hook: "output", ip6: r.IPv6, fields: map[Field]string{
			IPProtocol: "vrrp", Destination: group.String(), State: "new",
		}}
		if len(r.Peers) > 0 {
			in.fields[Source], in.fields[PacketType] = r.Peers[0].Addr.String(), "unicast"
			delete(in.fields, Destination)
			out.fields[Destination] = r.Peers[0].Addr.String()
		}
		accept := "protocol vrrp accept"
		if r.IPv6 {
			accept = "nexthdr vrrp accept"
		}
		for _, p := range []packet{in, out} {
			c, rule := dropped(f.Chains, p)
			if c == nil {
				continue
			}
			finding := Finding{
				Severity: Error, Check: "vrrp_firewall",
				Problem: fmt.Sprintf("%s drops the advertisements (IP protocol 112) of %s", blame(c, rule), r.Name),
				Breaks:  "this director does not hear the other one: both become master",
				See:     c.see(),
				Mend:    "nft insert rule " + c.Family + " " + c.Table + " " + c.Name + " ip" + map[bool]string{true: "6"}[r.IPv6] + " " + accept,
			}
			if p.hook == "output" {
				finding.Breaks = "the other director does not hear this one: both become master"
			}
			if c.Program == "iptables" {
				finding.Mend = strings.Fields(c.see())[0] + " -I " + c.Name + " -p vrrp -j ACCEPT"
			}
			found = append(found, finding)
		}
	}
	return found
}

// checkServiceFilter finds firewalls that drop clients' packets: IPVS takes them
// after the chains at the hook input with usual priorities.
func checkServiceFilter(n Needs, f Facts) []Finding {
	var found []Finding
	for _, s := range n.Services {
		for _, k := range s.Keys {
			if k.FWMark != 0 {
				continue
			}
			p := packet{hook: "input", ip6: k.Addr.Is6(), fields: map[Field]string{
				IPProtocol: strconv.Itoa(int(k.Protocol)), Destination: k.Addr.String(), State: "new", PacketType: "unicast",
			}}
			if k.Port != 0 {
				p.fields[Port] = strconv.Itoa(int(k.Port))
			}
			c, rule := dropped(before(f.Chains, localIn), p)
			if c == nil {
				continue
			}
			found = append(found, Finding{
				Severity: Error, Check: "service_firewall",
				Problem: fmt.Sprintf("%s drops what clients send to %s (%s)", blame(c, rule), k, s.Name),
				Breaks:  "no client reaches the service: IPVS gets packets after the firewall's input chain",
				See:     c.see(),
				Mend:    fmt.Sprintf("accept destination %s port %d in that chain", k.Addr, k.Port),
			})
			break // the other keys' packets meet the same rule
		}
	}
	return found
}

// Priorities of IPVS at its hooks (net/netfilter/ipvs/ip_vs_core.c, ip_vs_ops).
const (
	localIn = 98
	forward = 99
)

// before returns the chains without those that the kernel comes to after IPVS.
func before(chains []Chain, priority int) []Chain {
	var all []Chain
	for _, c := range chains {
		if c.Hook == "" || c.Priority < priority {
			all = append(all, c)
		}
	}
	return all
}

// checkAnswerFilter finds firewalls that drop the answers of NAT's real servers.
// Without net.ipv4.vs.conntrack connection tracking does not know their
// connections and calls them invalid.
func checkAnswerFilter(n Needs, f Facts) []Finding {
	state := "established"
	if value, ok := n.sysctl(&f, "conntrack"); ok && value == 0 {
		state = "invalid"
	}
	var found []Finding
	for _, s := range n.Services {
		for _, rs := range s.RealServers {
			route := f.Routes[rs.Addr.Addr()]
			if rs.Forward != ipvs.NAT || route.Local || s.Keys[0].FWMark != 0 || s.Keys[0].Protocol != ipvs.TCP {
				continue
			}
			p := packet{hook: "forward", ip6: rs.Addr.Addr().Is6(), fields: map[Field]string{
				IPProtocol: "tcp", Source: rs.Addr.Addr().String(), State: state, PacketType: "unicast",
			}}
			if route.Device != "" {
				p.fields[InDevice] = route.Device
			}
			if port := rs.Addr.Port(); port != 0 {
				p.fields[SourcePort] = strconv.Itoa(int(port))
			}
			c, rule := dropped(before(f.Chains, forward), p)
			if c == nil {
				continue
			}
			finding := Finding{
				Severity: Error, Check: "answer_firewall",
				Problem: fmt.Sprintf("%s drops the answers of the real server %s (%s)", blame(c, rule), rs.Addr, s.Name),
				Breaks:  "clients of the NAT service get no answer",
				See:     c.see(),
				Mend:    fmt.Sprintf("accept source %s in that chain", rs.Addr.Addr()),
			}
			if state == "invalid" {
				finding.Mend += ", or let connection tracking know these connections: " + inConfiguration("conntrack")
			}
			found = append(found, finding)
			break
		}
	}
	return found
}
