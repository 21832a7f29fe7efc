package netif

import (
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/internal/nettest"
)

// watchClaims runs Claims in a namespace until the test ends, and returns what
// it reports. It has begun when it returns.
func watchClaims(t *testing.T, ns *nettest.Namespace, wanted map[string][]netip.Addr) (*Claims, <-chan Claim) {
	t.Helper()
	reports := make(chan Claim, 100)
	log := slog.New(slog.DiscardHandler)
	c := NewClaims(func(claim Claim) { reports <- claim }, log)
	c.Watch(wanted)
	r := watchInterfaces(t, ns)
	nettest.Eventually(t, 5*time.Second, "a table", func() error {
		table, n := r.get()
		if n == 0 {
			return fmt.Errorf("none")
		}
		c.SetInterfaces(table)
		return nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- ns.Do(func() error {
			c.Run(ctx)
			return nil
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	nettest.Eventually(t, 5*time.Second, "packet sockets", func() error {
		out := ns.Run("cat", "/proc/net/packet")
		if n := strings.Count(out, " 0806 ") + strings.Count(out, " 86dd "); n != 2 {
			return fmt.Errorf("%d of them:\n%s", n, out)
		}
		return nil
	})
	return c, reports
}

func wantClaim(t *testing.T, reports <-chan Claim, want Claim) {
	t.Helper()
	select {
	case got := <-reports:
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
			t.Errorf("claim (-want +got):\n%s", diff)
		}
	case <-time.After(5 * time.Second):
		t.Errorf("no claim, want %v", want)
	}
}

func TestClaimsTellsOfAnotherHostWithOurAddresses(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	lan := nettest.NewLAN(t, "lan")
	ours, theirs := nettest.New(t, "ours"), nettest.New(t, "theirs")
	lan.Connect(ours, "eth0")
	lan.Connect(ours, "eth1") // in the same LAN: what it sends is no claim
	lan.Connect(theirs, "eth0")
	vip4, vip6 := netip.MustParseAddr("10.0.0.100"), netip.MustParseAddr("fd00::100")
	own, other := hardwareAddr(t, ours, "eth0"), hardwareAddr(t, theirs, "eth0")

	c, reports := watchClaims(t, ours, map[string][]netip.Addr{"eth0": {vip4}})
	announce := func(ns *nettest.Namespace, device string) {
		t.Helper()
		host := hostOf([]Address{address("10.0.0.99/24", device), address("10.0.0.100/24", device), address("fd00::100/64", device)})
		t.Cleanup(func() { host.Close() })
		if err := ns.Do(host.Announce); err != nil {
			t.Fatal(err)
		}
	}
	announce(ours, "eth1")
	announce(ours, "eth0")
	announce(theirs, "eth0")
	wantClaim(t, reports, Claim{Interface: "eth0", Address: vip4, MAC: other, Own: own, Unsolicited: true})

	c.Watch(map[string][]netip.Addr{"eth0": {vip6}})
	announce(theirs, "eth0")
	wantClaim(t, reports, Claim{Interface: "eth0", Address: vip6, MAC: other, Own: own, Unsolicited: true})
	if len(reports) > 0 {
		t.Errorf("one too many: %v", <-reports)
	}
}

// Addresses on a virtual MAC are watched there, and probed from there.
func TestClaimsOnAVirtualMAC(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	lan := nettest.NewLAN(t, "lan")
	ours, theirs := nettest.New(t, "ours"), nettest.New(t, "theirs")
	lan.Connect(ours, "eth0", netip.MustParsePrefix("10.0.0.1/24"))
	vip := netip.MustParseAddr("10.0.0.100")
	lan.Connect(theirs, "eth0", netip.PrefixFrom(vip, 24))
	vmac := vmacOf(51, "eth0", false)
	devices := NewDevices(filepath.Join(t.TempDir(), "devices.json"), slog.New(slog.DiscardHandler))
	if err := ours.Do(func() error { return devices.Ensure([]Master{{VMAC: vmac}}) }); err != nil {
		t.Fatal(err)
	}
	_, reports := watchClaims(t, ours, map[string][]netip.Addr{vmac.Name: {vip}})
	host := hostOf([]Address{address("10.0.0.100/32", vmac.Name)})
	t.Cleanup(func() { host.Close() })
	if err := ours.Do(host.Probe); err != nil {
		t.Fatal(err)
	}
	wantClaim(t, reports, Claim{Interface: vmac.Name, Address: vip, MAC: hardwareAddr(t, theirs, "eth0"), Own: vmac.MAC})
}

// The answers to a probe are claims; the probe itself is none.
func TestProbeIsAnsweredByTheHostThatHasTheAddress(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	lan := nettest.NewLAN(t, "lan")
	ours, theirs := nettest.New(t, "ours"), nettest.New(t, "theirs")
	vip4, vip6 := netip.MustParseAddr("10.0.0.100"), netip.MustParseAddr("fd00::100")
	lan.Connect(ours, "eth0", netip.MustParsePrefix("10.0.0.1/24"))
	lan.Connect(theirs, "eth0", netip.PrefixFrom(vip4, 24), netip.PrefixFrom(vip6, 64))
	own, other := hardwareAddr(t, ours, "eth0"), hardwareAddr(t, theirs, "eth0")
	ourEntry := "10.0.0.1"

	_, reports := watchClaims(t, ours, map[string][]netip.Addr{"eth0": {vip4, vip6}})
	_, theirReports := watchClaims(t, theirs, map[string][]netip.Addr{"eth0": {vip4, vip6}})
	host := hostOf([]Address{address("10.0.0.100/24", "eth0"), address("fd00::100/64", "eth0")})
	t.Cleanup(func() { host.Close() })
	if err := ours.Do(host.AddAddresses); err != nil { // having it changes nothing
		t.Fatal(err)
	}
	if err := ours.Do(host.Probe); err != nil {
		t.Fatal(err)
	}
	got := map[netip.Addr]Claim{}
	for range 2 {
		select {
		case claim := <-reports:
			got[claim.Address] = claim
		case <-time.After(5 * time.Second):
			t.Fatal("no answer")
		}
	}
	want := map[netip.Addr]Claim{
		vip4: {Interface: "eth0", Address: vip4, MAC: other, Own: own},
		vip6: {Interface: "eth0", Address: vip6, MAC: other, Own: own, Unsolicited: true}, // it knows nobody to answer
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	if len(theirReports) > 0 {
		t.Errorf("the probe is a claim: %v", <-theirReports)
	}
	if out := theirs.Run("ip", "neigh", "show", ourEntry); strings.Contains(out, own.String()) {
		t.Errorf("the probe made an entry: %s", out)
	}
}

func TestClaimsRepeatsAreRare(t *testing.T) {
	c := NewClaims(func(Claim) {}, slog.New(slog.DiscardHandler))
	vip, mac := netip.MustParseAddr("10.0.0.100"), net.HardwareAddr{2, 0, 0, 0, 0, 1}
	c.Watch(map[string][]netip.Addr{"eth0": {vip}})
	c.SetInterfaces(map[string]Interface{"eth0": {Index: 3, HardwareAddr: net.HardwareAddr{2, 0, 0, 0, 0, 9}}})
	start := time.Now()
	other := net.HardwareAddr{2, 0, 0, 0, 0, 2}
	for _, step := range []struct {
		after time.Duration
		mac   net.HardwareAddr
		index int
		want  bool
	}{
		{0, mac, 3, true},
		{time.Millisecond, mac, 3, false},
		{2 * time.Millisecond, other, 3, true},
		{3 * time.Millisecond, mac, 4, false}, // not ours to watch
		{claimInterval, mac, 3, true},
		{claimInterval + time.Millisecond, mac, 3, false},
	} {
		if _, got := c.consider(assertion{address: vip, mac: step.mac}, step.index, start.Add(step.after)); got != step.want {
			t.Errorf("after %s: reported %v, want %v", step.after, got, step.want)
		}
	}
}

func TestParseARP(t *testing.T) {
	tests := []struct{ name, packet, want string }{
		{"request", "0001 0800 06 04 0001 02000000000a c0000264 000000000000 c0000201", "192.0.2.100 02:00:00:00:00:0a false"},
		{"reply", "0001 0800 06 04 0002 02000000000a c0000264 02000000000b c0000201", "192.0.2.100 02:00:00:00:00:0a false"},
		{"gratuitous", "0001 0800 06 04 0001 02000000000a c0000264 ffffffffffff c0000264", "192.0.2.100 02:00:00:00:00:0a true"},
		{"probe", "0001 0800 06 04 0001 02000000000a 00000000 000000000000 c0000264", ""},
		{"IPv6", "0001 86dd 06 04 0001 02000000000a c0000264 ffffffffffff c0000264", ""},
		{"short", "0001 0800 06 04 0001 02000000000a c0000264 ffffffffffff c00002", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if a, ok := parseARP(unhex(t, tt.packet)); ok {
				got = fmt.Sprintf("%s %s %v", a.address, a.mac, a.unsolicited)
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestParseAdvertisement(t *testing.T) {
	const (
		header = "60000000 0020 3a ff 20010db8000000000000000000000064 ff020000000000000000000000000001"
		target = "20010db8000000000000000000000064"
	)
	tests := []struct{ name, packet, want string }{
		{"with an option", header + "8800 0000 20000000" + target + "0201 02000000000a", "2001:db8::64 02:00:00:00:00:0a true"},
		{"solicited", header + "8800 0000 60000000" + target + "0201 02000000000a", "2001:db8::64 02:00:00:00:00:0a false"},
		{"without an option", header + "8800 0000 20000000" + target, "2001:db8::64 02:00:00:00:00:ff true"},
		{"option of no length", header + "8800 0000 20000000" + target + "0200 02000000000a", "2001:db8::64 02:00:00:00:00:ff true"},
		{"option that is cut", header + "8800 0000 20000000" + target + "0e02 02000000000a", "2001:db8::64 02:00:00:00:00:ff true"},
		{"solicitation", header + "8700 0000 00000000" + target, ""},
		{"from afar", strings.Replace(header, "3a ff", "3a fe", 1) + "8800 0000 20000000" + target, ""},
		{"short", header + "8800 0000 20000000" + target[2:], ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if a, ok := parseAdvertisement(unhex(t, tt.packet), net.HardwareAddr{2, 0, 0, 0, 0, 0xff}); ok {
				got = fmt.Sprintf("%s %s %v", a.address, a.mac, a.unsolicited)
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzParseClaims(f *testing.F) {
	f.Add(make([]byte, 28))
	f.Add(make([]byte, 72))
	f.Fuzz(func(_ *testing.T, b []byte) {
		parseARP(b)
		parseAdvertisement(b, make(net.HardwareAddr, 6))
	})
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestProbes(t *testing.T) {
	mac := net.HardwareAddr{0x02, 0, 0, 0, 0, 0x0a}
	for vip, want := range map[string]string{
		"192.0.2.100": "ffffffffffff 02000000000a 0806 0001 0800 06 04 0001" +
			" 02000000000a 00000000 000000000000 c0000264" + strings.Repeat("00", 18),
		"2001:db8::64": "3333ff000064 02000000000a 86dd 60000000 0018 3a ff" +
			" 00000000000000000000000000000000 ff0200000000000000000001ff000064" +
			" 87 00 4c27 00000000 20010db8000000000000000000000064",
	} {
		frame, err := probe(mac, netip.MustParseAddr(vip))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.ReplaceAll(want, " ", ""), hex.EncodeToString(frame)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", vip, diff)
		}
	}
}
