package fwmark

import (
	"errors"
	"testing"

	"github.com/ldirector/ldirector/director/ipvs"
)

func TestValidate(t *testing.T) {
	one := spans("192.0.2.1")
	tests := []struct {
		name  string
		rules []Rule
		want  string // "": valid
	}{
		{"none", nil, ""},
		{"all kinds", web(), ""},
		{"no mark", []Rule{{Addresses: one}}, "rule 1: the mark is 0, which is what packets without a mark have"},
		{"no addresses", []Rule{{Mark: 7}}, "rule 1: no addresses"},
		{"no address", []Rule{{Mark: 7, Addresses: []Range{{}}}}, "rule 1: an address is missing"},
		{"zone", []Rule{{Mark: 7, Addresses: spans("fe80::1%eth0")}}, "rule 1: fe80::1%eth0: an address with a zone"},
		{"families", []Rule{{Mark: 7, Addresses: spans("192.0.2.1-2001:db8::1")}}, "rule 1: 192.0.2.1-2001:db8::1: a range across address families"},
		{"backwards", []Rule{{Mark: 7, Addresses: spans("192.0.2.2-192.0.2.1")}}, "rule 1: 192.0.2.2-192.0.2.1: the range ends before it begins"},
		{"ports backwards", []Rule{{Mark: 7, Addresses: one, Ports: []PortRange{{81, 80}}}}, "rule 1: ports 81-80: the range ends before it begins"},
		{"protocol", []Rule{{Mark: 7, Addresses: one, Protocols: []ipvs.Protocol{1}}}, "rule 1: protocol 1 is not balanced by IPVS"},
		{"all flaws", []Rule{{Mark: 7}, {Addresses: one}}, "rule 1: no addresses\nrule 2: the mark is 0, which is what packets without a mark have"},
		{"same mark twice", []Rule{{Mark: 7, Addresses: one}, {Mark: 7, Addresses: one}}, ""},
		{"ports apart", []Rule{{Mark: 7, Addresses: one, Ports: []PortRange{{80, 80}}}, {Mark: 8, Addresses: one, Ports: []PortRange{{81, 90}}}}, ""},
		{"protocols apart", []Rule{{Mark: 7, Addresses: one, Protocols: []ipvs.Protocol{ipvs.TCP}}, {Mark: 8, Addresses: one, Protocols: []ipvs.Protocol{ipvs.UDP}}}, ""},
		{"addresses apart", []Rule{{Mark: 7, Addresses: spans("192.0.2.1-192.0.2.4")}, {Mark: 8, Addresses: spans("192.0.2.5")}}, ""},
		{
			"overlap",
			[]Rule{
				{Mark: 7, Addresses: spans("192.0.2.1-192.0.2.9", "192.0.2.100-192.0.2.120"), Ports: []PortRange{{80, 90}}},
				{Mark: 9, Addresses: spans("192.0.2.10", "2001:db8::1")},
				{Mark: 8, Addresses: spans("192.0.2.0", "192.0.2.110-192.0.2.200", "192.0.2.100"), Ports: []PortRange{{85, 99}}, Protocols: []ipvs.Protocol{ipvs.UDP}},
			},
			"UDP 192.0.2.100 port 85-90 would need both mark 7 and mark 8: leave it out of one of them",
		},
		{
			"within",
			[]Rule{{Mark: 7, Addresses: spans("2001:db8::-2001:db8::ffff")}, {Mark: 8, Addresses: spans("2001:db8::5-2001:db8::7")}, {Mark: 9, Addresses: spans("2001:db8::9")}},
			"TCP 2001:db8::5-2001:db8::7 port 0-65535 would need both mark 7 and mark 8: leave it out of one of them\n" +
				"TCP 2001:db8::9 port 0-65535 would need both mark 7 and mark 9: leave it out of one of them",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if err := Validate(tt.rules); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestOverlapNamesTheRules(t *testing.T) {
	err := Validate([]Rule{
		{Mark: 7, Addresses: spans("192.0.2.1")},
		{Mark: 7, Addresses: spans("192.0.2.2")},
		{Mark: 8, Addresses: spans("192.0.2.2")},
	})
	overlap, ok := errors.AsType[*OverlapError](err)
	if !ok || overlap.Rules != [2]int{1, 2} {
		t.Errorf("got %v", err)
	}
}
