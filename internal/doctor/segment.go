package doctor

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/ldirector/ldirector/vrrp"
)

// checkAnswers finds virtual addresses that a host has which should not.
func checkAnswers(n Needs, f Facts) []Finding {
	backends, directors := make(map[string]netip.Addr), f.advertisers()
	answers := make(map[netip.Addr][]Owner)
	servers := n.realServers()
	for _, o := range f.Owners {
		answers[o.Address] = append(answers[o.Address], o)
		if _, is := slices.BinarySearchFunc(servers, o.Address, netip.Addr.Compare); is && !directors[o.Address] {
			backends[o.MAC] = o.Address
		}
	}
	var found []Finding
	for _, addr := range slices.SortedFunc(maps.Keys(answers), netip.Addr.Compare) {
		_, virtual := n.Virtual[addr]
		own := f.has(addr)
		if !virtual && (own == nil || slices.Contains(servers, addr)) {
			continue
		}
		for _, o := range answers[addr] {
			if backend, is := backends[o.MAC]; is {
				found = append(found, Finding{
					Severity: Error, Check: "backend_answers_arp",
					Problem: fmt.Sprintf("the real server %s (%s) answers for the virtual address %s on %s", backend, o.MAC, addr, o.Device),
					Breaks:  "clients bypass the director and all land on that one server",
					See:     probeCommand(o),
					Mend:    fmt.Sprintf("on %s: ldirector realserver up %s", backend, addr),
				})
			}
		}
		if f, conflict := conflicting(addr, own, answers[addr], backends); conflict {
			found = append(found, f)
		}
	}
	return found
}

// conflicting tells of more hosts than one that have an address, but for the
// back-ends among them.
func conflicting(addr netip.Addr, own *Link, owners []Owner, backends map[string]netip.Addr) (Finding, bool) {
	var macs []string
	for _, o := range owners {
		if _, is := backends[o.MAC]; !is {
			macs = append(macs, o.MAC)
		}
	}
	slices.Sort(macs)
	macs = slices.Compact(macs)
	who := strings.Join(macs, ", ")
	switch {
	case own != nil && len(macs) > 0:
		who = "this host (" + own.Name + ") and " + who
	case len(macs) < 2:
		return Finding{}, false
	}
	return Finding{
		Severity: Error, Check: "address_conflict",
		Problem: fmt.Sprintf("%s is on more than one host: %s", addr, who),
		Breaks:  "some clients reach the wrong host, and change from one to the other",
		See:     probeCommand(owners[0]),
		Mend:    "two masters do not hear each other (look at the firewall and the switch), or another host has the address: remove it there",
	}, true
}

// probeCommand shows who answers for an address.
func probeCommand(o Owner) string {
	if o.Address.Is4() {
		return fmt.Sprintf("arping -D -c 3 -I %s %s", o.Device, o.Address)
	}
	return fmt.Sprintf("ndisc6 %s %s", o.Address, o.Device)
}

// advertisers are the addresses that advertisements came from.
func (f *Facts) advertisers() map[netip.Addr]bool {
	all := make(map[netip.Addr]bool)
	for _, h := range f.Adverts {
		all[h.Source] = true
	}
	return all
}

// checkAdverts finds other virtual routers with the VRID of one of ours, and
// members of ours that are configured in another way.
func checkAdverts(n Needs, f Facts) []Finding {
	var found []Finding
	for _, h := range f.Adverts {
		for i := range n.Routers {
			r := &n.Routers[i]
			if r.Interface != h.Device || r.VRID != h.Advert.VRID || r.IPv6 != h.Source.Is6() {
				continue
			}
			problem, severity := differs(r, &h.Advert)
			if problem == "" {
				continue
			}
			finding := Finding{
				Severity: severity, Check: "vrrp_peer",
				Problem: fmt.Sprintf("%s on %s advertises virtual_router_id %d, that of %s, %s", h.Source, h.Device, h.Advert.VRID, r.Name, problem),
				Breaks:  "neither accepts the other's advertisements: both are master",
				See:     fmt.Sprintf("tcpdump -nvi %s ip%s proto 112", h.Device, map[bool]string{true: "6"}[r.IPv6]),
				Mend:    "make the two configurations equal",
			}
			switch {
			case !overlap(r.Addresses, h.Advert.Addresses):
				finding.Check = "vrrp_duplicate_id"
				finding.Breaks = "two virtual routers disturb each other: their masters and backups mix"
				finding.Mend = "give one of them a virtual_router_id that nobody has on this segment"
			case severity == Warning:
				finding.Breaks = "keepalived before 2.3.3 refuses such advertisements, and after a failover some addresses are missing"
			}
			found = append(found, finding)
		}
	}
	return found
}

// differs says how an advertisement differs from those of a router; "" for not.
func differs(r *vrrp.Config, a *vrrp.Advertisement) (string, Severity) {
	mine, theirs := slices.Clone(r.Addresses), slices.Clone(a.Addresses)
	slices.SortFunc(mine, netip.Addr.Compare)
	slices.SortFunc(theirs, netip.Addr.Compare)
	switch {
	case !overlap(mine, theirs):
		return fmt.Sprintf("for other addresses: %s", addresses(theirs)), Error
	case a.Version != r.Version:
		return fmt.Sprintf("in version %d, where this configuration has version %d", a.Version, r.Version), Error
	case a.Version == 2 && !samePassword(r, a):
		return "with another authentication or password", Error
	case a.Version == 2 && a.Interval != r.AdvertInterval:
		return fmt.Sprintf("with advert_int %v, where this configuration has %v", a.Interval, r.AdvertInterval), Error
	case !slices.Equal(mine, theirs):
		return fmt.Sprintf("with other addresses: %s there, %s here", addresses(theirs), addresses(mine)), Warning
	}
	return "", ""
}

// samePassword compares what RFC 2338 has in the authentication data.
func samePassword(r *vrrp.Config, a *vrrp.Advertisement) bool {
	if r.Password == "" {
		return a.AuthType == vrrp.AuthNone
	}
	var want [len(a.AuthData)]byte
	copy(want[:], r.Password)
	return a.AuthType == vrrp.AuthPassword && a.AuthData == want
}

// overlap reports whether two lists have an address in common. One that is empty
// has nothing to contradict.
func overlap(a, b []netip.Addr) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(x netip.Addr) bool { return slices.Contains(b, x) })
}

func addresses(all []netip.Addr) string {
	names := make([]string, len(all))
	for i, a := range all {
		names[i] = a.String()
	}
	return listed(names)
}
