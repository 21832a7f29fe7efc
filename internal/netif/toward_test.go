package netif

import (
	"errors"
	"net/netip"
	"syscall"
	"testing"

	"github.com/ldirector/ldirector/internal/nettest"
)

func TestToward(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := nettest.New(t, "route")
	lan := nettest.NewLAN(t, "lan")
	lan.Connect(ns, "eth0", netip.MustParsePrefix("192.0.2.1/24"), netip.MustParsePrefix("2001:db8::1/64"))
	ns.Run("ip", "route", "add", "198.51.100.0/24", "via", "192.0.2.9")
	for addr, want := range map[string]string{
		"192.0.2.31": "eth0", "198.51.100.31": "eth0", "2001:db8::31": "eth0", "192.0.2.1": "lo",
	} {
		err := ns.Do(func() error {
			got, err := Toward(netip.MustParseAddr(addr))
			if got != want {
				t.Errorf("%s: %q, want %q", addr, got, want)
			}
			return err
		})
		if err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
	if err := ns.Do(func() error { _, err := Toward(netip.MustParseAddr("203.0.113.1")); return err }); !errors.Is(err, syscall.ENETUNREACH) {
		t.Errorf("without a route: %v", err)
	}
}
