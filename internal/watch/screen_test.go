package watch

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/status"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares a screen with a file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", strings.ReplaceAll(name, " ", "_")+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil { //nolint:gosec // it is in the repository
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestScreens(t *testing.T) {
	for _, tt := range []struct {
		name          string
		width, height int
		keys          string
		change        func(*stage)
	}{
		{"list", 80, 24, "", nil},
		{"list", 200, 50, "", nil},
		{"list", 110, 24, "", nil},
		{"list", 40, 12, "", nil},
		{"by state", 120, 24, "s", nil},
		{"by rate reversed", 120, 24, "s s s r", nil},
		{"search", 80, 24, "/ d o w n", nil},
		{"found", 80, 24, "/ d o w n enter", nil},
		{"nothing found", 80, 24, "/ x y z z y enter", nil},
		{"details", 80, 24, "j enter", func(s *stage) {
			at := noon().Add(-2 * time.Second)
			s.probes = []api.Probe{{Kind: "tcp_check", State: "up", Since: &at, Last: &at, History: []api.ProbeResult{
				{Result: "passed"}, {Result: "failed"}, {Result: "failed"}, {Result: "local"}, {Result: "passed", DurationSeconds: 0.00123}}},
				{Kind: "http_get", State: "down", Since: &at, Reason: "status 503 of http://192.168.25.33:80/health, wanted 200-299, after 3 \x1b[2J retries"}}
		}},
		{"details of a drained one", 120, 30, "j j j enter", nil},
		{"routers", 80, 24, "v j", nil},
		{"routers", 120, 24, "v", nil},
		{"help", 80, 24, "?", nil},
		{"question", 80, 24, "down down end d", nil},
		{"question of the last one", 80, 24, "home x", nil},
		{"release", 80, 24, "v d", nil},
		{"paused", 80, 24, "p", func(s *stage) { s.send(news()) }},
		{"trouble", 80, 24, "", func(s *stage) {
			s.st.Table.Error = "no buffer space"
			s.st.Configuration.Error = "Error: Unsupported block type\n\n  on a.hcl line 1:\n   1: virtual_severs \"web\" {\n\nBlocks of type \"virtual_severs\" are not expected here.\n"
			s.st.VRRPInstances[0].Conflicts = []string{"192.168.25.9 is not heard"}
		}},
		{"lost", 80, 24, "", func(s *stage) {
			s.err = fmt.Errorf("ask /run/ldirector/ldirector.sock: %w", api.ErrNotRunning)
			s.now = s.now.Add(12 * time.Second)
		}},
		{"nothing configured", 80, 24, "", func(s *stage) { s.st = api.Status{} }},
	} {
		name := fmt.Sprintf("%s %dx%d", tt.name, tt.width, tt.height)
		t.Run(name, func(t *testing.T) {
			s := newStage(t, sample(), Options{})
			s.size(tt.width, tt.height)
			s.send(news())
			s.press(strings.Fields(tt.keys)...)
			if tt.change != nil {
				tt.change(s)
			}
			s.work()
			s.look()
			golden(t, name, s.screen())
		})
	}
}

func TestFilter(t *testing.T) {
	s := newStage(t, sample(), Options{Filter: status.Filter{Names: []string{"web"}, States: []string{"down"}}})
	if got := s.screen(); !strings.Contains(got, "192.168.25.33:80") || strings.Contains(got, "192.168.25.34:80") || strings.Contains(got, "VI_1") {
		t.Error(got)
	}
	s.st.VirtualServers = nil
	s.look()
	if got := s.screen(); !strings.Contains(got, "nothing of the names and states") {
		t.Error(got)
	}
}

func TestCommandsThatFail(t *testing.T) {
	s := newStage(t, sample(), Options{})
	s.press("d", "y")
	s.err = errors.New("ask /run/s: run as root: \x1b[2J permission denied")
	s.work()
	if got := s.screen(); !strings.Contains(got, `run as root: \x1b[2J permission denied`) || !s.m.failed {
		t.Error(got)
	}
	s.press("j")
	if s.m.notice != "" {
		t.Error("the error stays")
	}
}

// Any keys on any screen.
func FuzzKeys(f *testing.F) {
	f.Add([]byte("jjd y\x00s/ab\x1b"))
	f.Add([]byte("v\x01d\x02?\x03GG"))
	names := []string{"up", "down", "pgup", "pgdown", "home", "end", "enter", "esc", "backspace", "ctrl+u"}
	f.Fuzz(func(t *testing.T, keys []byte) {
		s := newStage(t, sample(), Options{})
		for _, k := range keys {
			switch {
			case int(k) < len(names):
				s.press(names[k])
			case k < ' ':
				s.size(int(k-10)*7, int(k-10)*3)
			case k == '~':
				s.st.VirtualServers = append(s.st.VirtualServers[1:], s.st.VirtualServers[0])
				s.look()
			case k == '|':
				s.st.VirtualServers = s.st.VirtualServers[1:]
				s.look()
			case k < 0x7f:
				s.press(string(rune(k)))
			}
			if len(s.st.VirtualServers) == 0 {
				s.st = sample()
			}
			s.work()
			s.screen()
		}
	})
}
