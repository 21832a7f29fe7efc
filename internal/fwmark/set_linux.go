package fwmark

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/google/nftables"

	"github.com/ldirector/ldirector/director/ipvs"
)

// A set is a set or a map of nftables. Its name tells what is in it, and the
// kernel refuses changes while a rule uses it; so a set with the right name has
// the right elements.
type set struct {
	name     string
	keys     nftables.SetDatatype
	interval bool // elements are the two ends of ranges
	marks    bool // a map to marks
	elements []nftables.SetElement
}

// sets returns the sets of the groups by name.
func sets(want []group) map[string]set {
	all := make(map[string]set)
	for _, g := range want {
		of := []set{markMap(g), protocolSet(g.protocols)}
		if len(g.ports) > 0 {
			of = append(of, portSet(g.ports))
		}
		for _, s := range of {
			all[s.name] = s
		}
	}
	return all
}

// missing returns the sets that are wanted and not there, ordered by name.
func missing(want map[string]set, have []string) []set {
	want = maps.Clone(want)
	for _, name := range have {
		delete(want, name)
	}
	absent := make([]set, 0, len(want))
	for _, name := range slices.Sorted(maps.Keys(want)) {
		absent = append(absent, want[name])
	}
	return absent
}

// Prefixes of the names of maps from addresses to marks.
const (
	prefixIPv4 = "ipv4_"
	prefixIPv6 = "ipv6_"
)

func markMap(g group) set {
	s := set{name: prefixIPv4, keys: nftables.TypeIPAddr, interval: true, marks: true}
	if g.family == ipvs.INET6 {
		s.name, s.keys = prefixIPv6, nftables.TypeIP6Addr
	}
	h := sha256.New()
	for _, t := range g.targets {
		fmt.Fprintf(h, "%s %d\n", t.Range, t.mark)
		n := len(s.elements)
		s.elements = appendRange(s.elements, t.From.AsSlice(), next(t.To))
		s.elements[n].Val = binary.BigEndian.AppendUint32(nil, t.mark)
	}
	s.name += digest(h)
	return s
}

func protocolSet(of []ipvs.Protocol) set {
	s := set{name: protocolName(of), keys: nftables.TypeInetProto}
	for _, p := range of {
		s.elements = append(s.elements, nftables.SetElement{Key: []byte{byte(p)}})
	}
	return s
}

func portSet(of []PortRange) set {
	s := set{name: portName(of), keys: nftables.TypeInetService, interval: true}
	for _, r := range of {
		var behind []byte
		if r.To < 65535 {
			behind = binary.BigEndian.AppendUint16(nil, r.To+1)
		}
		s.elements = appendRange(s.elements, binary.BigEndian.AppendUint16(nil, r.From), behind)
	}
	return s
}

// appendRange appends the two elements of an interval: its first key and the
// one behind its last. An interval to the very end has no second one.
func appendRange(elements []nftables.SetElement, first, behind []byte) []nftables.SetElement {
	elements = append(elements, nftables.SetElement{Key: first})
	if behind != nil {
		elements = append(elements, nftables.SetElement{Key: behind, IntervalEnd: true})
	}
	return elements
}

// next returns the address after a, nil if a is the last one.
func next(a netip.Addr) []byte {
	if n := a.Next(); n.IsValid() {
		return n.AsSlice()
	}
	return nil
}
