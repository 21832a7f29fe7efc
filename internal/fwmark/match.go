package fwmark

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/ldirector/ldirector/director/ipvs"
)

// A match is the packets of one family that get a mark. Its lists are sorted,
// without overlaps and with neighbours merged, so that equal wishes look equal.
type match struct {
	mark      uint32
	family    ipvs.Family
	protocols []ipvs.Protocol // never empty
	ports     []PortRange     // none: all
	addresses []Range
}

// matches returns the matches of rules, sorted: one for each mark, family, and
// lists of protocols and ports.
func matches(rules []Rule) []match {
	var all []match
	for _, r := range rules {
		m := match{mark: r.Mark, protocols: protocols(r.Protocols), ports: mergePorts(r.Ports)}
		for _, m.family = range []ipvs.Family{ipvs.INET, ipvs.INET6} {
			if m.addresses = ofFamily(r.Addresses, m.family); len(m.addresses) > 0 {
				all = append(all, m)
			}
		}
	}
	slices.SortStableFunc(all, match.compare)
	merged := all[:0]
	for _, m := range all {
		if n := len(merged); n > 0 && merged[n-1].compare(m) == 0 {
			merged[n-1].addresses = append(merged[n-1].addresses, m.addresses...)
			continue
		}
		merged = append(merged, m)
	}
	for i := range merged {
		merged[i].addresses = mergeRanges(merged[i].addresses)
	}
	return merged
}

// compare orders by everything but the addresses.
func (m match) compare(o match) int {
	return cmp.Or(
		cmp.Compare(m.mark, o.mark),
		cmp.Compare(m.family, o.family),
		slices.Compare(m.protocols, o.protocols),
		slices.CompareFunc(m.ports, o.ports, func(a, b PortRange) int {
			return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
		}),
	)
}

// protocols returns the protocols of a rule, sorted.
func protocols(of []ipvs.Protocol) []ipvs.Protocol {
	if len(of) == 0 {
		of = []ipvs.Protocol{ipvs.TCP, ipvs.UDP, ipvs.SCTP}
	}
	return slices.Compact(slices.Sorted(slices.Values(of)))
}

// ofFamily returns the ranges of a family, IPv4-mapped ones as IPv4.
func ofFamily(ranges []Range, f ipvs.Family) []Range {
	var found []Range
	for _, r := range ranges {
		if r = r.unmap(); r.From.Is4() == (f == ipvs.INET) {
			found = append(found, r)
		}
	}
	return found
}

func (r Range) unmap() Range {
	return Range{From: r.From.Unmap(), To: r.To.Unmap()}
}

// mergeRanges sorts ranges of one family and joins those that overlap or touch:
// the kernel refuses overlaps. It changes its argument.
func mergeRanges(ranges []Range) []Range {
	slices.SortFunc(ranges, func(a, b Range) int { return a.From.Compare(b.From) })
	merged := ranges[:0]
	for _, r := range ranges {
		if n := len(merged); n > 0 && !after(r.From, merged[n-1].To) {
			if merged[n-1].To.Less(r.To) {
				merged[n-1].To = r.To
			}
			continue
		}
		merged = append(merged, r)
	}
	return merged
}

// after reports whether there is an address between last and from.
func after(from, last netip.Addr) bool {
	next := last.Next()
	return next.IsValid() && next.Less(from)
}

// mergePorts returns the port ranges sorted and joined; none if they are all
// ports there are.
func mergePorts(ports []PortRange) []PortRange {
	var merged []PortRange
	for _, p := range slices.SortedFunc(slices.Values(ports), func(a, b PortRange) int { return cmp.Compare(a.From, b.From) }) {
		if n := len(merged); n > 0 && int(p.From) <= int(merged[n-1].To)+1 {
			merged[n-1].To = max(merged[n-1].To, p.To)
			continue
		}
		merged = append(merged, p)
	}
	if len(merged) == 1 && merged[0] == (PortRange{From: 0, To: 65535}) {
		return nil
	}
	return merged
}
