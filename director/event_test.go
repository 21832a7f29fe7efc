package director

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

func TestEventLog(t *testing.T) {
	log, text := logBuffer(slog.LevelDebug)
	for _, e := range []Event{
		{Kind: ServerUp, VirtualServer: "web", RealServer: server(1)},
		{Kind: ServerUp, VirtualServer: "web", RealServer: server(1), First: true},
		{Kind: ServerDown, VirtualServer: "web", RealServer: server(1), Reason: "tcp_check: timeout", First: true},
		{Kind: QuorumGained, VirtualServer: "web"},
		{Kind: QuorumLost, VirtualServer: "web"},
		{Kind: SorryServerIn, VirtualServer: "web", RealServer: server(9)},
		{Kind: SorryServerOut, VirtualServer: "web", RealServer: server(9)},
		{Kind: ServerDown, VirtualServer: "web", RealServer: server(1), Reason: "the director stops", leaving: true},
		{Kind: QuorumLost, VirtualServer: "web", Reason: "the director stops", leaving: true},
		{Kind: ServerWarning, VirtualServer: "web", RealServer: server(1), Reason: "ssl_get: certificate expires in 12 days"},
		{Kind: ServerWarningOver, VirtualServer: "web", RealServer: server(1), Reason: "ssl_get: certificate expires in 12 days"},
		{Kind: ServerWeight, VirtualServer: "web", RealServer: server(1), Reason: "7"},
		{Kind: QuorumMissing, VirtualServer: "web"},
	} {
		e.log(t.Context(), log)
	}
	want := strings.TrimLeft(`
level=INFO msg="real server up" service=web real_server=10.0.0.1:80
level=DEBUG msg="real server up" service=web real_server=10.0.0.1:80
level=WARN msg="real server down" service=web real_server=10.0.0.1:80 reason="tcp_check: timeout"
level=INFO msg="quorum gained" service=web
level=WARN msg="quorum lost" service=web
level=WARN msg="sorry server in" service=web real_server=10.0.0.9:80
level=INFO msg="sorry server out" service=web real_server=10.0.0.9:80
level=INFO msg="real server down" service=web real_server=10.0.0.1:80 reason="the director stops"
level=INFO msg="quorum lost" service=web reason="the director stops"
level=WARN msg="real server has a warning" service=web real_server=10.0.0.1:80 reason="ssl_get: certificate expires in 12 days"
level=INFO msg="real server has no warning any more" service=web real_server=10.0.0.1:80 reason="ssl_get: certificate expires in 12 days"
level=DEBUG msg="real server has another weight" service=web real_server=10.0.0.1:80 reason=7
level=WARN msg="quorum not reached" service=web
`, "\n")
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func withCommands(v *VirtualServer) {
	v.QuorumUp, v.QuorumDown = []string{"quorum", "up"}, []string{"quorum", "down"}
	for i := range v.RealServers {
		v.RealServers[i].NotifyUp, v.RealServers[i].NotifyDown = []string{"server", "up"}, []string{"server", "down"}
	}
}

func withOmega(v *VirtualServer) { v.Omega = true }

func TestEventsCarryTheirCommands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := services(virtual(1, "1=1 2=1", withCommands, withSorry, withOmega), virtual(2, "1=1 2=1"))
		b := start(t, newFakeTable(existing(2, "1=1")), &fakeLedger{}, cfg)
		b.expectNews("web2 gained first: ")
		b.probe("1+")
		b.expectNews(
			"web1 up 1 first: server up",
			"web1 gained first: quorum up",
			"web1 sorry out first: ",
			"web2 up 1 first: ",
		)
		b.probe("1-")
		b.expectNews(
			"web1 down 1 (tcp_check: connection refused): server down",
			"web1 lost: quorum down",
			"web1 sorry in: ",
			"web2 down 1 (tcp_check: connection refused): ",
			"web2 lost: ",
		)
		b.probe("1+ 2+")
		b.news()
		b.expectStop() // 2 has no omega
		b.expectNews(
			"web1 down 1 (the director stops): server down",
			"web1 down 2 (the director stops): server down",
			"web1 lost (the director stops): quorum down",
		)
	})
}

func TestOmegaOnlyIfTheServicesGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := services(virtual(1, "1=1", withCommands, withOmega))
		cfg.OnExit = KeepOnExit
		b := start(t, newFakeTable(), &fakeLedger{}, cfg)
		b.probe("1+")
		b.news()
		b.expectStop()
		b.expectNews()
	})
}

// As keepalived does, whether there is omega or not (clear_diff_services).
func TestEventsOfAReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(), &fakeLedger{}, services(virtual(1, "1=1 2=1 3=1", withCommands), virtual(2, "1=1", withCommands)))
		b.probe("1+ 2+ 3-")
		b.news()
		b.update(virtual(1, "1=1 4=1", withCommands, withQuorum(2)), virtual(3, "1=1", withCommands), virtual(4, "4=1", withCommands, withoutAlpha))
		b.expectNews(
			"web1 down 2 (removed from the configuration): server down",
			"web2 down 1 (removed from the configuration): server down",
			"web2 lost (removed from the configuration): quorum down",
			"web1 lost: quorum down", // the quorum has become larger
			"web3 up 1 first: server up",
			"web3 gained first: quorum up",
			"web4 gained first: quorum up",
		)
		b.expectStop()
	})
}
