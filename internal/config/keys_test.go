package config

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/internal/fwmark"
)

func TestParseEndpointRange(t *testing.T) {
	for _, test := range []struct {
		text string
		want string // "": an error
		port int    // -1: none
	}{
		{"192.0.2.1", "192.0.2.1", -1},
		{"192.0.2.1:0", "192.0.2.1", 0},
		{"192.0.2.1-9:80", "192.0.2.1-192.0.2.9", 80},
		{"192.0.2.1-192.0.3.9", "192.0.2.1-192.0.3.9", -1},
		{"192.0.2.0/30:80", "192.0.2.0-192.0.2.3", 80},
		{"192.0.2.1/32", "192.0.2.1", -1},
		{"[2001:db8::1]:80", "2001:db8::1", 80},
		{"[2001:db8::9-a]", "2001:db8::9-2001:db8::a", -1},
		{"[2001:db8::-2001:db8::1:0]:80", "2001:db8::-2001:db8::1:0", 80},
		{"[2001:db8::/127]:80", "2001:db8::-2001:db8::1", 80},
		{"192.0.2.1-", "", 0},
		{"192.0.2.9-1", "", 0},
		{"192.0.2.1-+5", "", 0},
		{"192.0.2.1-2-3", "", 0},
		{"192.0.2.1-9/30", "", 0},
		{"192.0.2.1:80-90", "", 0},
		{"192.0.2.1-[2001:db8::1]", "", 0},
		{"[2001:db8::1-10000]", "", 0},
		{"[2001:db8::1-192.0.2.1]", "", 0},
		{"[::ffff:192.0.2.0/120]", "", 0},
		{"[fe80::1%eth0-5]", "", 0},
		{"[]", "", 0},
		{"-", "", 0},
		{"/", "", 0},
	} {
		r, port, hasPort, err := parseEndpointRange(test.text)
		if test.want == "" {
			if err == nil {
				t.Errorf("parseEndpointRange(%q) = %s, want an error", test.text, r)
			}
			continue
		}
		if err != nil || r.String() != test.want || hasPort != (test.port >= 0) || hasPort && int(port) != test.port {
			t.Errorf("parseEndpointRange(%q) = %s, %d, %t, %v; want %s, %d", test.text, r, port, hasPort, err, test.want, test.port)
		}
	}
}

func TestRangeSize(t *testing.T) {
	for text, want := range map[string]uint64{
		"192.0.2.1":                1,
		"192.0.2.0/24":             256,
		"0.0.0.0/0":                1 << 32,
		"2001:db8::/96":            1 << 32,
		"2001:db8::/64":            1 << 32, // and more
		"::/0":                     1 << 32,
		"2001:db8::1-2001:db8:1::": 1 << 32,
	} {
		r, err := parseRange(text)
		if got := rangeSize(r); err != nil || got != want {
			t.Errorf("rangeSize(%s) = %d, want %d", text, got, want)
		}
	}
}

func TestLastAddressesEndTheirRange(t *testing.T) {
	for _, text := range []string{"255.255.255.254/31", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127"} {
		r, _ := parsePrefixRange(text)
		if !r.To.IsValid() {
			r.From, r.To = netip.MustParsePrefix(text).Addr(), lastOf(netip.MustParsePrefix(text))
		}
		k := keySet{ranges: []keyRange{{addrs: r, ports: []fwmark.PortRange{{From: 65535, To: 65535}}}}, protocols: []ipvs.Protocol{ipvs.TCP}}
		n := 0
		for range k.all {
			n++
		}
		if n != 2 || k.count() != 2 {
			t.Errorf("%s: %d keys, counted %d", text, n, k.count())
		}
	}
}

// TestLongLists would take minutes if the time grew with the square of their
// length.
func TestLongLists(t *testing.T) {
	var addresses, servers strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&addresses, "\"10.0.%d.%d:%d\",\n", i/250, i%250+1, i+1)
		fmt.Fprintf(&servers, "\"10.1.%d.%d:%d\",\n", i/250, i%250+1, i+1)
	}
	cfg, diags := loadText(t, nil, nil, "a.hcl", "virtual_server \"a\" {\n  lb_algo = \"rr\"\n  lb_kind = \"NAT\"\n"+
		"  addresses = [\n"+addresses.String()+"]\n  real_servers = [\n"+servers.String()+"]\n}\n")
	if len(diags) > 0 {
		t.Fatal(diags[0])
	}
	if v := cfg.Director.VirtualServers[0]; len(v.Keys) != 20_000 || len(v.RealServers) != 20_000 {
		t.Errorf("%d keys, %d real servers", len(v.Keys), len(v.RealServers))
	}
}

// TestOverlapsOfMany: 1,000 marks with 1,000 services beside them.
func TestOverlapsOfMany(t *testing.T) {
	var b strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&b, "virtual_server \"m%d\" {\n  fwmark = %d\n  lb_algo = \"rr\"\n  lb_kind = \"DR\"\n  real_servers = [\"192.0.2.1\"]\n  match {\n    addresses = [\"10.%d.%d.0/24\"]\n  }\n}\n", i, i+1, i/250, i%250)
		fmt.Fprintf(&b, "virtual_server \"p%d\" {\n  address = \"11.%d.%d.1:80\"\n  lb_algo = \"rr\"\n  lb_kind = \"DR\"\n  real_servers = [\"192.0.2.1\"]\n}\n", i, i/250, i%250)
	}
	cfg, diags := loadText(t, nil, nil, "a.hcl", b.String())
	if len(diags) > 0 || len(cfg.Marks) != 1000 {
		t.Errorf("%d marks, %v", len(cfg.Marks), diags)
	}
}
