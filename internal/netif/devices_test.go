package netif

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/internal/nettest"
)

func vmacOf(vrid byte, base string, ipv6 bool) *VMAC {
	mac := net.HardwareAddr{0, 0, 0x5e, 0, 1, vrid}
	if ipv6 {
		mac[4] = 2
	}
	return &VMAC{Name: fmt.Sprintf("vrrp%d.%d", mac[4], vrid), Base: base, MAC: mac, IPv6: ipv6}
}

// sysctls returns the settings that Devices may change.
func sysctls(t *testing.T, ns *nettest.Namespace) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := ns.Do(func() error {
		interfaces, err := os.ReadDir(procSys + "/net/ipv4/conf")
		if err != nil {
			return err
		}
		for _, i := range interfaces {
			for _, s := range []string{"arp_ignore", "arp_filter", "arp_announce", "rp_filter", "promote_secondaries", "accept_local"} {
				name := ipv4Conf + i.Name() + "/" + s
				if all[name], err = ReadSysctl(name); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// differences returns what is not as it was, "name=value".
func differences(before, after map[string]string) map[string]string {
	all := make(map[string]string)
	for name, value := range after {
		if before[name] != value {
			all[strings.TrimPrefix(name, ipv4Conf)] = value
		}
	}
	return all
}

func TestDevicesMakesAndRestores(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := newHost(t, "eth0", "eth1.5")
	ns.Run("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1", "net.ipv4.conf.eth0.rp_filter=2", "net.ipv4.conf.eth0.arp_announce=1")
	record := filepath.Join(t.TempDir(), "run", "devices.json")
	log := slog.New(slog.DiscardHandler)
	ensure := func(masters ...Master) { // a new one each time, as after a crash
		t.Helper()
		if err := ns.Do(func() error { return NewDevices(record, log).Ensure(masters) }); err != nil {
			t.Fatal(err)
		}
	}
	before := sysctls(t, ns)
	first := Master{Name: "VI_1", VMAC: vmacOf(51, "eth0", false)}
	second := Master{Name: "VI_2", VMAC: vmacOf(52, "eth0", false), PromoteSecondaries: true,
		Addresses: []Address{address("10.0.0.1/24", "vrrp1.52"), address("10.0.1.1/24", "eth1.5"), address("fd00::1/64", "eth0")}}
	third := Master{Name: "VI_3", VMAC: vmacOf(51, "eth0", true)}

	ensure(third) // IPv6 needs no ARP
	if diff := differences(before, withoutMacvlans(sysctls(t, ns))); len(diff) != 0 {
		t.Errorf("sysctls with IPv6 alone: %v", diff)
	}
	base := map[string]string{
		"eth0/arp_ignore": "1", "eth0/arp_filter": "1", "eth0/arp_announce": "2",
		"all/rp_filter": "0", "default/rp_filter": "1", "lo/rp_filter": "1",
		"eth0p/rp_filter": "1", "eth1.5/rp_filter": "1", "eth1.5p/rp_filter": "1",
	}
	for range 2 {
		ensure(first, third)
		if diff := cmp.Diff(base, differences(before, withoutMacvlans(sysctls(t, ns)))); diff != "" {
			t.Errorf("sysctls (-want +got):\n%s", diff)
		}
		wantLink(t, ns, "vrrp1.51", "macvlan mode private", "00:00:5e:00:01:33", "addrgenmode none", "vrrp1.51@eth0", ",UP")
		wantLink(t, ns, "vrrp2.51", "macvlan mode private", "00:00:5e:00:02:33", "addrgenmode none", "vrrp2.51@eth0", ",UP")
	}
	vmac := sysctls(t, ns)
	for name, want := range map[string]string{"arp_ignore": "1", "accept_local": "1", "rp_filter": "0", "promote_secondaries": "1"} {
		if got := vmac[ipv4Conf+"vrrp1.51/"+name]; got != want {
			t.Errorf("%s of the macvlan is %s", name, got)
		}
	}
	if out := ns.Run("ip", "-6", "address", "show", "dev", "vrrp2.51"); strings.Contains(out, "fe80") {
		t.Errorf("an address was made of the virtual MAC: %s", out)
	}

	base["eth1.5/promote_secondaries"] = "1"
	ensure(second)
	if diff := cmp.Diff(base, differences(before, withoutMacvlans(sysctls(t, ns)))); diff != "" {
		t.Errorf("sysctls after the other one (-want +got):\n%s", diff)
	}
	if out := ns.Run("ip", "link"); strings.Contains(out, "vrrp1.51") || strings.Contains(out, "vrrp2.51") || !strings.Contains(out, "vrrp1.52") {
		t.Errorf("links: %s", out)
	}

	ns.Run("sysctl", "-qw", "net.ipv4.conf.eth0.arp_filter=0") // by somebody else, who may
	ensure()
	if diff := cmp.Diff(before, sysctls(t, ns)); diff != "" {
		t.Errorf("sysctls afterwards (-want +got):\n%s", diff)
	}
	if out := ns.Run("ip", "link") + ns.Run("nft", "list", "tables"); strings.Contains(out, "vrrp") || strings.Contains(out, "ldirector") {
		t.Errorf("left: %s", out)
	}
	if _, err := os.Stat(record); !os.IsNotExist(err) {
		t.Errorf("the record is left: %v", err)
	}
}

func withoutMacvlans(all map[string]string) map[string]string {
	for name := range all {
		if strings.HasPrefix(name, ipv4Conf+"vrrp") {
			delete(all, name)
		}
	}
	return all
}

func wantLink(t *testing.T, ns *nettest.Namespace, name string, words ...string) {
	t.Helper()
	out := ns.Run("ip", "-d", "link", "show", "dev", name)
	for _, w := range words {
		if !strings.Contains(out, w) {
			t.Errorf("%s lacks %q: %s", name, w, out)
		}
	}
}

func TestDevicesAfterTheBaseWasReplaced(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := nettest.New(t, "host")
	devices := NewDevices(filepath.Join(t.TempDir(), "devices.json"), slog.New(slog.DiscardHandler))
	ensure := func() error {
		return ns.Do(func() error { return devices.Ensure([]Master{{VMAC: vmacOf(51, "eth0", false)}}) })
	}
	if err := ensure(); err == nil || !strings.HasPrefix(err.Error(), "make vrrp1.51 on eth0: ") {
		t.Errorf("got error %v without a base", err)
	}
	for range 2 {
		ns.Run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth0p")
		if err := ensure(); err != nil {
			t.Fatal(err)
		}
		wantLink(t, ns, "vrrp1.51", "vrrp1.51@eth0")
		if got := sysctls(t, ns)[ipv4Conf+"eth0/arp_announce"]; got != "2" {
			t.Errorf("arp_announce is %s", got)
		}
		ns.Run("ip", "link", "del", "eth0")
	}
}

func TestDevicesReplacesAMacvlanThatIsNotRight(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := newHost(t, "eth0")
	ns.Run("ip", "link", "add", "vrrp1.51", "link", "eth0", "type", "macvlan", "mode", "bridge")
	ns.Run("ip", "link", "add", "vrrp1.52", "type", "veth", "peer", "name", "other")
	devices := NewDevices(filepath.Join(t.TempDir(), "devices.json"), slog.New(slog.DiscardHandler))
	err := ns.Do(func() error {
		return devices.Ensure([]Master{{VMAC: vmacOf(51, "eth0", false)}, {VMAC: vmacOf(52, "eth0", false)}})
	})
	if want := "make vrrp1.52 on eth0: remove vrrp1.52: it is a veth, not a macvlan"; err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
	wantLink(t, ns, "vrrp1.51", "macvlan mode private", "00:00:5e:00:01:33")
}

func TestDevicesRemovesFiltersOfOthers(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := nettest.New(t, "host")
	addresses := []Address{address("10.0.0.1/24", "lo")}
	for _, name := range []string{"VI_1", "VI_2"} {
		if err := ns.Do(filter{instance: name, addresses: addresses}.add); err != nil {
			t.Fatal(err)
		}
	}
	ns.Run("nft", "add", "table", "inet", "other")
	devices := NewDevices(filepath.Join(t.TempDir(), "devices.json"), slog.New(slog.DiscardHandler))
	if err := ns.Do(func() error { return devices.Ensure([]Master{{Name: "VI_2", NoAccept: true}}) }); err != nil {
		t.Fatal(err)
	}
	want := "table inet ldirector_vrrp_VI_2\ntable inet other\n"
	if got := ns.Run("nft", "list", "tables"); got != want {
		t.Errorf("tables:\n%swant:\n%s", got, want)
	}
}

func TestPlanSettings(t *testing.T) {
	tests := []struct {
		name   string
		wanted []setting
		before []changed
		kernel map[string]string
		writes []setting
		after  []changed
	}{
		{name: "as wanted already", wanted: []setting{{"a", "1"}}, kernel: map[string]string{"a": "1"}},
		{name: "change", wanted: []setting{{"a", "1"}}, kernel: map[string]string{"a": "0"},
			writes: []setting{{"a", "1"}}, after: []changed{{"a", "0", "1"}}},
		{name: "keep the first original", wanted: []setting{{"a", "2"}}, before: []changed{{"a", "0", "1"}},
			kernel: map[string]string{"a": "1"}, writes: []setting{{"a", "2"}}, after: []changed{{"a", "0", "2"}}},
		{name: "restore in reverse", before: []changed{{"a", "0", "1"}, {"b", "5", "6"}},
			kernel: map[string]string{"a": "1", "b": "6"}, writes: []setting{{"b", "5"}, {"a", "0"}}},
		{name: "somebody else's value stays", before: []changed{{"a", "0", "1"}}, kernel: map[string]string{"a": "7"}},
		{name: "crash before the change", before: []changed{{"a", "0", "1"}}, kernel: map[string]string{"a": "0"}},
		{name: "interface gone", wanted: []setting{{"a", "1"}}, before: []changed{{"a", "0", "1"}, {"b", "0", "1"}},
			after: []changed{{"a", "0", "1"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			writes, after, err := planSettings(tt.wanted, tt.before, func(name string) (string, error) {
				if value, ok := tt.kernel[name]; ok {
					return value, nil
				}
				return "", os.ErrNotExist
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.writes, writes, cmp.AllowUnexported(setting{})); diff != "" {
				t.Errorf("writes (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.after, after); diff != "" {
				t.Errorf("after (-want +got):\n%s", diff)
			}
		})
	}
}

// The virtual MAC is worth something only if neighbours never learn another one:
// neither when the master moves, nor from what it sends by itself.
func TestNeighboursKeepTheVirtualMAC(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	lan := nettest.NewLAN(t, "lan")
	client := nettest.New(t, "client")
	lan.Connect(client, "eth0", netip.MustParsePrefix("10.0.0.9/24"), netip.MustParsePrefix("fd00::9/64"))
	clientMAC := hardwareAddr(t, client, "eth0")
	log := slog.New(slog.DiscardHandler)
	v4, v6 := vmacOf(51, "eth0", false), vmacOf(51, "eth0", true)
	vips := []Address{address("10.0.0.100/24", v4.Name), address("fd00::100/64", v6.Name)}
	// Nodes have their VIPs in the subnet of the interface below the macvlan,
	// whose route is used for replies.
	vips[0].NoPrefixRoute, vips[1].NoPrefixRoute = true, true
	type node struct {
		ns   *nettest.Namespace
		host *Host
	}
	var nodes []node
	for i, name := range []string{"first", "second"} {
		ns := nettest.New(t, name)
		lan.Connect(ns, "eth0", netip.MustParsePrefix(fmt.Sprintf("10.0.0.%d/24", i+1)), netip.MustParsePrefix(fmt.Sprintf("fd00::%d/64", i+1)))
		devices := NewDevices(filepath.Join(t.TempDir(), "devices.json"), log)
		if err := ns.Do(func() error { return devices.Ensure([]Master{{VMAC: v4}, {VMAC: v6}}) }); err != nil {
			t.Fatal(err)
		}
		host := hostOf(vips)
		t.Cleanup(func() { host.Close() })
		nodes = append(nodes, node{ns, host})
	}
	want := map[string]string{"10.0.0.100": v4.MAC.String(), "fd00::100": v6.MAC.String()}
	check := func(when string) {
		t.Helper()
		for vip, mac := range want {
			if out := client.Run("ip", "neigh", "show", vip); !strings.Contains(out, mac) {
				t.Errorf("%s: entry of %s is %q, want %s", when, vip, out, mac)
			}
		}
	}
	for round, n := range nodes {
		if round > 0 {
			if err := nodes[round-1].ns.Do(nodes[round-1].host.RemoveAddresses); err != nil {
				t.Fatal(err)
			}
		}
		if err := n.ns.Do(n.host.AddAddresses); err != nil {
			t.Fatal(err)
		}
		if err := n.ns.Do(n.host.Announce); err != nil {
			t.Fatal(err)
		}
		for vip := range want {
			resolve(t, client, netip.MustParseAddr(vip))
		}
		check("after an answer from " + n.ns.Name())
		// The node looks for the client to answer: it asks in its own name.
		n.ns.Run("ip", "neigh", "flush", "to", "10.0.0.9")
		n.ns.Run("ip", "neigh", "flush", "to", "fd00::9")
		for vip := range want {
			resolve(t, client, netip.MustParseAddr(vip))
			nettest.Eventually(t, 5*time.Second, "the node has the client", func() error {
				out := n.ns.Run("ip", "neigh", "show", "dev", "eth0")
				if !strings.Contains(out, clientMAC.String()) {
					return fmt.Errorf("neighbours %s", out)
				}
				return nil
			})
		}
		check("after the node asked for the client")
	}
}
