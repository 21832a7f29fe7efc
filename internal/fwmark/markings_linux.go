package fwmark

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
)

// readMarkings returns what is marked by the rules that are loaded. Rules that
// are not ours are left out.
func readMarkings(ctx context.Context) ([]marking, error) {
	conn, err := dial(ctx)
	if err != nil {
		return nil, explain(err)
	}
	table := ourTable()
	rules, err := conn.GetRules(table, &nftables.Chain{Table: table, Name: chainMarks})
	if err != nil {
		return nil, explain(err)
	}
	var all []marking
	for _, r := range rules {
		protocols, ports, marks := lookups(r.Exprs)
		if marks == "" {
			continue
		}
		elements, err := conn.GetSetElements(&nftables.Set{Table: table, Name: marks})
		if err != nil {
			return nil, fmt.Errorf("read map %s: %w", marks, explain(err))
		}
		for _, t := range targets(elements) {
			all = append(all, marking{t.mark, markingText(protocols, ports, t.Range)})
		}
	}
	return all, nil
}

// lookups returns the names of the sets and of the map that a rule looks into.
func lookups(exprs []expr.Any) (protocols, ports, marks string) {
	for _, e := range exprs {
		l, ok := e.(*expr.Lookup)
		switch {
		case !ok:
		case strings.HasPrefix(l.SetName, prefixProtocols):
			protocols = l.SetName
		case strings.HasPrefix(l.SetName, prefixPorts):
			ports = l.SetName
		case strings.HasPrefix(l.SetName, prefixIPv4), strings.HasPrefix(l.SetName, prefixIPv6):
			marks = l.SetName
		}
	}
	return protocols, ports, marks
}

// targets returns what the elements of a map mean, which the kernel lists in any
// order.
func targets(elements []nftables.SetElement) []target {
	slices.SortFunc(elements, func(a, b nftables.SetElement) int {
		return cmp.Or(bytes.Compare(a.Key, b.Key), -cmp.Compare(rank(a), rank(b)))
	})
	var all []target
	for i, e := range elements {
		from, ok := netip.AddrFromSlice(e.Key)
		if e.IntervalEnd || !ok || len(e.Val) != 4 {
			continue
		}
		t := target{Range: Range{From: from, To: last(from)}, mark: binary.BigEndian.Uint32(e.Val)}
		if i+1 < len(elements) {
			if behind, ok := netip.AddrFromSlice(elements[i+1].Key); ok {
				t.To = behind.Prev()
			}
		}
		all = append(all, t)
	}
	return all
}

// rank orders elements with equal keys: the end of a range before the start of
// the next one.
func rank(e nftables.SetElement) int {
	if e.IntervalEnd {
		return 1
	}
	return 0
}

// last returns the last address of the family of a.
func last(a netip.Addr) netip.Addr {
	all, _ := netip.AddrFromSlice(bytes.Repeat([]byte{0xff}, a.BitLen()/8))
	return all
}
