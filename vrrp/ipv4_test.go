package vrrp

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseIPv4(t *testing.T) {
	const header = "45 c0 0018 0001 0000 ff 70 0000 0a630001 e0000012"
	want := Packet{Source: addr("10.99.0.1"), Destination: group4(), TTL: 255, Payload: unhex("31339601")}
	tests := []struct {
		name, wire string
		ok         bool
	}{
		{"plain", header + "31339601", true},
		{"padded by Ethernet", header + "31339601 00000000", true},
		{"with options", "46 c0 001c 0001 0000 ff 70 0000 0a630001 e0000012 94040000 31339601", true},
		{"empty", "", false},
		{"short header", "45 c0 0018 0001 0000 ff 70 0000 0a630001 e00000", false},
		{"shorter than its length", header + "313396", false},
		{"header longer than the packet", "4f c0 0018 0001 0000 ff 70 0000 0a630001 e0000012 31339601", false},
		{"header too short to be one", "44 c0 0018 0001 0000 ff 70 0000 0a630001 e0000012 31339601", false},
		{"IPv6", "65 c0 0018 0001 0000 ff 70 0000 0a630001 e0000012 31339601", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := parseIPv4(unhex(tt.wire))
			if ok != tt.ok {
				t.Fatalf("parsed: %v, want %v", ok, tt.ok)
			}
			if diff := cmp.Diff(want, got, compareAddrs()); ok && diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzParseIPv4: the payload is a part of the packet.
func FuzzParseIPv4(f *testing.F) {
	f.Add(unhex("45 c0 0018 0001 0000 ff 70 0000 0a630001 e0000012 31339601"))
	f.Add(unhex("4f c0 0018 0001 0000 ff 70 0000 0a630001 e0000012 31339601"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, ok := parseIPv4(b); ok && (!bytes.Contains(b[20:], p.Payload) || !p.Source.Is4() || !p.Destination.Is4()) {
			t.Errorf("parsed %x as %+v", b, p)
		}
	})
}
