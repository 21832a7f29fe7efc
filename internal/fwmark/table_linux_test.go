package fwmark

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/internal/nettest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const nft nettest.Feature = "nft"

// span parses "192.0.2.1" or "192.0.2.1-192.0.2.9".
func span(text string) Range {
	from, to, found := strings.Cut(text, "-")
	if !found {
		to = from
	}
	return Range{From: netip.MustParseAddr(from), To: netip.MustParseAddr(to)}
}

func spans(texts ...string) []Range {
	var ranges []Range
	for _, text := range texts {
		ranges = append(ranges, span(text))
	}
	return ranges
}

// web is rules of all kinds.
func web() []Rule {
	return []Rule{
		{Mark: 8, Addresses: spans("203.0.113.0-203.0.113.255"), Protocols: []ipvs.Protocol{ipvs.UDP}},
		{
			Mark: 7, Addresses: spans("192.0.2.1", "192.0.2.5-192.0.2.20", "192.0.2.10-192.0.2.40", "2001:db8::1", "192.0.2.2"),
			Ports:     []PortRange{{443, 443}, {80, 80}, {8000, 8010}, {8005, 8080}},
			Protocols: []ipvs.Protocol{ipvs.TCP},
		},
		{Mark: 9, Addresses: spans("0.0.0.0-127.255.255.255", "192.0.3.0-255.255.255.255"), Ports: []PortRange{{5000, 65535}}, Protocols: []ipvs.Protocol{ipvs.TCP}},
		{Mark: 1<<32 - 1, Addresses: spans("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), Ports: []PortRange{{53, 53}}, Protocols: []ipvs.Protocol{ipvs.UDP, ipvs.SCTP}},
		{Mark: 10, Addresses: spans("192.0.2.100")},
	}
}

// apply applies rules in a namespace.
func apply(t *testing.T, ns *nettest.Namespace, rules []Rule) {
	t.Helper()
	if err := ns.Do(func() error { return New(slog.New(slog.DiscardHandler)).Apply(t.Context(), rules) }); err != nil {
		t.Fatal(err)
	}
}

func TestRulesAsNftShowsThem(t *testing.T) {
	nettest.Require(t, nettest.NetNS, nft)
	ns := nettest.New(t, "director")
	apply(t, ns, web())
	golden(t, "ruleset.txt", ns.Run("nft", "list", "ruleset"))
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", name, diff)
	}
}

func TestEqualRulesAreNotLoadedAgain(t *testing.T) {
	nettest.Require(t, nettest.NetNS, nft)
	ns := nettest.New(t, "director")
	apply(t, ns, web())
	before := ns.Run("nft", "-a", "list", "ruleset") // with handles
	rules := web()
	slices.Reverse(rules)
	apply(t, ns, rules)
	if diff := cmp.Diff(before, ns.Run("nft", "-a", "list", "ruleset")); diff != "" {
		t.Errorf("loaded again (-before +after)\n%s", diff)
	}
}

func TestForeignTablesStay(t *testing.T) {
	nettest.Require(t, nettest.NetNS, nft)
	ns := nettest.New(t, "director")
	for _, family := range []string{"ip", "ip6", "inet"} {
		ns.Run("nft", "add table "+family+" other; add chain "+family+" other prerouting { type filter hook prerouting priority mangle; };"+
			"add rule "+family+" other prerouting meta mark set 1; add set "+family+" other s { type inet_service; elements = { 1 }; }")
	}
	ns.Run("nft", "add table ip "+tableName)
	before := ns.Run("nft", "-a", "list", "ruleset")
	apply(t, ns, web())
	apply(t, ns, web()[:1])
	if !strings.HasPrefix(ns.Run("nft", "-a", "list", "ruleset"), before) {
		t.Error("Apply changed other tables")
	}
	apply(t, ns, nil)
	if diff := cmp.Diff(before, ns.Run("nft", "-a", "list", "ruleset")); diff != "" {
		t.Errorf("after removal (-before +after)\n%s", diff)
	}
}

func TestDifferencesAreRepaired(t *testing.T) {
	nettest.Require(t, nettest.NetNS, nft)
	tests := []struct {
		name   string
		damage string // commands for nft
	}{
		{"nothing loaded", "delete table inet ldirector"},
		{"no marks", "flush chain inet ldirector marks"},
		{"no way from the network to the marks", "flush chain inet ldirector prerouting"},
		{"no chain for the host's own packets", "flush chain inet ldirector output; delete chain inet ldirector output"},
		{"a rule of somebody else", "insert rule inet ldirector marks accept"},
		{"a chain of somebody else", "add chain inet ldirector more; add rule inet ldirector more accept"},
		{"another table of that name", "delete table inet ldirector; add table inet ldirector; " +
			"add chain inet ldirector prerouting { type nat hook prerouting priority -7; }; add set inet ldirector s { type inet_service; }"},
	}
	ns := nettest.New(t, "director")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			apply(t, ns, web())
			healthy := ns.Run("nft", "list", "ruleset")
			ns.Run("nft", tt.damage)
			if diff := differences(t, ns, web()); len(diff) == 0 {
				t.Error("Diff sees no difference")
			}
			apply(t, ns, web())
			if diff := cmp.Diff(healthy, ns.Run("nft", "list", "ruleset")); diff != "" {
				t.Errorf("not repaired (-want +got)\n%s", diff)
			}
			if diff := differences(t, ns, web()); len(diff) > 0 {
				t.Errorf("Diff still says %v", diff)
			}
		})
	}
}

func differences(t *testing.T, ns *nettest.Namespace, rules []Rule) (found []Difference) {
	t.Helper()
	err := ns.Do(func() (err error) {
		found, err = New(slog.New(slog.DiscardHandler)).Diff(t.Context(), rules)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestTenThousandAddressesLoadQuickly(t *testing.T) {
	nettest.Require(t, nettest.NetNS, nft)
	ns := nettest.New(t, "director")
	rules := []Rule{{Mark: 7, Addresses: scattered(10_000), Ports: []PortRange{{80, 80}}, Protocols: []ipvs.Protocol{ipvs.TCP}}}
	start := time.Now()
	apply(t, ns, rules)
	loaded := time.Since(start)
	start = time.Now()
	apply(t, ns, rules)
	t.Logf("loaded in %v, found loaded in %v", loaded, time.Since(start))
	if loaded > 30*time.Second {
		t.Errorf("loading took %v", loaded)
	}
	if n := strings.Count(ns.Run("nft", "list", "ruleset"), "100.64."); n != 10_000 {
		t.Errorf("%d addresses are loaded", n)
	}
}

// With 500 rules the answers of the kernel take several datagrams.
func TestManyMarks(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := nettest.New(t, "director")
	var rules []Rule
	for i, r := range scattered(2000) {
		rules = append(rules, Rule{Mark: uint32(i) + 1, Addresses: []Range{r}, Ports: []PortRange{{uint16(i%500) + 1, uint16(i%500) + 1}}})
	}
	apply(t, ns, rules)
	if diff := differences(t, ns, rules); len(diff) > 0 {
		t.Errorf("differences %v", diff)
	}
	if diff := differences(t, ns, rules[1:]); len(diff) != 1 || diff[0].String() != "remove mark 1" {
		t.Errorf("differences %v", diff)
	}
	rules[1999].Ports = nil
	if diff := differences(t, ns, rules); len(diff) != 1 || diff[0].String() != "change mark 2000" {
		t.Errorf("differences %v", diff)
	}
}

func TestRemovingNothingIsNoError(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := nettest.New(t, "director")
	apply(t, ns, nil)
	if diff := differences(t, ns, nil); len(diff) > 0 {
		t.Errorf("differences %v", diff)
	}
}

func TestWithoutTheCapability(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := nettest.New(t, "director")
	var apply, diff error
	_ = ns.Do(func() error {
		runtime.LockOSThread() // for good: the thread ends with its capabilities
		var none [2]unix.CapUserData
		if err := unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &none[0]); err != nil {
			t.Fatal(err)
		}
		table := New(slog.New(slog.DiscardHandler))
		apply = table.Apply(t.Context(), web())
		_, diff = table.Diff(t.Context(), web())
		return nil
	})
	for _, err := range []error{apply, diff} {
		if !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), "CAP_NET_ADMIN") {
			t.Errorf("%v does not say what is missing", err)
		}
	}
}

func TestContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	table := New(slog.New(slog.DiscardHandler))
	_, err := table.Diff(ctx, web())
	for _, err := range []error{err, table.Apply(ctx, web()), table.Remove(ctx)} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
}
