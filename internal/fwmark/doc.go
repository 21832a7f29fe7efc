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
//		set ipv4_37d94bbe931aa8a2 {
//			type ipv4_addr
//			flags constant,interval
//			elements = { 192.0.2.1-192.0.2.9 }
//		}
//		…
//		chain marks {
//			ip daddr @ipv4_37d94bbe931aa8a2 meta l4proto @protocols_tcp th dport @ports_b085323a3867536c meta mark set 0x00000007 accept
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
// New rules replace old ones in one transaction, so that a packet meets either.
// This needs care, because a packet that is on its way during a transaction
// looks at the kernel's generation of rules anew at each base chain and at each
// set. The base chains stay, or it could pass the new one too early and the old
// one too late. No set ever changes: a digest of its elements is its name, and
// what is missing is added beforehand, in a transaction of its own; with both in
// one, Linux 6.18 lets some packets look into sets that are still empty.
//
// A comment at each rule holds a digest of what it matches, too. So a daemon
// that starts again knows without reading a single address that nothing is to
// do. The table has no owner in the kernel's sense: it outlives a crash.
package fwmark
