package netif

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
)

func TestNoAcceptDropsAllButNeighbourDiscovery(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	lan := nettest.NewLAN(t, "lan")
	director, client := nettest.New(t, "director"), nettest.New(t, "client")
	lan.Connect(director, "eth0", netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("fd00::1/64"))
	lan.Connect(client, "eth0", netip.MustParsePrefix("10.0.0.9/24"), netip.MustParsePrefix("fd00::9/64"),
		netip.MustParsePrefix("fe80::9/64"))
	mac := hardwareAddr(t, director, "eth0")
	host := NewHost(Master{
		Name: "VI 1", NoAccept: true, // not a name for nft(8)
		Addresses: []Address{address("10.0.0.100/24", "eth0")},
		Excluded:  []Address{address("fd00::100/64", "eth0"), address("fe80::100/64", "eth0"), address("10.0.0.101/24", "eth0")},
	}, &Shared{}, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { host.Close() })
	reaches := func(to string) bool {
		err := client.Do(func() error {
			if strings.HasPrefix(to, "fe80") {
				to += "%eth0"
			}
			_, err := net.DialTimeout("tcp", net.JoinHostPort(to, "9"), 300*time.Millisecond)
			return err
		})
		return errors.Is(err, unix.ECONNREFUSED)
	}
	for round := range 2 { // the second one finds the table of a crash
		if round == 1 {
			if err := director.Do(host.filter.add); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // the second time everything is there already
			if err := director.Do(host.AddAddresses); err != nil {
				t.Fatal(err)
			}
		}
		for _, vip := range []string{"10.0.0.100", "10.0.0.101", "fd00::100", "fe80::100"} {
			if reaches(vip) {
				t.Errorf("%s answers", vip)
			}
			nettest.Eventually(t, 5*time.Second, vip+" is resolved", func() error {
				if out := client.Run("ip", "neigh", "show", vip, "dev", "eth0"); !strings.Contains(out, mac.String()) {
					return fmt.Errorf("neighbour %s", out)
				}
				return nil
			})
		}
		for _, other := range []string{"10.0.0.1", "fd00::1"} {
			if !reaches(other) {
				t.Errorf("%s does not answer", other)
			}
		}
		if err := director.Do(host.RemoveAddresses); err != nil {
			t.Fatal(err)
		}
		if tables := director.Run("nft", "list", "tables"); strings.Contains(tables, "ldirector") {
			t.Errorf("left: %s", tables)
		}
	}
}

func TestFilterTable(t *testing.T) {
	for name, want := range map[string]string{"VI_1": "ldirector_vrrp_VI_1", "a b-ä": "ldirector_vrrp_a_20b_2d_c3_a4"} {
		if got := filterTable(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}
