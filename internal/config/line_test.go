package config

import (
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"testing"
)

// seedLines adds the elements of lists in the test files.
func seedLines(f *testing.F) {
	f.Helper()
	for _, name := range []string{"good/vrrp.hcl", "good/vrrp_complete.hcl", "good/vrrp_trackers.hcl", "bad/vrrp_routes.hcl", "bad/vrrp_addresses.hcl", "bad/vrrp_ipv6.hcl", "bad/vip.hcl"} {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"([^"\n]*)"`).FindAllSubmatch(text, -1) {
			f.Add(string(m[1]))
		}
	}
}

// checkSentence fails for an error that is not fit for users.
func checkSentence(t *testing.T, err error) {
	t.Helper()
	if text := err.Error(); text == "" || strings.HasSuffix(text, ".") {
		t.Errorf("error %q", text)
	}
}

// FuzzAddressLine: an address that is taken is one that the kernel can have.
func FuzzAddressLine(f *testing.F) {
	seedLines(f)
	f.Fuzz(func(t *testing.T, text string) {
		for _, where := range []addressPlace{{device: "eth0"}, {static: true}} {
			a, err := parseAddress(text, where)
			if err != nil {
				checkSentence(t, err)
				continue
			}
			addr := a.Prefix.Addr()
			switch {
			case !a.Prefix.IsValid(), addr.IsUnspecified(), addr.Is4In6(), addr.Zone() != "", checkInterface(a.Device) != nil:
				t.Errorf("%+v", a)
			case addr.Is6() && (a.Broadcast.IsValid() || a.Label != "" || a.Scope != 0), addr.Is4() && (a.Home || a.DAD || a.ManageTempAddr):
				t.Errorf("words of the other family: %+v", a)
			case a.Peer.IsValid() && a.Peer.Addr().Is4() != addr.Is4(), a.Scope > 254, len(a.Label) > 15, a.PreferredLifetime < 0, a.TrackGroup != "" && !where.static:
				t.Errorf("%+v", a)
			}
		}
	})
}

// FuzzRouteLine: a route that is taken goes somewhere, in one family.
func FuzzRouteLine(f *testing.F) {
	seedLines(f)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := parseRoute(text, false)
		if err != nil {
			checkSentence(t, err)
			return
		}
		goes := r.Gateway.IsValid() || r.Device != "" || len(r.NextHops) > 0
		switch {
		case !r.Destination.IsValid(), r.Destination != r.Destination.Masked(), goes != (r.Type == "unicast" || r.Type == "local"):
			t.Errorf("%+v", r)
		case r.TrackGroup != "", r.Table < 0, r.Metric < 0, r.TOS > 255, r.Scope < -1 || r.Scope > 255, r.Protocol < 0 || r.Protocol > 255:
			t.Errorf("%+v", r)
		}
		for _, hop := range r.NextHops {
			if hop.Weight < 1 || hop.Weight > 256 || !hop.Gateway.IsValid() && hop.Device == "" {
				t.Errorf("%+v", hop)
			}
		}
	})
}

// FuzzRuleLine: a rule that is taken does something, in one family.
func FuzzRuleLine(f *testing.F) {
	seedLines(f)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := parseRule(text, true)
		if err != nil {
			checkSentence(t, err)
			return
		}
		mixed := func(p netip.Prefix) bool { return p.IsValid() && p.Addr().Is6() != r.IPv6 }
		switch {
		case r.Action == "", mixed(r.From), mixed(r.To), r.Action == "lookup" && r.Table == 0 && !r.L3MDev, r.FWMark != 0 && r.FWMask == 0:
			t.Errorf("%+v", r)
		case r.SourcePort[0] > r.SourcePort[1], r.DestinationPort[0] > r.DestinationPort[1], r.UIDRange[0] > r.UIDRange[1]:
			t.Errorf("%+v", r)
		}
	})
}

// FuzzTrackerLine: what is taken can be written again.
func FuzzTrackerLine(f *testing.F) {
	seedLines(f)
	f.Fuzz(func(t *testing.T, text string) {
		name, words, err := parseTracker(text, maxWeight)
		if err != nil {
			checkSentence(t, err)
			return
		}
		again := name
		if words.weight != nil {
			again += fmt.Sprintf(" weight %d", *words.weight)
		}
		if words.reverse != nil {
			again += map[bool]string{true: " reverse", false: " noreverse"}[*words.reverse]
		}
		name2, words2, err := parseTracker(again, maxWeight)
		if err != nil || name2 != name || orZero(words2.weight) != orZero(words.weight) || orZero(words2.reverse) != orZero(words.reverse) {
			t.Errorf("%q is %q again: %v", text, again, err)
		}
	})
}
