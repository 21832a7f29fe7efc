package config

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/internal/fwmark"
)

// A territory is a set of packets that a virtual server claims: by a match if
// mark is not 0, else by its address.
type territory struct {
	addrs     fwmark.Range
	ports     []fwmark.PortRange // none: all
	protocols []ipvs.Protocol
	mark      uint32
	at        *hcl.Range
}

// checkOverlaps reports packets that two marks want, and services that get no
// packet because a match gives them a mark: the kernel looks for the mark first
// (ip_vs_service_find).
func (l *loader) checkOverlaps(services []*decoded) {
	if len(l.config.Marks) == 0 {
		return
	}
	var all []territory
	for _, d := range services {
		all = append(all, d.territories()...)
	}
	slices.SortStableFunc(all, func(a, b territory) int { return a.addrs.From.Compare(b.addrs.From) })

	// Those whose addresses may reach into what comes next.
	var marks, plain []*territory
	type pair struct{ a, b *hcl.Range }
	reported := make(map[pair]bool)
	for i := range all {
		t := &all[i]
		marks, plain = reaching(marks, t), reaching(plain, t)
		rivals := marks
		if t.mark != 0 {
			rivals = slices.Concat(marks, plain)
		}
		for _, o := range rivals {
			if o.mark == t.mark || !o.meets(t) || reported[pair{o.at, t.at}] {
				continue
			}
			reported[pair{o.at, t.at}] = true
			l.reportOverlap(o, t)
		}
		if t.mark != 0 {
			marks = append(marks, t)
		} else {
			plain = append(plain, t)
		}
	}
}

// reaching returns those that do not end before t begins.
func reaching(list []*territory, t *territory) []*territory {
	return slices.DeleteFunc(list, func(o *territory) bool { return o.addrs.To.Less(t.addrs.From) })
}

// territories returns what d claims. All ports of an address are left out: a
// match takes only some of them.
func (d *decoded) territories() []territory {
	if !d.keys.ok {
		return nil
	}
	var result []territory
	if d.match != nil {
		for _, r := range d.match.rule.Addresses {
			result = append(result, territory{addrs: r, ports: d.match.rule.Ports, protocols: d.match.rule.Protocols, mark: d.keys.mark, at: &d.match.at})
		}
	}
	for i := range d.keys.ranges {
		r := &d.keys.ranges[i]
		if !slices.Contains(r.ports, fwmark.PortRange{}) {
			result = append(result, territory{addrs: r.addrs, ports: r.ports, protocols: d.keys.protocols, at: &r.at})
		}
	}
	return result
}

// meets tells whether two territories, whose addresses may meet, have packets
// in common.
func (t *territory) meets(o *territory) bool {
	if t.addrs.From.Is4() != o.addrs.From.Is4() || t.addrs.To.Less(o.addrs.From) || o.addrs.To.Less(t.addrs.From) {
		return false
	}
	if !slices.ContainsFunc(t.protocols, func(p ipvs.Protocol) bool { return slices.Contains(o.protocols, p) }) {
		return false
	}
	return len(t.ports) == 0 || len(o.ports) == 0 || slices.ContainsFunc(t.ports, func(p fwmark.PortRange) bool {
		return slices.ContainsFunc(o.ports, func(q fwmark.PortRange) bool { return p.From <= q.To && q.From <= p.To })
	})
}

// reportOverlap reports two territories with packets in common.
func (l *loader) reportOverlap(a, b *territory) {
	if a.mark == 0 {
		a, b = b, a
	}
	addr := a.addrs.From
	if addr.Less(b.addrs.From) {
		addr = b.addrs.From
	}
	if b.mark != 0 {
		l.errorAt(*b.at, "Overlapping match", "Packets to %s would get the mark %d here and %d at %s. A packet has one mark: let the addresses, ports or protocols differ.", addr, b.mark, a.mark, place(*a.at))
		return
	}
	l.errorAt(*b.at, "Service never reached", "Packets to %s get the mark %d by match at %s, and the kernel looks for a mark first: this service would never see them. Leave the address out of match, or remove it here.", addr, a.mark, place(*a.at))
}
