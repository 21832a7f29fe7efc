package netif

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
)

func TestAddressesReportsWhatTheHostHas(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := nettest.New(t, "host")
	ns.Run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1")
	ns.Run("ip", "address", "add", "192.0.2.1/24", "dev", "v0")

	var last atomic.Pointer[string]
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- ns.Do(func() error {
			Addresses(ctx, func(all []netip.Addr) {
				text := fmt.Sprint(all)
				last.Store(&text)
			}, slog.New(slog.DiscardHandler))
			return nil
		})
	}()
	expect := func(want string) {
		t.Helper()
		nettest.Eventually(t, 5*time.Second, want, func() error {
			if got := last.Load(); got == nil || *got != want {
				return fmt.Errorf("got %v", got)
			}
			return nil
		})
	}
	lo := "127.0.0.1 192.0.2.1"
	expect("[" + lo + " ::1]")
	ns.Run("ip", "address", "add", "192.0.2.1/32", "dev", "v1") // the same on another interface
	ns.Run("ip", "address", "add", "2001:db8::1/64", "dev", "v0", "nodad")
	expect("[" + lo + " ::1 2001:db8::1]")
	ns.Run("ip", "address", "del", "192.0.2.1/24", "dev", "v0")
	ns.Run("ip", "address", "del", "2001:db8::1/64", "dev", "v0")
	expect("[" + lo + " ::1]")
	ns.Run("ip", "address", "del", "192.0.2.1/32", "dev", "v1")
	expect("[127.0.0.1 ::1]")

	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
