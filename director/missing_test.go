package director

import (
	"slices"
	"testing"
	"testing/synctest"
)

func TestQuorumMissingFromTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		web := virtual(1, "1=1 2=1", withCommands, withSorry)
		b := start(t, newFakeTable(), &fakeLedger{}, services(web, virtual(2, ""), virtual(3, "1=0")))
		b.expectNews("web2 missing: ")
		b.probe("1-")
		b.expectNews(
			"web1 down 1 (tcp_check: connection refused): server down",
			"web3 down 1 (tcp_check: connection refused): ",
			"web3 missing: ",
		)
		b.probe("2-")
		b.expectNews("web1 down 2 (tcp_check: connection refused): server down", "web1 missing: ")
		b.update(web, virtual(2, ""), virtual(3, "1=0"), virtual(4, "2=1"))
		b.expectNews("web4 down 2 (tcp_check: connection refused): ", "web4 missing: ")
		b.probe("1+")
		b.expectNews(
			"web1 up 1: server up", "web1 gained first: quorum up", "web1 sorry out first: ",
			"web3 up 1: ",
		)
		b.probe("1-")
		b.expectNews(
			"web1 down 1 (tcp_check: connection refused): server down", "web1 lost: quorum down", "web1 sorry in: ",
			"web3 down 1 (tcp_check: connection refused): ",
		)
	})
}

func TestEventsNameTheServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(), &fakeLedger{}, services(virtual(1, "1=1"), virtual(2, "1=1")))
		b.probe("1+")
		for _, e := range b.events {
			want := virtual(1, "").Keys
			if e.VirtualServer == "web2" {
				want = virtual(2, "").Keys
			}
			if !slices.Equal(e.Keys, want) {
				t.Errorf("%s: got keys %v, want %v", eventText(e), e.Keys, want)
			}
		}
		if len(b.events) != 4 {
			t.Errorf("%d events, want 4", len(b.events))
		}
	})
}
