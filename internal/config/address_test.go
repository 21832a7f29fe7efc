package config

import (
	"net/netip"
	"testing"
)

func TestParseEndpoint(t *testing.T) {
	for _, test := range []struct {
		text    string
		addr    string // "": an error
		port    uint16
		hasPort bool
	}{
		{"192.0.2.1:80", "192.0.2.1", 80, true},
		{"192.0.2.1", "192.0.2.1", 0, false},
		{"192.0.2.1:0", "192.0.2.1", 0, true},
		{"192.0.2.1:65535", "192.0.2.1", 65535, true},
		{"[2001:db8::1]:80", "2001:db8::1", 80, true},
		{"[2001:db8::1]", "2001:db8::1", 0, false},
		{"2001:db8::1", "", 0, false},
		{"[2001:db8::1]80", "", 0, false},
		{"[2001:db8::1]:", "", 0, false},
		{"[2001:db8::1", "", 0, false},
		{"[]:80", "", 0, false},
		{"[", "", 0, false},
		{"]", "", 0, false},
		{":80", "", 0, false},
		{"192.0.2.1:", "", 0, false},
		{"192.0.2.1:+80", "", 0, false},
		{"192.0.2.1:-1", "", 0, false},
		{"192.0.2.1:8 0", "", 0, false},
		{"192.0.2.1:65536", "", 0, false},
		{"192.0.2.01:80", "", 0, false},
		{"192.0.2.1 :80", "", 0, false},
		{"[::ffff:192.0.2.1]:80", "", 0, false},
		{"[fe80::1%eth0]:80", "", 0, false},
		{"", "", 0, false},
	} {
		got, err := parseEndpoint(test.text)
		if test.addr == "" {
			if err == nil {
				t.Errorf("parseEndpoint(%q) = %v, want an error", test.text, got)
			}
			continue
		}
		want := endpoint{netip.MustParseAddr(test.addr), test.port, test.hasPort}
		if err != nil || got != want {
			t.Errorf("parseEndpoint(%q) = %v, %v; want %v", test.text, got, err, want)
		}
	}
}
