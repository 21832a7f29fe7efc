// Package fwmark gives packets the firewall marks by which IPVS finds a virtual
// server, so that one service of the kernel covers thousands of addresses and
// ports (keepalived's nftables_ipvs).
//
// The marks are set by a table of nftables, "inet ldirector", which is ours
// alone: what somebody else puts there is lost. Its chain prerouting sees what
// comes from the network, its chain output what programs on this host send.
// Both run at priority mangle, before IPVS looks at a packet.
//
//	table inet ldirector {
//		map ipv4_5108163307cc9dcd {
//			type ipv4_addr : mark
//			flags constant,interval
//			elements = { 192.0.2.1-192.0.2.9 : 0x00000007, 192.0.2.20 : 0x00000008 }
//		}
//		…
//		chain marks {
//			meta l4proto @protocols_tcp th dport @ports_72360ded4aae5b55 meta mark set ip daddr map @ipv4_5108163307cc9dcd accept
//		}
//		chain prerouting {
//			type filter hook prerouting priority mangle; policy accept;
//			jump marks
//		}
//		chain output {
//			type route hook output priority mangle; policy accept;
//			jump marks
//		}
//	}
//
// A packet passes one rule for each combination of protocols and ports, however
// many addresses and marks there are.
//
// New rules replace old ones in one transaction, so that a packet meets either.
// This needs care, because a packet that is on its way during a transaction
// looks at the kernel's generation of rules anew at each base chain and at each
// set. The base chains stay, or it could pass the new one too early and the old
// one too late. No set ever changes: a digest of its elements is its name. What
// is missing is added in a transaction before, and what is left over deleted in
// one after; with all in one, Linux 6.18 lets some packets look into sets that
// are still empty.
//
// A comment at each rule holds a digest of what it does, too. So a daemon that
// starts again knows without reading a single address that nothing is to do. The
// table has no owner in the kernel's sense: it outlives a crash.
package fwmark
