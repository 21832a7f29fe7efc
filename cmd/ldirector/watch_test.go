package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/nettest"
)

// A terminal is one of tmux, in which a shell plays a script.
type terminal struct {
	t   *testing.T
	dir string
}

// newTerminal opens a terminal in which there is something already, and starts
// the program.
func newTerminal(t *testing.T, env, args string) *terminal {
	t.Helper()
	nettest.Require(t, "tmux")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	x := &terminal{t, t.TempDir()}
	script := fmt.Sprintf(`cd %s
echo there before
stty -g >before
PLAY_LDIRECTOR=1 %s sh -c 'echo $$ >pid; exec %s %s'
echo exit code $?
stty -g >after
exec sleep 600
`, x.dir, env, exe, args)
	path := filepath.Join(x.dir, "script")
	if err := os.WriteFile(path, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	x.tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "sh "+path)
	t.Cleanup(func() { x.tmux("kill-server") })
	return x
}

func (x *terminal) tmux(args ...string) string {
	x.t.Helper()
	cmd := exec.Command("tmux", append([]string{"-S", filepath.Join(x.dir, "tmux")}, args...)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	out, err := cmd.CombinedOutput()
	if err != nil {
		x.t.Errorf("tmux %s: %v\n%s", args, err, out)
	}
	return string(out)
}

// press sends keys by their names in tmux.
func (x *terminal) press(keys ...string) {
	x.t.Helper()
	x.tmux(append([]string{"send-keys"}, keys...)...)
}

// await waits until all pieces are on the screen, those with ! before not.
func (x *terminal) await(pieces ...string) string {
	x.t.Helper()
	var screen, missing string
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 1500 {
		screen, missing = x.tmux("capture-pane", "-p", "-J"), ""
		for _, piece := range pieces {
			absent, not := strings.CutPrefix(piece, "!")
			if strings.Contains(screen, absent) == not {
				missing = piece
			}
		}
		if missing == "" {
			return screen
		}
		<-tick.C
	}
	x.t.Fatalf("waited for %q in\n%s", missing, screen)
	return ""
}

// pid is the process that is watched.
func (x *terminal) pid() int {
	x.t.Helper()
	text, err := os.ReadFile(filepath.Join(x.dir, "pid"))
	if err != nil {
		x.t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscan(string(text), &pid); err != nil {
		x.t.Fatal(err)
	}
	return pid
}

// restored checks that the terminal is as it was before, after an exit code.
func (x *terminal) restored(code int) {
	x.t.Helper()
	x.await("there before", fmt.Sprintf("exit code %d", code), "!192.0.2.31:80")
	if got := x.tmux("display-message", "-p", "alternate #{alternate_on}, cursor #{cursor_flag}, mouse #{mouse_any_flag}"); got != "alternate 0, cursor 1, mouse 0\n" {
		x.t.Error(got)
	}
	for range 100 { // the script writes it after the exit code
		before, _ := os.ReadFile(filepath.Join(x.dir, "before"))
		after, _ := os.ReadFile(filepath.Join(x.dir, "after"))
		if len(after) == len(before) {
			if string(after) != string(before) {
				x.t.Errorf("stty before %s, after %s", before, after)
			}
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	x.t.Error("the script does not end")
}

// The whole view, as somebody uses it.
func TestWatch(t *testing.T) {
	d, socket := serveScripted(t)
	x := newTerminal(t, "TERM=tmux-256color", "status --watch --interval 100ms --socket "+socket)
	screen := x.await("> 192.0.2.31:80", "1 service, 2 real servers: 1 up, 1 down", "VI_1 MASTER", "!there before")
	if colours := x.tmux("capture-pane", "-p", "-e"); !strings.Contains(colours, "\x1b[32m") {
		t.Errorf("no green in %q\n%s", colours, screen)
	}

	d.events.Add(api.Event{Kind: "real_server_down", VirtualServer: "web", RealServer: "192.0.2.32:80", Warning: true, Text: "down: \x1b[2J\x1b[1;1Hevil"})
	x.await(`WARNING  down: \x1b[2J\x1b[1;1Hevil`, "> 192.0.2.31:80")
	x.press("Down")
	x.await("> 192.0.2.32:80", "192.0.2.32:80 of web: down")
	x.press("k", "Enter")
	x.await("192.0.2.31:80 of web", "It has no probes.")
	x.press("Escape")
	x.await("> 192.0.2.31:80")

	x.press("d")
	x.await("Drain 192.0.2.31:80 of web? It keeps its 3 connections", "NO OTHER real server", "do it")
	x.press("n")
	x.await("Nothing was done.")
	x.press("d")
	x.await("do it")
	x.press("y")
	x.await("Drained 192.0.2.31:80 of web.", "192.0.2.31:80  drained", "192.0.2.31:80 of web: drained")
	d.mu.Lock()
	told := strings.Join(d.told, ", ")
	d.mu.Unlock()
	if told != "drain web 192.0.2.31:80" {
		t.Errorf("told %q", told)
	}

	x.tmux("resize-window", "-x", "170", "-y", "40")
	x.await("METHOD", "OUT/S", "SINCE")
	x.tmux("resize-window", "-x", "60", "-y", "10")
	x.await("!METHOD", "> 192.0.2.31:80")
	x.press("/", "d", "o", "w", "n", "Enter")
	x.await("!192.0.2.31:80", "> 192.0.2.32:80", `only with "down"`)
	x.press("Escape")
	x.await("192.0.2.31:80")
	x.press("v", "d")
	x.await("Release VI_1?")
	x.press("y")
	x.await("Released VI_1.")
	x.press("?")
	x.await("Keys")
	x.press("q")
	x.restored(0)
}

func TestWatchEnds(t *testing.T) {
	for name, end := range map[string]func(*terminal){
		"SIGTERM": func(x *terminal) { _ = syscall.Kill(x.pid(), syscall.SIGTERM) },
		"SIGINT":  func(x *terminal) { _ = syscall.Kill(x.pid(), syscall.SIGINT) },
		"Ctrl-C":  func(x *terminal) { x.press("C-c") },
	} {
		t.Run(name, func(t *testing.T) {
			_, socket := serveScripted(t)
			x := newTerminal(t, "NO_COLOR=1", "status --watch web --socket "+socket)
			x.await("> 192.0.2.31:80", "No VRRP instance")
			if colours := x.tmux("capture-pane", "-p", "-e"); strings.Contains(colours, "\x1b[32m") || !strings.Contains(colours, "\x1b[7m") {
				t.Errorf("colours in spite of NO_COLOR, or nothing stands out: %q", colours)
			}
			end(x)
			x.restored(0)
		})
	}
}

// The view shows that the daemon is gone, and comes back with it.
func TestWatchOverARestart(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	serve := func(text string) (stop func()) {
		l, err := api.Listen(socket, "")
		if err != nil {
			t.Fatal(err)
		}
		d := &scriptedDaemon{first: api.RealServer{Address: "192.0.2.31:80", State: text}, events: api.NewEventLog(time.Now())}
		d.events.Add(api.Event{Text: "event of the " + text})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- api.NewServer(d, d.events, slog.New(slog.DiscardHandler)).Run(ctx, l) }()
		return func() {
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	}
	stop := serve("first")
	x := newTerminal(t, "TERM=tmux-256color", "status -w --interval 100ms --socket "+socket)
	x.await("first", "event of the first")
	stop()
	x.await("NO ANSWER", "first")
	stop = serve("second")
	x.await("!NO ANSWER", "second", "event of the first", "event of the second")
	x.press("q")
	x.restored(0)
	stop()
}

// Where there can be no view, the error says what to do instead.
func TestWatchNeedsATerminal(t *testing.T) {
	_, socket := serveScripted(t)
	for args, want := range map[string]string{
		"--watch":                  "use status --json for programs, and events -f for what happens",
		"--watch --json":           "[json watch]",
		"--interval 1s":            "--interval is for --watch",
		"--watch --interval 1ms":   "--interval has to be at least 100ms",
		"--watch --state dwon":     "there is no state",
		"--watch --json --state x": "[json watch]",
	} {
		_, stderr, code := ldirector(t.Context(), append([]string{"status", "--socket", socket}, strings.Fields(args)...)...)
		if code != 1 || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit code %d: %s", args, code, stderr)
		}
	}
	x := newTerminal(t, "TERM=dumb", "status --watch --socket "+socket)
	x.await("a dumb one", "exit code 1")
	x = newTerminal(t, "TERM=tmux-256color", "status --watch wbe --socket "+socket)
	x.await(`Did you mean "web"?`, "exit code 1")
	x = newTerminal(t, "TERM=tmux-256color", "status --watch --socket /nowhere")
	x.await("no ldirector answers there", "exit code 1")
}
