package alert

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/internal/api"
)

// shell is a program that runs a shell script, with the path of a file as $0.
func shell(script, file string, timeout time.Duration) *program {
	return &program{command: Command{Command: []string{"sh", "-c", script, file}, Timeout: timeout}, router: "lvs1"}
}

func TestCommandGetsTheEvent(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out")
	e := api.Event{Seq: 7, Time: at(1), Kind: "real_server_down", Warning: true, VirtualServer: "web", RealServer: "192.0.2.31:80", Text: "down: a\nb\x00c"}
	p := shell(`cat >"$0"; env | grep ^LDIRECTOR_ | sort >>"$0"`, file, time.Minute)
	if err := p.deliver(t.Context(), batch{events: []api.Event{e}}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"router_id":"lvs1","seq":7,"time":"2026-01-02T03:04:01Z","kind":"real_server_down","warning":true,"virtual_server":"web","real_server":"192.0.2.31:80","instance":"","text":"down: a\nb\u0000c","by":""}
LDIRECTOR_INSTANCE=
LDIRECTOR_KIND=real_server_down
LDIRECTOR_REAL_SERVER=192.0.2.31:80
LDIRECTOR_ROUTER_ID=lvs1
LDIRECTOR_TEXT=down: a b c
LDIRECTOR_TIME=2026-01-02T03:04:01Z
LDIRECTOR_VIRTUAL_SERVER=web
LDIRECTOR_WARNING=true
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCommandFailures(t *testing.T) {
	for _, tt := range []struct {
		script string
		want   string
	}{
		{"exit 0", ""},
		{"echo first; echo no mail >&2; exit 3", "exit status 3: no mail"},
		{"kill -9 $$", "killed by killed"},
		{"sleep 60", "killed after 200ms"},
		{"trap '' TERM; while :; do sleep 60; done", "killed after 200ms"},
	} {
		err := shell(tt.script, "", 200*time.Millisecond).deliver(t.Context(), oneEvent())
		if tt.want == "exit status 3: no mail" || tt.want == "" { // however busy the machine is
			err = shell(tt.script, "", time.Minute).deliver(t.Context(), oneEvent())
		}
		switch _, refused := errors.AsType[*refusal](err); {
		case tt.want == "" && err != nil, tt.want != "" && (err == nil || err.Error() != tt.want || !refused):
			t.Errorf("%s: %v, want %q", tt.script, err, tt.want)
		}
	}
	missing := &program{command: Command{Command: []string{"/no/such/program"}, Timeout: time.Minute}}
	if err := missing.deliver(t.Context(), oneEvent()); err == nil || !strings.Contains(err.Error(), "/no/such/program") {
		t.Errorf("missing program: %v", err)
	}
	nobody := &program{command: Command{Command: []string{"true"}, User: "no-such-user", Timeout: time.Minute}}
	if err := nobody.deliver(t.Context(), oneEvent()); err == nil || !strings.Contains(err.Error(), "no-such-user") {
		t.Errorf("missing user: %v", err)
	}
}

// TestCommandNeedNotRead has more input than a pipe holds.
func TestCommandNeedNotRead(t *testing.T) {
	e := api.Event{Kind: "started", Text: strings.Repeat("x", 1_000_000)}
	p := shell("exec true", "", time.Minute)
	if err := p.run(t.Context(), e); err != nil {
		t.Error(err)
	}
}

func TestCommandEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := shell("sleep 3600", "", time.Hour).deliver(ctx, oneEvent()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
