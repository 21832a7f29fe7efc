package netif

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

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

// missingOf returns what is missing of a host's master.
func missingOf(t *testing.T, ns *nettest.Namespace, host *Host) (all []string) {
	t.Helper()
	err := ns.Do(func() (err error) {
		all, err = host.Missing()
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return all
}

// manyAddresses returns n addresses of one subnet on eth0.
func manyAddresses(n int) []Address {
	all := make([]Address, n)
	for i := range all {
		all[i] = address(fmt.Sprintf("10.0.0.%d/24", i), "eth0")
	}
	return all
}

// keepalived can add an address with any of the words of ip-address(8).
func TestAddAddressesWithAttributes(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	tests := []struct {
		name    string
		address Address
		want    string // what ip(8) says of it
	}{
		{"plain", Address{}, "inet 10.0.0.1/24 scope global eth0 valid_lft forever preferred_lft forever"},
		{"broadcast", Address{Broadcast: netip.MustParseAddr("10.0.0.255")},
			"inet 10.0.0.1/24 brd 10.0.0.255 scope global eth0 valid_lft forever preferred_lft forever"},
		{"label and scope", Address{Label: "eth0:1", Scope: unix.RT_SCOPE_HOST},
			"inet 10.0.0.1/24 scope host eth0:1 valid_lft forever preferred_lft forever"},
		{"peer", Address{Peer: netip.MustParsePrefix("10.9.0.2/32")},
			"inet 10.0.0.1 peer 10.9.0.2/32 scope global eth0 valid_lft forever preferred_lft forever"},
		{"no prefix route", Address{NoPrefixRoute: true},
			"inet 10.0.0.1/24 scope global noprefixroute eth0 valid_lft forever preferred_lft forever"},
		{"no source", Address{HasLifetime: true},
			"inet 10.0.0.1/24 scope global deprecated eth0 valid_lft forever preferred_lft forever"},
		{"multicast", Address{Prefix: netip.MustParsePrefix("239.1.1.1/32"), AutoJoin: true},
			"inet 239.1.1.1/32 scope global autojoin eth0 valid_lft forever preferred_lft forever"},
		{"IPv6", Address{Prefix: netip.MustParsePrefix("fd00::1/64")},
			"inet6 fd00::1/64 scope global nodad valid_lft forever preferred_lft forever"},
		{"IPv6 home, temporary addresses, no prefix route",
			Address{Prefix: netip.MustParsePrefix("fd00::1/64"), Home: true, ManageTempAddr: true, NoPrefixRoute: true},
			"inet6 fd00::1/64 scope global nodad home mngtmpaddr noprefixroute valid_lft forever preferred_lft forever"},
		{"IPv6 with detection", Address{Prefix: netip.MustParsePrefix("fd00::1/64"), DAD: true},
			"inet6 fd00::1/64 scope global valid_lft forever preferred_lft forever"},
		{"IPv6 peer", Address{Prefix: netip.MustParsePrefix("fd00::1/128"), Peer: netip.MustParsePrefix("fd00:9::2/128")},
			"inet6 fd00::1 peer fd00:9::2/128 scope global nodad deprecated valid_lft forever preferred_lft 0sec"},
		{"single IPv6", Address{Prefix: netip.MustParsePrefix("fd00::1/128")},
			"inet6 fd00::1/128 scope global nodad deprecated valid_lft forever preferred_lft 0sec"},
		{"single IPv6 source", Address{Prefix: netip.MustParsePrefix("fd00::1/128"), HasLifetime: true, PreferredLifetime: Forever},
			"inet6 fd00::1/128 scope global nodad valid_lft forever preferred_lft forever"},
	}
	ns := newHost(t, "eth0")
	ns.Run("sysctl", "-qw", "net.ipv6.conf.eth0.addr_gen_mode=1")
	ns.Run("ip", "link", "set", "eth0", "down")
	ns.Run("ip", "link", "set", "eth0p", "up")
	ns.Run("ip", "link", "set", "eth0", "up")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := tt.address
			a.Device = "eth0"
			if !a.Prefix.IsValid() {
				a.Prefix = netip.MustParsePrefix("10.0.0.1/24")
			}
			host := hostOf([]Address{a})
			t.Cleanup(func() { host.Close() })
			if err := ns.Do(host.AddAddresses); err != nil {
				t.Fatal(err)
			}
			show := func() string {
				var got []string
				fields := strings.Fields(ns.Run("ip", "address", "show", "dev", "eth0"))
				for i, f := range fields {
					if f == "inet" || f == "inet6" {
						got = fields[i:]
						break
					}
				}
				return strings.Join(got, " ")
			}
			nettest.Eventually(t, 5*time.Second, tt.want, func() error {
				if got := show(); got != tt.want {
					return fmt.Errorf("got %s", got)
				}
				return nil
			})
			if all := missingOf(t, ns, host); len(all) > 0 {
				t.Errorf("missing: %s", all)
			}
			if err := ns.Do(host.RemoveAddresses); err != nil {
				t.Fatal(err)
			}
			if all := missingOf(t, ns, host); len(all) != 1 {
				t.Errorf("missing after the removal: %s", all)
			}
			if got := show(); got != "" {
				t.Errorf("left: %s", got)
			}
		})
	}
}

func TestAddAddressesManyOnSeveralInterfaces(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := newHost(t, "eth0", "eth1")
	all := manyAddresses(200)
	for i := range 100 {
		all = append(all, address(fmt.Sprintf("fd00::%x/64", i+1), "eth1"))
	}
	host := hostOf(all)
	t.Cleanup(func() { host.Close() })
	count := func() int {
		out := ns.Run("ip", "-o", "address", "show", "scope", "global")
		return strings.Count(out, "inet")
	}
	for _, want := range []int{300, 300} {
		if err := ns.Do(host.AddAddresses); err != nil {
			t.Fatal(err)
		}
		if got := count(); got != want {
			t.Fatalf("%d addresses, want %d", got, want)
		}
	}
	ns.Run("ip", "address", "del", "10.0.0.77/24", "dev", "eth0")
	if err := ns.Do(host.AddAddresses); err != nil { // repairs
		t.Fatal(err)
	}
	if got := count(); got != 300 {
		t.Fatalf("%d addresses after the repair", got)
	}
	if err := ns.Do(host.RemoveAddresses); err != nil {
		t.Fatal(err)
	}
	if got := count(); got != 0 {
		t.Fatalf("%d addresses left", got)
	}
}

// After a reload the new configuration holds, and what both have is not touched.
func TestSupersede(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := newHost(t, "eth0")
	log := slog.New(slog.DiscardHandler)
	ns.Run("ip", "addr", "add", "10.0.0.1/32", "dev", "eth0")
	first := NewHost(Master{Name: "VI_1", NoAccept: true,
		Addresses: []Address{address("10.0.0.100/24", "eth0"), address("10.0.0.101/24", "eth0"), address("10.0.0.103/24", "eth0")},
		Routes:    []Route{{Destination: netip.MustParsePrefix("10.7.0.0/16"), Device: "eth0", Scope: -1}},
	}, &Shared{}, log)
	labelled := address("10.0.0.103/24", "eth0")
	labelled.Label = "eth0:3"
	second := hostOf([]Address{address("10.0.0.101/24", "eth0"), address("10.0.0.102/24", "eth0"), labelled})
	t.Cleanup(func() { second.Close() })
	second.Supersede(first)
	err := errors.Join(ns.Do(first.AddAddresses), first.Close(), ns.Do(second.AddAddresses))
	if err != nil {
		t.Fatal(err)
	}
	wantAddrs(t, ns, "eth0",
		"10.0.0.1/32 scope global label eth0",
		"10.0.0.101/24 scope global label eth0",
		"10.0.0.102/24 scope global label eth0 secondary",
		"10.0.0.103/24 scope global label eth0:3 secondary")
	if routes := ns.Run("ip", "route", "show", "proto", "18"); routes != "" {
		t.Errorf("left: %s", routes)
	}
	if tables := ns.Run("nft", "list", "tables"); tables != "" {
		t.Errorf("left: %s", tables)
	}
	// A third one, whose predecessors never were masters, as far as it knows.
	third := hostOf([]Address{address("10.0.0.200/24", "eth0")})
	third.Supersede(second)
	if err := errors.Join(ns.Do(third.RemoveAddresses), third.Close()); err != nil {
		t.Fatal(err)
	}
	wantAddrs(t, ns, "eth0", "10.0.0.1/32 scope global label eth0")
}

// What is not tracked is not missing.
func TestMissingLeavesOutWhatIsNotTracked(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := newHost(t, "eth0")
	untracked := address("10.0.0.2/24", "eth0")
	untracked.NoTrack = true
	host := NewHost(Master{
		Addresses: []Address{address("10.0.0.1/24", "eth0"), untracked, address("10.0.0.3/24", "eth9")},
		Routes:    []Route{{Destination: netip.MustParsePrefix("10.7.0.0/16"), Type: "blackhole", NoTrack: true}},
		Rules:     []Rule{{Preference: 100, Action: "nop", SuppressPrefixLength: -1, UIDRange: [2]int{-1, -1}, NoTrack: true}},
	}, &Shared{}, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { host.Close() })
	want := []string{"10.0.0.1/24 on eth0", "10.0.0.3/24 on eth9"}
	if diff := cmp.Diff(want, missingOf(t, ns, host)); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
}

func BenchmarkAdd255Addresses(b *testing.B) {
	nettest.Require(b, nettest.NetNS)
	addrs := manyAddresses(255)
	b.Run("batch", func(b *testing.B) {
		ns := newHost(b, "eth0")
		host := hostOf(addrs)
		defer host.Close()
		benchmarkAdd(b, ns, host.AddAddresses, host.RemoveAddresses)
	})
	b.Run("one by one", func(b *testing.B) {
		ns := newHost(b, "eth0")
		var hosts []*Host
		for _, a := range addrs {
			hosts = append(hosts, hostOf([]Address{a}))
			defer hosts[len(hosts)-1].Close()
		}
		all := func(do func(*Host) error) func() error {
			return func() error {
				var errs []error
				for _, h := range hosts {
					errs = append(errs, do(h))
				}
				return errors.Join(errs...)
			}
		}
		benchmarkAdd(b, ns, all((*Host).AddAddresses), all((*Host).RemoveAddresses))
	})
}

// benchmarkAdd measures add alone.
func benchmarkAdd(b *testing.B, ns *nettest.Namespace, add, remove func() error) {
	err := ns.Do(func() error {
		for b.Loop() {
			if err := add(); err != nil {
				return err
			}
			b.StopTimer()
			if err := remove(); err != nil {
				return err
			}
			b.StartTimer()
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}
