package main

import (
	"net/netip"
	"strconv"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/internal/netif"
)

// pathSettings is what the interfaces towards real servers must let pass for
// probes through the forwarding path. The answer to such a probe comes from the
// address of the service. Where that is on this host, too, the kernel takes the
// answer for forged unless accept_local is 1 and rp_filter is not 1
// (fib_validate_source in net/ipv4/fib_frontend.c). IPv6 has no such check.
//
// A real server without a route needs nothing: its probes say so.
func pathSettings(cfg director.Config) map[string]int64 {
	settings := make(map[string]int64)
	seen := make(map[netip.Addr]bool)
	for _, v := range cfg.VirtualServers {
		if !v.Hidden || v.Keys[0].Family != ipvs.INET {
			continue
		}
		addr := v.RealServers[0].Destination.Addr.Addr()
		if seen[addr] {
			continue
		}
		seen[addr] = true
		ifname, err := netif.Toward(addr)
		if err != nil || ifname == "lo" {
			continue
		}
		settings[ifname+"/accept_local"] = 1
		if max(rpFilter("all"), rpFilter(ifname)) != 0 { // what counts is the greater one
			settings[ifname+"/rp_filter"] = 2
		}
	}
	return settings
}

// rpFilter is the sysctl of an interface, or of all; 0 if it cannot be read.
func rpFilter(ifname string) int {
	text, err := netif.ReadSysctl("net/ipv4/conf/" + ifname + "/rp_filter")
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

// hasPaths reports whether there are such probes.
func hasPaths(cfg director.Config) bool {
	for _, v := range cfg.VirtualServers {
		if v.Hidden {
			return true
		}
	}
	return false
}
