package config

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/internal/netif"
)

func TestParseAddress(t *testing.T) {
	prefix, addr := netip.MustParsePrefix, netip.MustParseAddr
	for _, test := range []struct {
		text string
		want netif.Address
	}{
		{"192.0.2.1", netif.Address{Prefix: prefix("192.0.2.1/32"), Device: "eth0"}},
		{" 192.0.2.1/24  dev\teth1 ", netif.Address{Prefix: prefix("192.0.2.1/24"), Device: "eth1"}},
		{"192.0.2.1/24 brd +", netif.Address{Prefix: prefix("192.0.2.1/24"), Device: "eth0", Broadcast: addr("192.0.2.255")}},
		{"192.0.2.1/30 brd -", netif.Address{Prefix: prefix("192.0.2.1/30"), Device: "eth0", Broadcast: addr("192.0.2.0")}},
		{"10.1.2.3/1 brd +", netif.Address{Prefix: prefix("10.1.2.3/1"), Device: "eth0", Broadcast: addr("127.255.255.255")}},
		{"192.0.2.0/31", netif.Address{Prefix: prefix("192.0.2.0/31"), Device: "eth0"}},
		{"192.0.2.1 label eth0", netif.Address{Prefix: prefix("192.0.2.1/32"), Device: "eth0", Label: "eth0"}},
		{"192.0.2.1 label eth1:vip dev eth1 scope 5", netif.Address{Prefix: prefix("192.0.2.1/32"), Device: "eth1", Label: "eth1:vip", Scope: 5}},
	} {
		got, err := parseAddress(test.text, addressPlace{device: "eth0"})
		if diff := cmp.Diff(test.want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b }), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); err != nil || diff != "" {
			t.Errorf("parseAddress(%q): %v (-want +got):\n%s", test.text, err, diff)
		}
	}
	for _, text := range []string{
		"", "x", "192.0.2.1/", "192.0.2.1/0", "192.0.2.1/33", "192.0.2.1/-1", "192.0.2.1/24/24", "192.0.2.1/024x",
		"192.0.2.1 label eth10", "192.0.2.1 label eth0:12345678901", "192.0.2.1 scope -1", "192.0.2.1 scope 255", "192.0.2.1 scope nowhere",
		"192.0.2.1/31 brd +", "192.0.2.1/24 brd", "192.0.2.1:80", "dev eth0",
	} {
		if got, err := parseAddress(text, addressPlace{device: "eth0"}); err == nil {
			t.Errorf("parseAddress(%q) = %+v, want an error", text, got)
		}
	}
}
