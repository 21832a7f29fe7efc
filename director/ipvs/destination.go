package ipvs

import (
	"fmt"
	"net/netip"
	"strings"
)

// A Destination is a real server of a virtual server. It is identified by Addr.
type Destination struct {
	Addr    netip.AddrPort // IPv4 or IPv6, also other than the service's with Tunnel
	Forward Forward
	Weight  uint32 // 0: no new connections; at most 2³¹-1
	// Tunnel is how packets are wrapped; it has no meaning but with Forward Tunnel.
	Tunnel Encapsulation
	// UpperThreshold is the number of connections at which the kernel gives the
	// server no more (uthreshold); it goes on when there are fewer than
	// LowerThreshold, or if that is 0, than three quarters of UpperThreshold
	// (lthreshold; ip_vs_dest_totalconns, ip_vs_sched.c). 0: no limit.
	UpperThreshold, LowerThreshold uint32
}

// canonical returns the form of d that [Client.Services] returns.
func (d Destination) canonical() Destination {
	d.Addr = canonicalAddr(d.Addr)
	d.Tunnel = d.Tunnel.canonical(d.Forward)
	return d
}

// isCanonical reports whether d is equal to its canonical form, at less cost.
func (d *Destination) isCanonical() bool {
	a := d.Addr.Addr()
	return !a.Is4In6() && a.Zone() == "" && (d.Tunnel == Encapsulation{} || d.Tunnel == d.Tunnel.canonical(d.Forward))
}

func canonicalAddr(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// String returns address, forwarding method and weight, "192.0.2.10:80 DR 1",
// and the rest, if there is any, in the configuration's words:
// "192.0.2.10:80 TUN 1 tun_type gue tun_port 6080 uthreshold 100".
func (d Destination) String() string {
	d = d.canonical()
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %d", d.Addr, d.Forward, d.Weight)
	if d.Tunnel != (Encapsulation{}) {
		b.WriteString(" " + d.Tunnel.String())
	}
	if d.UpperThreshold != 0 {
		fmt.Fprintf(&b, " uthreshold %d", d.UpperThreshold)
	}
	if d.LowerThreshold != 0 {
		fmt.Fprintf(&b, " lthreshold %d", d.LowerThreshold)
	}
	return b.String()
}
