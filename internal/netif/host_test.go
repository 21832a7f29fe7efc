package netif

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
)

func TestAddAddressesAsConfigured(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := newHost(t, "eth0", "eth1")
	ns.Run("ip", "addr", "add", "10.0.0.1/24", "dev", "eth0")
	vips := hostOf([]Address{
		address("10.0.0.100/24", "eth0"),
		{Prefix: netip.MustParsePrefix("10.0.1.1/24"), Device: "eth1", Label: "eth1:vip",
			Broadcast: netip.MustParseAddr("10.0.1.255"), Scope: unix.RT_SCOPE_LINK},
		address("fd00::100/64", "eth0"),
		address("10.0.0.101/32", "eth0"),
	})
	for range 2 { // the second time everything is there already
		if err := ns.Do(vips.AddAddresses); err != nil {
			t.Fatal(err)
		}
		wantAddrs(t, ns, "eth0",
			"10.0.0.1/24 scope global label eth0",
			"10.0.0.101/32 scope global label eth0",
			"10.0.0.100/24 scope global label eth0 secondary",
			"fd00::100/64 scope global nodad")
		wantAddrs(t, ns, "eth1", "10.0.1.1/24 brd 10.0.1.255 scope link label eth1:vip")
	}
	for range 2 { // the second time nothing is left to do
		if err := ns.Do(vips.RemoveAddresses); err != nil {
			t.Fatal(err)
		}
		wantAddrs(t, ns, "eth0", "10.0.0.1/24 scope global label eth0")
		wantAddrs(t, ns, "eth1")
	}
}

// A virtual IPv6 address without a network is no source, as keepalived's is not:
// it would be the best one by RFC 6724, rule 8.
func TestAHostsAddressIsPreferredAsASource(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := newHost(t, "eth0")
	ns.Run("ip", "addr", "add", "fd00::1/64", "dev", "eth0", "nodad")
	vips := hostOf([]Address{address("fd00::30/128", "eth0")})
	if err := ns.Do(vips.AddAddresses); err != nil {
		t.Fatal(err)
	}
	if route := ns.Run("ip", "route", "get", "fd00::31"); !strings.Contains(route, "src fd00::1 ") {
		t.Errorf("route to a neighbour: %s", route)
	}
	if addr := ns.Run("ip", "address", "show", "to", "fd00::30"); !strings.Contains(addr, "valid_lft forever preferred_lft 0sec") {
		t.Errorf("the address: %s", addr)
	}
}

func TestRemoveAddressesTouchesOnlyTheConfiguredPrefix(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := newHost(t, "eth0")
	for _, a := range []string{"10.0.0.100/24", "10.0.0.101/32", "fd00::100/64"} {
		ns.Run("ip", "addr", "add", a, "dev", "eth0", "nodad")
	}
	vips := hostOf([]Address{
		address("10.0.0.100/32", "eth0"),
		address("10.0.0.101/24", "eth0"),
		address("fd00::100/128", "eth0"),
	})
	if err := ns.Do(vips.RemoveAddresses); err != nil {
		t.Fatal(err)
	}
	wantAddrs(t, ns, "eth0",
		"10.0.0.100/24 scope global label eth0",
		"10.0.0.101/32 scope global label eth0",
		"fd00::100/64 scope global nodad")
}

func TestRemoveAddressesIgnoresTheLabel(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := newHost(t, "eth0")
	ns.Run("ip", "addr", "add", "10.0.0.100/24", "dev", "eth0", "label", "eth0:old")
	a := address("10.0.0.100/24", "eth0")
	a.Label = "eth0:new"
	vips := hostOf([]Address{a})
	if err := errors.Join(ns.Do(vips.AddAddresses), ns.Do(vips.RemoveAddresses)); err != nil {
		t.Fatal(err)
	}
	wantAddrs(t, ns, "eth0")
}

// The kernel deletes the secondary addresses of a subnet with its primary one.
func TestRemoveAddressesKeepsSecondaryAddressesOfOthers(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	for _, setting := range []string{"0", "1"} {
		t.Run("promote_secondaries="+setting, func(t *testing.T) {
			ns := newHost(t, "eth0")
			const name = "net/ipv4/conf/eth0/promote_secondaries"
			if err := ns.Do(func() error { return WriteSysctl(name, setting) }); err != nil {
				t.Fatal(err)
			}
			vips := hostOf([]Address{address("10.0.0.100/24", "eth0"), address("10.0.0.101/24", "eth0")})
			if err := ns.Do(vips.AddAddresses); err != nil { // the virtual addresses come first
				t.Fatal(err)
			}
			ns.Run("ip", "addr", "add", "10.0.0.1/24", "dev", "eth0")
			wantAddrs(t, ns, "eth0",
				"10.0.0.100/24 scope global label eth0",
				"10.0.0.101/24 scope global label eth0 secondary",
				"10.0.0.1/24 scope global label eth0 secondary")

			if err := ns.Do(vips.RemoveAddresses); err != nil {
				t.Fatal(err)
			}
			wantAddrs(t, ns, "eth0", "10.0.0.1/24 scope global label eth0")
			route := ns.Run("ip", "route", "show", "10.0.0.0/24")
			if !strings.Contains(route, "src 10.0.0.1") {
				t.Errorf("route of the subnet is %q, want it from 10.0.0.1", route)
			}
			err := ns.Do(func() error {
				got, err := ReadSysctl(name)
				if got != setting {
					t.Errorf("%s is %s afterwards, want %s", name, got, setting)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRemoveAddressesAlone(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := newHost(t, "eth0")
	vips := hostOf([]Address{
		address("10.0.0.100/24", "eth0"), address("10.0.0.101/24", "eth0"), address("10.0.0.102/24", "eth0"),
	})
	if err := errors.Join(ns.Do(vips.AddAddresses), ns.Do(vips.RemoveAddresses)); err != nil {
		t.Fatal(err)
	}
	wantAddrs(t, ns, "eth0")
}

func TestAddAddressesGoesOnAfterErrors(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := newHost(t, "eth0")
	label := address("10.0.0.100/24", "eth0")
	label.Label = "a-label-that-is-too-long-for-the-kernel"
	vips := hostOf([]Address{
		address("10.0.2.1/24", "eth9"),
		address("10.0.2.2/24", "eth9"),
		label,
		address("10.0.0.101/24", "eth0"),
	})
	err := ns.Do(vips.AddAddresses)
	want := "add addresses and routes of eth9: no such device\nadd 10.0.0.100/24 on eth0: numerical result out of range"
	if err == nil || err.Error() != want || !errors.Is(err, unix.ENODEV) {
		t.Errorf("got error %q, want %q", err, want)
	}
	wantAddrs(t, ns, "eth0", "10.0.0.101/24 scope global label eth0")
	if err := ns.Do(vips.RemoveAddresses); err != nil {
		t.Errorf("remove: %v, want no error for what is missing", err)
	}
	wantAddrs(t, ns, "eth0")
}

func BenchmarkAddAndRemove100Addresses(b *testing.B) {
	nettest.Require(b, nettest.NetNS)
	ns := newHost(b, "eth0")
	ns.Run("ip", "addr", "add", "10.0.0.1/24", "dev", "eth0")
	var addrs []Address
	for i := range 100 {
		addrs = append(addrs, address(fmt.Sprintf("10.0.0.%d/24", 100+i), "eth0"))
	}
	vips := hostOf(addrs)
	b.ResetTimer()
	err := ns.Do(func() error {
		for b.Loop() {
			if err := errors.Join(vips.AddAddresses(), vips.RemoveAddresses()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// hostOf returns the host of a master with addresses only.
func hostOf(addrs []Address) *Host {
	return NewHost(Master{Name: "VI_1", Addresses: addrs}, &Shared{}, slog.New(slog.DiscardHandler))
}

func address(prefix, device string) Address {
	return Address{Prefix: netip.MustParsePrefix(prefix), Device: device}
}

// newHost returns a namespace with interfaces that have no neighbours.
func newHost(tb testing.TB, ifnames ...string) *nettest.Namespace {
	tb.Helper()
	ns := nettest.New(tb, "host")
	for _, name := range ifnames {
		ns.Run("ip", "link", "add", name, "type", "veth", "peer", "name", name+"p")
		ns.Run("ip", "link", "set", name, "up")
	}
	return ns
}

// wantAddrs compares an interface's addresses, without IPv6 link-local ones,
// with the given lines.
func wantAddrs(t *testing.T, ns *nettest.Namespace, ifname string, want ...string) {
	t.Helper()
	var links []struct {
		AddrInfo []struct {
			Local     string
			Prefixlen int
			Broadcast string
			Scope     string
			Label     string
			Secondary bool
			Nodad     bool
			Tentative bool
		} `json:"addr_info"`
	}
	if err := json.Unmarshal([]byte(ns.Run("ip", "-j", "addr", "show", "dev", ifname)), &links); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range links[0].AddrInfo {
		if strings.HasPrefix(a.Local, "fe80:") {
			continue
		}
		line := fmt.Sprintf("%s/%d", a.Local, a.Prefixlen)
		if a.Broadcast != "" {
			line += " brd " + a.Broadcast
		}
		line += " scope " + a.Scope
		if a.Label != "" {
			line += " label " + a.Label
		}
		for word, set := range map[string]bool{" secondary": a.Secondary, " nodad": a.Nodad, " tentative": a.Tentative} {
			if set {
				line += word
			}
		}
		got = append(got, line)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("addresses of %s (-want +got):\n%s", ifname, diff)
	}
}
