package realserver

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNeeds(t *testing.T) {
	four, six := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")
	arp := "all/arp_ignore=1 all/arp_announce=2 lo/arp_ignore=1 lo/arp_announce=2"
	for _, tt := range []struct {
		name string
		vips []vip
		want string
	}{
		{"none", nil, "[] [] []"},
		{"IPv4", []vip{{four, false}}, "[] [" + arp + "] [lo:192.0.2.1]"},
		{"IPv6", []vip{{six, false}}, "[] [] [lo:2001:db8::1]"},
		{
			"IPv4 in a tunnel", []vip{{four, true}, {six, false}},
			"[tunl0] [" + arp + " tunl0/rp_filter=2] [lo:192.0.2.1 tunl0:192.0.2.1 lo:2001:db8::1]",
		},
		{"IPv6 in a tunnel", []vip{{six, true}}, "[ip6tnl0] [] [lo:2001:db8::1]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := needsOf(tt.vips)
			var sysctls, addrs []string
			for _, s := range n.sysctls {
				sysctls = append(sysctls, strings.TrimPrefix(s.name, "net/ipv4/conf/")+"="+s.want)
			}
			for _, p := range n.addresses {
				addrs = append(addrs, p.Device+":"+p.Addr.String())
			}
			if diff := cmp.Diff(tt.want, fmt.Sprint(n.tunnels, sysctls, addrs)); diff != "" {
				t.Errorf("needs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLabelsFit(t *testing.T) {
	taken := make(map[string]bool)
	for range 2000 {
		label := freeLabel(tunnel4, taken)
		if len(label) > 15 || taken[label] || !strings.HasPrefix(label, tunnel4+":") {
			t.Fatalf("label %q: want at most 15 bytes, unique, after the device", label)
		}
		taken[label] = true
	}
}
