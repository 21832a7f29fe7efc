package fwmark

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/google/nftables"

	"github.com/ldirector/ldirector/director/ipvs"
)

// A set is a set of nftables. Its name tells what is in it, and the kernel
// refuses changes while a rule uses it; so a set with the right name has the
// right elements.
type set struct {
	name     string
	keys     nftables.SetDatatype
	interval bool // elements are the two ends of ranges
	elements []nftables.SetElement
}

// sets returns the sets of the matches by name.
func sets(want []match) map[string]set {
	all := make(map[string]set)
	for _, m := range want {
		of := []set{addressSet(m), protocolSet(m.protocols)}
		if len(m.ports) > 0 {
			of = append(of, portSet(m.ports))
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

// newSet returns a set of ranges, named by the prefix and a digest of them.
func newSet(prefix string, keys nftables.SetDatatype, elements []nftables.SetElement) set {
	h := sha256.New()
	for _, e := range elements {
		h.Write(e.Key)
		if e.IntervalEnd {
			h.Write([]byte("end"))
		}
	}
	name := prefix + "_" + hex.EncodeToString(h.Sum(nil)[:digestBytes])
	return set{name: name, keys: keys, interval: true, elements: elements}
}

func addressSet(m match) set {
	elements := make([]nftables.SetElement, 0, 2*len(m.addresses))
	for _, r := range m.addresses {
		elements = appendRange(elements, r.From.AsSlice(), next(r.To))
	}
	if m.family == ipvs.INET6 {
		return newSet("ipv6", nftables.TypeIP6Addr, elements)
	}
	return newSet("ipv4", nftables.TypeIPAddr, elements)
}

func protocolSet(of []ipvs.Protocol) set {
	s := set{name: "protocols", keys: nftables.TypeInetProto}
	for _, p := range of {
		s.name += "_" + strings.ToLower(p.String())
		s.elements = append(s.elements, nftables.SetElement{Key: []byte{byte(p)}})
	}
	return s
}

func portSet(of []PortRange) set {
	var elements []nftables.SetElement
	for _, r := range of {
		var behind []byte
		if r.To < 65535 {
			behind = binary.BigEndian.AppendUint16(nil, r.To+1)
		}
		elements = appendRange(elements, binary.BigEndian.AppendUint16(nil, r.From), behind)
	}
	return newSet("ports", nftables.TypeInetService, elements)
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
