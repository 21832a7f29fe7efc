package netif

import (
	"encoding/hex"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnnouncements(t *testing.T) {
	mac := net.HardwareAddr{0x02, 0, 0, 0, 0, 0x0a}
	tests := []struct {
		name   string
		vip    string
		router bool
		want   []string
	}{
		{"IPv4", "192.0.2.100", false, []string{
			"ffffffffffff 02000000000a 0806" + // Ethernet
				" 0001 0800 06 04 0001" + // ARP request
				" 02000000000a c0000264" + // sender
				" ffffffffffff c0000264" + // target
				strings.Repeat("00", 18), // up to the shortest Ethernet frame
			"ffffffffffff 02000000000a 0806" +
				" 0001 0800 06 04 0002" + // ARP reply
				" 02000000000a c0000264" +
				" 02000000000a c0000264" +
				strings.Repeat("00", 18),
		}},
		{"IPv6 host", "2001:db8::64", false, []string{
			"333300000001 02000000000a 86dd" + // Ethernet
				" 60000000 0020 3a ff" + // IPv6: length 32, ICMPv6, hop limit 255
				" 20010db8000000000000000000000064" + // source
				" ff020000000000000000000000000001" + // destination
				" 88 00 f85b 20000000" + // advertisement: override
				" 20010db8000000000000000000000064" + // target
				" 02 01 02000000000a", // target link-layer address
		}},
		{"IPv6 router", "2001:db8::64", true, []string{
			"333300000001 02000000000a 86dd" +
				" 60000000 0020 3a ff" +
				" 20010db8000000000000000000000064" +
				" ff020000000000000000000000000001" +
				" 88 00 785b a0000000" + // router, override
				" 20010db8000000000000000000000064" +
				" 02 01 02000000000a",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			frames, err := announcements(mac, netip.MustParseAddr(tt.vip), tt.router)
			if err != nil {
				t.Fatal(err)
			}
			var got, want []string
			for _, f := range frames {
				got = append(got, hex.EncodeToString(f))
			}
			for _, w := range tt.want {
				want = append(want, strings.ReplaceAll(w, " ", ""))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("frames (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnnouncementsNeedAnEthernetAddress(t *testing.T) {
	for _, vip := range []string{"192.0.2.100", "2001:db8::64"} {
		if _, err := announcements(nil, netip.MustParseAddr(vip), false); err == nil {
			t.Errorf("%s: no error for an interface without hardware address", vip)
		}
	}
}
