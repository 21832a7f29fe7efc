package netif

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/internal/nettest"
)

func TestStaticFollowsItsSet(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := newHost(t, "eth0")
	ns.Run("ip", "link", "set", "eth0p", "up")
	prefix := netip.MustParsePrefix
	tracked := address("10.0.0.2/24", "eth0")
	tracked.TrackGroup = "G1"
	route := func(s string) Route {
		return Route{Destination: prefix(s), Gateway: netip.MustParseAddr("10.0.0.9"), Scope: -1, TrackGroup: "G2"}
	}
	rule := Rule{From: prefix("10.0.0.0/24"), Table: 7, SuppressPrefixLength: -1, UIDRange: [2]int{-1, -1}}
	state := func() string {
		var lines []string
		for _, args := range [][]string{{"-4", "route", "show", "proto", "18"}, {"rule", "show", "table", "7"}} {
			for line := range strings.Lines(ns.Run("ip", args...)) {
				lines = append(lines, strings.Join(strings.Fields(line), " "))
			}
		}
		return strings.Join(lines, "\n")
	}
	static := NewStatic(&Shared{})
	t.Cleanup(func() { static.Close() })
	apply := func(set StaticSet) {
		t.Helper()
		if err := ns.Do(func() error { return static.Apply(set) }); err != nil {
			t.Fatal(err)
		}
	}
	missing := func(want ...Loss) {
		t.Helper()
		err := ns.Do(func() error {
			got, err := static.Missing()
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	set := StaticSet{
		Addresses: []Address{address("10.0.0.1/24", "eth0"), tracked},
		Routes:    []Route{route("10.7.0.0/16"), route("10.8.0.0/16")},
		Rules:     []Rule{rule},
	}
	for range 2 { // a reload with the same
		apply(set)
		missing()
		if got, want := state(), "10.7.0.0/16 via 10.0.0.9 dev eth0\n10.8.0.0/16 via 10.0.0.9 dev eth0\n"+
			"32765: from 10.0.0.0/24 lookup 7 proto keepalived"; got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	ns.Run("ip", "address", "del", "10.0.0.2/24", "dev", "eth0")
	ns.Run("ip", "route", "del", "10.8.0.0/16")
	ns.Run("ip", "rule", "del", "table", "7")
	missing(Loss{"10.0.0.2/24 on eth0", "G1"}, Loss{"route 10.8.0.0/16", "G2"}, Loss{"rule from 10.0.0.0/24 table 7", ""})
	apply(set) // repairs
	missing()

	apply(StaticSet{Addresses: set.Addresses[1:], Routes: set.Routes[:1]})
	wantAddrs(t, ns, "eth0", "10.0.0.2/24 scope global label eth0")
	missing()
	if got, want := state(), "10.7.0.0/16 via 10.0.0.9 dev eth0"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for range 2 { // the second time nothing is left to do
		if err := ns.Do(static.Remove); err != nil {
			t.Fatal(err)
		}
		wantAddrs(t, ns, "eth0")
	}
}
