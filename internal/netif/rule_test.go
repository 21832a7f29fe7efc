package netif

import (
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/internal/nettest"
)

func TestRulesAsConfigured(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	prefix := netip.MustParsePrefix
	tests := []struct {
		name string
		rule Rule
		want string // what ip(8) says of it
	}{
		{"source", Rule{From: prefix("10.0.0.0/24"), Table: 7, Preference: 100}, "100: from 10.0.0.0/24 lookup 7 proto keepalived"},
		{"destination, high table", Rule{To: prefix("10.0.0.1/32"), Table: 70000, Preference: 100},
			"100: from all to 10.0.0.1 lookup 70000 proto keepalived"},
		{"main table, protocol", Rule{Preference: 100, Protocol: 77}, "100: from all lookup main proto 77"},
		{"not, mark, interfaces", Rule{Not: true, FWMark: 5, FWMask: 0xff, IIF: "eth0", OIF: "lo", Table: 7, Preference: 100},
			"100: not from all fwmark 0x5/0xff iif eth0 oif lo lookup 7 proto keepalived"},
		{"service, suppress", Rule{TOS: 0x10, SuppressPrefixLength: 1, Table: 1000, Preference: 100},
			"100: from all tos 0x10 lookup 1000 suppress_prefixlength 0 proto keepalived"},
		{"ports", Rule{IPProto: 6, SourcePort: [2]uint16{1, 1}, DestinationPort: [2]uint16{80, 90}, Table: 7, Preference: 100},
			"100: from all ipproto tcp sport 1 dport 80-90 lookup 7 proto keepalived"},
		{"users", Rule{UIDRange: [2]int{1, 1000}, Table: 7, Preference: 100}, "100: from all uidrange 1-1000 lookup 7 proto keepalived"},
		{"vrf", Rule{L3MDev: true, Preference: 100}, "100: from all lookup [l3mdev-table] proto keepalived"},
		{"goto", Rule{Action: "goto", Goto: 32766, Preference: 100}, "100: from all goto 32766 proto keepalived"},
		{"nop", Rule{Action: "nop", Preference: 100}, "100: from all nop proto keepalived"},
		{"blackhole", Rule{Action: "blackhole", Preference: 100}, "100: from all blackhole proto keepalived"},
		{"unreachable", Rule{Action: "unreachable", Preference: 100}, "100: from all unreachable proto keepalived"},
		{"prohibit", Rule{Action: "prohibit", Preference: 100}, "100: from all prohibit proto keepalived"},
		{"no preference", Rule{From: prefix("10.0.0.0/24"), Table: 7}, "32765: from 10.0.0.0/24 lookup 7 proto keepalived"},
		{"IPv6", Rule{IPv6: true, From: prefix("fd00::/64"), Table: 7, Preference: 100},
			"100: from fd00::/64 lookup 7 proto keepalived"},
	}
	ns := newHost(t, "eth0")
	show := func() string {
		var lines []string
		for _, family := range []string{"-4", "-6"} {
			for line := range strings.Lines(ns.Run("ip", family, "rule", "show")) {
				if strings.Contains(line, "proto keepalived") || strings.Contains(line, "proto 77") {
					lines = append(lines, strings.Join(strings.Fields(line), " "))
				}
			}
		}
		return strings.Join(lines, "\n")
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.rule.SuppressPrefixLength-- // 0 in the table is none
			if tt.rule.UIDRange[1] == 0 {
				tt.rule.UIDRange = [2]int{-1, -1}
			}
			host := NewHost(Master{Rules: []Rule{tt.rule}}, &Shared{}, slog.New(slog.DiscardHandler))
			t.Cleanup(func() { host.Close() })
			addAndRemove(t, ns, host, show, tt.want)
		})
	}
}
