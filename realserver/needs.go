package realserver

import (
	"fmt"
	"net/netip"
	"slices"
)

const (
	loopback = "lo"
	tunnel4  = "tunl0"   // module ipip
	tunnel6  = "ip6tnl0" // module ip6_tunnel
)

// A vip is a virtual address this host serves.
type vip struct {
	Addr   netip.Addr `json:"address"`
	Tunnel bool       `json:"tunnel,omitempty"`
}

// A place is an address on a device.
type place struct {
	Device string     `json:"device"`
	Addr   netip.Addr `json:"address"`
}

// prefix is the address as this package adds it: alone, without its network.
func (p place) prefix() netip.Prefix { return netip.PrefixFrom(p.Addr, p.Addr.BitLen()) }

// find returns the prefix with which the address is among those of its device.
func (p place) find(have []Address) (netip.Prefix, bool) {
	for _, a := range have {
		if a.Prefix.Addr() == p.Addr {
			return a.Prefix, true
		}
	}
	return netip.Prefix{}, false
}

// A setting is a sysctl with the value it needs.
type setting struct {
	name, want string
	alsoGood   []string // values that do as well, and are left
}

func (s setting) accepts(value string) bool {
	return value == s.want || slices.Contains(s.alsoGood, value)
}

// needs is what a set of virtual addresses needs, in the order it is done.
type needs struct {
	tunnels   []string
	sysctls   []setting
	addresses []place
}

// needsOf returns what the addresses need together.
func needsOf(vips []vip) needs {
	var n needs
	var four, tunnelled4, tunnelled6 bool
	for _, v := range vips {
		n.addresses = append(n.addresses, place{loopback, v.Addr})
		if v.Addr.Is4() {
			four = true
			if v.Tunnel {
				tunnelled4 = true
				n.addresses = append(n.addresses, place{tunnel4, v.Addr})
			}
		} else if v.Tunnel {
			tunnelled6 = true
		}
	}
	if four {
		for _, where := range []string{"all", loopback} {
			n.sysctls = append(n.sysctls,
				// 2 is stricter still, and 8 answers nothing at all; 3 would answer.
				setting{name: "net/ipv4/conf/" + where + "/arp_ignore", want: "1", alsoGood: []string{"2", "8"}},
				setting{name: "net/ipv4/conf/" + where + "/arp_announce", want: "2"})
		}
	}
	if tunnelled4 {
		n.tunnels = append(n.tunnels, tunnel4)
		n.sysctls = append(n.sysctls, setting{name: "net/ipv4/conf/" + tunnel4 + "/rp_filter", want: "2"})
	}
	if tunnelled6 {
		n.tunnels = append(n.tunnels, tunnel6)
	}
	return n
}

// sysctl reports whether the sysctl is needed.
func (n needs) sysctl(name string) bool {
	return slices.ContainsFunc(n.sysctls, func(s setting) bool { return s.name == name })
}

// freeLabel returns the first label "DEVICE:ldN" that is not taken.
func freeLabel(device string, taken map[string]bool) string {
	for i := 0; ; i++ {
		label := fmt.Sprintf("%s:ld%d", device, i)
		if !taken[label] {
			return label
		}
	}
}
