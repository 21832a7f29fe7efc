package doctor

import (
	"slices"

	"github.com/ldirector/ldirector/director/ipvs"
)

// inConfiguration says how to set a sysctl of IPVS.
func inConfiguration(name string) string {
	return "ipvs { sysctl = { " + name + " = 1 } } in the configuration"
}

// checkNodest finds that clients of a server which was taken out are not told.
// Packets of their connections are dropped until these time out; each packet of
// a UDP client that keeps its port makes the connection last longer
// (net/netfilter/ipvs/ip_vs_core.c, ip_vs_in_hook).
func checkNodest(n Needs, f Facts) []Finding {
	value, ok := n.sysctl(&f, "expire_nodest_conn")
	if !ok || value != 0 {
		return nil
	}
	removes := func(s Service) bool {
		return !s.OnePacket && slices.ContainsFunc(s.RealServers, func(rs RealServer) bool { return !rs.Inhibit })
	}
	udp := n.named(func(s Service) bool {
		return removes(s) && slices.ContainsFunc(s.Keys, func(k ipvs.Key) bool { return k.Protocol == ipvs.UDP })
	})
	persistent := n.named(func(s Service) bool { return removes(s) && s.Persistent })
	finding := Finding{
		Severity: Warning, Check: "expire_nodest_conn",
		Problem: "net.ipv4.vs.expire_nodest_conn is 0",
		See:     "sysctl net.ipv4.vs.expire_nodest_conn",
		Mend:    inConfiguration("expire_nodest_conn"),
	}
	switch {
	case len(udp) > 0:
		finding.Breaks = "when a real server fails, UDP clients that keep their port (resolvers, SIP, RADIUS) get no answer until the kernel forgets them, udp_timeout (5m) later: " + listed(udp)
	case len(persistent) > 0:
		finding.Breaks = "when a real server fails, connections to it hang until they time out, in place of a new one to the server that the client is moved to: " + listed(persistent)
	default:
		return nil
	}
	return []Finding{finding}
}

// checkQuiescent finds that persistent clients are sent to a server with weight
// 0 (ip_vs_conn.c, ip_vs_check_template).
func checkQuiescent(n Needs, f Facts) []Finding {
	value, ok := n.sysctl(&f, "expire_quiescent_template")
	if !ok || value != 0 {
		return nil
	}
	finding := Finding{
		Check:   "expire_quiescent_template",
		Problem: "net.ipv4.vs.expire_quiescent_template is 0",
		See:     "sysctl net.ipv4.vs.expire_quiescent_template",
		Mend:    inConfiguration("expire_quiescent_template"),
	}
	inhibited := n.named(func(s Service) bool {
		return s.Persistent && slices.ContainsFunc(s.RealServers, func(rs RealServer) bool { return rs.Inhibit })
	})
	persistent := n.named(func(s Service) bool { return s.Persistent })
	switch {
	case len(inhibited) > 0:
		finding.Severity = Error
		finding.Breaks = "with inhibit_on_failure, clients that are remembered are sent to a failed real server until persistence_timeout has passed: " + listed(inhibited)
	case len(persistent) > 0:
		finding.Severity = Warning
		finding.Breaks = "clients that are remembered go on to a real server with weight 0, so that draining it takes as long as they come back: " + listed(persistent)
	default:
		return nil
	}
	return []Finding{finding}
}

// checkConntrack finds NAT rules that do not see the packets of IPVS: without
// net.ipv4.vs.conntrack it hides them from connection tracking (ip_vs_xmit.c,
// ip_vs_notrack).
func checkConntrack(n Needs, f Facts) []Finding {
	value, ok := n.sysctl(&f, "conntrack")
	nat := n.named(func(s Service) bool { return s.forwards(ipvs.NAT, nil) })
	if !ok || value != 0 || len(nat) == 0 {
		return nil
	}
	for _, c := range f.Chains {
		if c.Hook != "postrouting" {
			continue
		}
		for _, r := range c.Rules {
			if !r.SourceNAT {
				continue
			}
			return []Finding{{
				Severity: Warning, Check: "conntrack",
				Problem: "net.ipv4.vs.conntrack is 0, and " + c.name() + " translates sources: " + r.Text,
				Breaks:  "that rule does not see packets of NAT services (" + listed(nat) + "); if their real servers depend on it to answer through this director, they do not",
				See:     "sysctl net.ipv4.vs.conntrack",
				Mend:    inConfiguration("conntrack") + "; it costs some speed",
			}}
		}
	}
	return nil
}
