package director

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEventLog(t *testing.T) {
	log, text := logBuffer(slog.LevelDebug)
	for _, e := range []event{
		{kind: serverUp, service: "web", realServer: server(1)},
		{kind: serverUp, service: "web", realServer: server(1), first: true},
		{kind: serverDown, service: "web", realServer: server(1), reason: "tcp_check: timeout", first: true},
		{kind: quorumGained, service: "web"},
		{kind: quorumLost, service: "web"},
		{kind: sorryIn, service: "web", realServer: server(9)},
		{kind: sorryOut, service: "web", realServer: server(9)},
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
