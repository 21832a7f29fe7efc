package fwmark

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ldirector/ldirector/director/ipvs"
)

func TestMatchesAreCanonical(t *testing.T) {
	tests := []struct {
		name  string
		rules []Rule
		want  []string
	}{
		{
			"families apart, neighbours and overlaps joined",
			[]Rule{{Mark: 7, Addresses: spans("192.0.2.9", "2001:db8::1", "192.0.2.1-192.0.2.8", "192.0.2.3-192.0.2.4", "192.0.2.11", "2001:db8::2")}},
			[]string{"7 INET [TCP UDP SCTP] [] [192.0.2.1-192.0.2.9 192.0.2.11]", "7 INET6 [TCP UDP SCTP] [] [2001:db8::1-2001:db8::2]"},
		},
		{
			"equal ports and protocols in one",
			[]Rule{
				{Mark: 7, Addresses: spans("192.0.2.2"), Ports: []PortRange{{80, 81}}, Protocols: []ipvs.Protocol{ipvs.UDP, ipvs.TCP}},
				{Mark: 7, Addresses: spans("192.0.2.1"), Ports: []PortRange{{81, 81}, {80, 80}}, Protocols: []ipvs.Protocol{ipvs.TCP, ipvs.UDP, ipvs.TCP}},
				{Mark: 7, Addresses: spans("192.0.2.1"), Ports: []PortRange{{80, 80}, {82, 82}}, Protocols: []ipvs.Protocol{ipvs.TCP}},
			},
			[]string{"7 INET [TCP] [80 82] [192.0.2.1]", "7 INET [TCP UDP] [80-81] [192.0.2.1-192.0.2.2]"},
		},
		{
			"all ports, the last address, a mapped address",
			[]Rule{{Mark: 1, Addresses: spans("255.255.255.255", "255.255.255.0-255.255.255.255", "::ffff:192.0.2.1"), Ports: []PortRange{{1, 65535}, {0, 0}}}},
			[]string{"1 INET [TCP UDP SCTP] [] [192.0.2.1 255.255.255.0-255.255.255.255]"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, m := range matches(tt.rules) {
				family := map[ipvs.Family]string{ipvs.INET: "INET", ipvs.INET6: "INET6"}[m.family]
				got = append(got, fmt.Sprintf("%d %s %v %v %v", m.mark, family, m.protocols, m.ports, m.addresses))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			backwards := slices.Clone(tt.rules)
			slices.Reverse(backwards)
			if diff := cmp.Diff(stateOf(groups(matches(tt.rules))), stateOf(groups(matches(backwards)))); diff != "" {
				t.Errorf("the order of the rules matters (-forwards +backwards)\n%s", diff)
			}
		})
	}
}

func TestMatchesDoNotChangeTheRules(t *testing.T) {
	rules, same := web(), web()
	matches(rules)
	if err := Validate(rules); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(same, rules, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("(-before +after)\n%s", diff)
	}
}

// Merged ranges are the same addresses, in order and apart.
func TestMergingRangesKeepsTheAddresses(t *testing.T) {
	addr := func(last byte) netip.Addr { return netip.AddrFrom4([4]byte{255, 255, 255, last}) }
	rapid.Check(t, func(t *rapid.T) {
		var ranges []Range
		want := make(map[netip.Addr]bool)
		for range rapid.IntRange(1, 12).Draw(t, "ranges") {
			from := rapid.Byte().Draw(t, "from")
			to := byte(min(255, int(from)+rapid.IntRange(0, 30).Draw(t, "more")))
			ranges = append(ranges, Range{addr(from), addr(to)})
			for a := int(from); a <= int(to); a++ {
				want[addr(byte(a))] = true
			}
		}
		merged := mergeRanges(ranges)
		got := make(map[netip.Addr]bool)
		for i, r := range merged {
			if i > 0 && !merged[i-1].To.Next().Less(r.From) {
				t.Fatalf("%v and %v touch", merged[i-1], r)
			}
			for a := r.From; a.IsValid() && !r.To.Less(a); a = a.Next() {
				got[a] = true
			}
		}
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
			t.Fatalf("(-want +got)\n%s", diff)
		}
	})
}

func TestCommentsTellGroupsApart(t *testing.T) {
	base := group{
		family: ipvs.INET, protocols: []ipvs.Protocol{ipvs.TCP}, ports: []PortRange{{80, 80}},
		targets: []target{{span("192.0.2.1"), 7}, {span("192.0.2.3"), 7}},
	}
	others := make(map[string]group)
	for name, change := range map[string]func(*group){
		"base":      func(*group) {},
		"mark":      func(g *group) { g.targets = []target{{span("192.0.2.1"), 7}, {span("192.0.2.3"), 8}} },
		"protocols": func(g *group) { g.protocols = []ipvs.Protocol{ipvs.UDP} },
		"ports":     func(g *group) { g.ports = nil },
		"addresses": func(g *group) { g.targets = []target{{span("192.0.2.1-192.0.2.3"), 7}} },
		"fewer":     func(g *group) { g.targets = g.targets[:1] },
	} {
		g := base
		change(&g)
		if twin, ok := others[g.comment()]; ok {
			t.Errorf("%s: the comment is that of %v", name, twin)
		}
		others[g.comment()] = g
	}
}

// A thousand marks with the same ports are one rule for packets to pass.
func TestGroupsDoNotGrowWithMarks(t *testing.T) {
	var rules []Rule
	for i, r := range scattered(1000) {
		rules = append(rules, Rule{Mark: uint32(i) + 1, Addresses: []Range{r}, Ports: []PortRange{{80, 80}}})
	}
	rules = append(rules, Rule{Mark: 7, Addresses: spans("192.0.2.1"), Ports: []PortRange{{81, 81}}})
	if g := groups(matches(rules)); len(g) != 2 || len(g[0].targets) != 1000 {
		t.Errorf("%d groups", len(g))
	}
}
