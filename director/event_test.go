package director

import (
	"log/slog"
	"strings"
	"testing"

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
`, "\n")
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}
