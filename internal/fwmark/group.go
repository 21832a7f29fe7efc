package fwmark

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"strings"

	"github.com/ldirector/ldirector/director/ipvs"
)

// A group is what one rule of nftables does: all matches of one family that
// agree in protocols and ports, whatever their marks. So the number of rules
// that a packet passes does not grow with the number of marks.
type group struct {
	family    ipvs.Family
	protocols []ipvs.Protocol
	ports     []PortRange
	targets   []target // by address, without overlaps
}

// A target is the mark for some addresses.
type target struct {
	Range
	mark uint32
}

// groups returns the groups of matches, sorted. Matches of valid rules do not
// overlap within a group.
func groups(of []match) []group {
	of = slices.Clone(of)
	slices.SortStableFunc(of, match.compareButMark)
	var all []group
	for i, m := range of {
		if i == 0 || of[i-1].compareButMark(m) != 0 {
			all = append(all, group{family: m.family, protocols: m.protocols, ports: m.ports})
		}
		g := &all[len(all)-1]
		for _, r := range m.addresses {
			g.targets = append(g.targets, target{Range: r, mark: m.mark})
		}
	}
	for _, g := range all {
		slices.SortFunc(g.targets, func(a, b target) int { return a.From.Compare(b.From) })
	}
	return all
}

func (m match) compareButMark(o match) int {
	m.mark, o.mark = 0, 0
	return m.compare(o)
}

// layout is the version of the way in which groups become rules of nftables.
// Another number makes the next start load everything anew.
const layout = 1

// comment is that of the group's rule. It differs if the loaded rule would.
func (g group) comment() string {
	h := sha256.New()
	fmt.Fprintf(h, "%d %d %d %v\n", layout, g.family, g.protocols, g.ports)
	for _, t := range g.targets {
		fmt.Fprintf(h, "%s %d\n", t.Range, t.mark)
	}
	return "ldirector " + digest(h)
}

// digest returns enough of a hash to tell contents apart.
func digest(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)[:8]) }

// protocolName names the set of some protocols, "protocols_tcp_udp".
func protocolName(of []ipvs.Protocol) string {
	names := make([]string, 0, len(of))
	for _, p := range of {
		names = append(names, strings.ToLower(p.String()))
	}
	return prefixProtocols + strings.Join(names, "_")
}

// portName names the set of some ports; "" if it is all of them.
func portName(of []PortRange) string {
	if len(of) == 0 {
		return ""
	}
	h := sha256.New()
	fmt.Fprintln(h, of)
	return prefixPorts + digest(h)
}

// Prefixes of names that tell what a set is for.
const (
	prefixProtocols = "protocols_"
	prefixPorts     = "ports_"
)

// A marking is some addresses with their mark, in words that agree between what
// is loaded and what is wanted.
type marking struct {
	mark uint32
	what string
}

// markings returns the markings of a group.
func (g group) markings() []marking {
	all := make([]marking, 0, len(g.targets))
	for _, t := range g.targets {
		all = append(all, marking{t.mark, markingText(protocolName(g.protocols), portName(g.ports), t.Range)})
	}
	return all
}

// markingText describes a marking by the names of the sets of protocols and of
// ports, which tell their contents.
func markingText(protocols, ports string, r Range) string {
	return fmt.Sprintf("%s %s %s", r, protocols, ports)
}

// byMark returns the texts of markings by mark, sorted.
func byMark(of []marking) map[uint32][]string {
	marks := make(map[uint32][]string)
	slices.SortFunc(of, func(a, b marking) int { return cmp.Or(cmp.Compare(a.mark, b.mark), cmp.Compare(a.what, b.what)) })
	for _, m := range of {
		marks[m.mark] = append(marks[m.mark], m.what)
	}
	return marks
}
