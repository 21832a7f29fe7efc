package netif

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
)

// recorder keeps the last table and counts them.
type recorder struct {
	mu    sync.Mutex
	last  map[string]Interface
	count int
}

func (r *recorder) report(table map[string]Interface) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = table
	r.count++
}

func (r *recorder) get() (map[string]Interface, int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last, r.count
}

// watchInterfaces runs Interfaces in a namespace until the test ends.
func watchInterfaces(t *testing.T, ns *nettest.Namespace) *recorder {
	t.Helper()
	r := &recorder{}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- ns.Do(func() error {
			Interfaces(ctx, r.report, slog.New(slog.DiscardHandler))
			return nil
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return r
}

// expect waits until an interface is as wanted; "" is none.
func (r *recorder) expect(t *testing.T, name, want string) {
	t.Helper()
	nettest.Eventually(t, 5*time.Second, name+" is "+want, func() error {
		table, _ := r.get()
		got := ""
		if i, ok := table[name]; ok {
			got = fmt.Sprintf("up=%v %s %s", i.Up, i.HardwareAddr, i.Addresses)
		}
		if got != want {
			return fmt.Errorf("got %q", got)
		}
		return nil
	})
}

func TestInterfacesReportsTheWholeTable(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := nettest.New(t, "host")
	r := watchInterfaces(t, ns)
	r.expect(t, "lo", "up=true 00:00:00:00:00:00 [127.0.0.1 ::1]")
	ns.Run("ip", "link", "add", "v0", "address", "02:00:00:00:00:01", "type", "veth", "peer", "name", "v1")
	ns.Run("sysctl", "-qw", "net.ipv6.conf.v0.addr_gen_mode=1")
	r.expect(t, "v0", "up=false 02:00:00:00:00:01 []")
	ns.Run("ip", "link", "set", "v0", "up")
	ns.Run("ip", "link", "set", "v1", "up")
	r.expect(t, "v0", "up=true 02:00:00:00:00:01 []")
	ns.Run("ip", "address", "add", "192.0.2.9/24", "dev", "v0")
	ns.Run("ip", "address", "add", "192.0.2.1/24", "dev", "v0")
	ns.Run("ip", "address", "add", "192.0.2.5/32", "dev", "v0")
	r.expect(t, "v0", "up=true 02:00:00:00:00:01 [192.0.2.9 192.0.2.5 192.0.2.1]") // secondary ones come last
	ns.Run("ip", "address", "add", "192.0.2.7", "peer", "198.51.100.7/32", "dev", "v0")
	r.expect(t, "v0", "up=true 02:00:00:00:00:01 [192.0.2.9 192.0.2.5 192.0.2.7 192.0.2.1]")
	ns.Run("ip", "address", "flush", "dev", "v0")
	ns.Run("ip", "address", "add", "fe80::1/64", "dev", "v0", "nodad")
	r.expect(t, "v0", "up=true 02:00:00:00:00:01 [fe80::1]")
	ns.Run("ip", "link", "set", "v0", "address", "02:00:00:00:00:02")
	r.expect(t, "v0", "up=true 02:00:00:00:00:02 [fe80::1]")
	ns.Run("ip", "link", "set", "v1", "down")
	r.expect(t, "v0", "up=false 02:00:00:00:00:02 [fe80::1]")
	ns.Run("ip", "link", "set", "v0", "down")
	ns.Run("ip", "link", "set", "v0", "name", "w0")
	r.expect(t, "v0", "")
	r.expect(t, "w0", "up=false 02:00:00:00:00:02 []")
	ns.Run("ip", "link", "del", "w0")
	r.expect(t, "w0", "")
}

// A bridge speaks of its ports as of links.
func TestInterfacesAPortThatLeavesABridgeStays(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := newHost(t, "eth0")
	r := watchInterfaces(t, ns)
	ns.Run("ip", "link", "add", "br0", "type", "bridge")
	ns.Run("ip", "link", "set", "eth0", "master", "br0")
	ns.Run("ip", "link", "set", "eth0", "nomaster")
	ns.Run("ip", "link", "del", "br0") // last, and seen
	nettest.Eventually(t, 5*time.Second, "br0 is gone and eth0 is there", func() error {
		table, _ := r.get()
		if _, ok := table["br0"]; ok || table["eth0"].Index == 0 {
			return fmt.Errorf("got %v", table)
		}
		return nil
	})
}

func TestInterfacesReportsABatchOfAddressesFewTimes(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := newHost(t, "eth0")
	ns.Run("ip", "link", "set", "eth0p", "up")
	r := watchInterfaces(t, ns)
	host := hostOf(manyAddresses(255))
	t.Cleanup(func() { host.Close() })
	nettest.Eventually(t, 5*time.Second, "eth0 is up", func() error {
		if table, _ := r.get(); !table["eth0"].Up {
			return errors.New("down")
		}
		return nil
	})
	_, before := r.get()
	if err := ns.Do(host.AddAddresses); err != nil {
		t.Fatal(err)
	}
	last := netip.MustParseAddr("10.0.0.254")
	nettest.Eventually(t, 5*time.Second, "all are there", func() error {
		table, _ := r.get()
		all := table["eth0"].Addresses
		if slices.Contains(all, last) {
			return nil
		}
		return fmt.Errorf("got %d", len(all))
	})
	if _, after := r.get(); after-before > 25 {
		t.Errorf("%d reports, want far less than one for each address", after-before)
	}
}
