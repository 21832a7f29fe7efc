package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/plan"
	"github.com/ldirector/ldirector/internal/status"
)

// A scriptedDaemon has two real servers, of which the first has three
// connections that end one after the other, and notes what it is told.
type scriptedDaemon struct {
	mu     sync.Mutex
	told   []string
	first  api.RealServer
	events *api.EventLog
}

func (d *scriptedDaemon) Status(context.Context) api.Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	v := api.VirtualServer{Name: "web", Address: "192.0.2.100:80", Protocol: "TCP", Services: []string{"TCP 192.0.2.100:80"}, QuorumUp: true, LiveWeight: 1}
	if d.first.Override != nil {
		v.LiveWeight = 0
	}
	v.RealServers = []api.RealServer{d.first, {Address: "192.0.2.32:80", State: "down"}}
	return api.Status{VirtualServers: []api.VirtualServer{v}, VRRPInstances: []api.VRRPInstance{{Name: "VI_1", State: "MASTER"}}}
}

func (d *scriptedDaemon) Override(_ context.Context, virtual, real string, o director.Override) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	text := fmt.Sprint(o.Kind, " ", virtual, " ", real)
	if !o.Until.IsZero() {
		text += fmt.Sprint(" ", time.Until(o.Until).Round(time.Minute))
	}
	d.told = append(d.told, text)
	if o.Kind == director.Drain {
		d.first.State, d.first.Override = "drained", &api.Override{Command: "drain"}
	}
	return nil
}

// passTime ends a connection, and with the last one the drain.
func (d *scriptedDaemon) passTime() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.first.Active > 0 {
		d.first.Active--
	} else if d.first.Override != nil {
		d.first.Override = &api.Override{Command: "drain", Over: true}
	}
}

func (d *scriptedDaemon) keep(events *api.EventLog) { d.events = events }

func (d *scriptedDaemon) Probes(context.Context, string, string) []api.Probe { return nil }
func (d *scriptedDaemon) Health() error                                      { return nil }
func (d *scriptedDaemon) Reload(context.Context) (api.Reload, error)         { return api.Reload{}, nil }
func (d *scriptedDaemon) Plan(context.Context) (plan.Plan, error)            { return plan.Plan{}, nil }
func (d *scriptedDaemon) Probe(context.Context, string, string) error {
	return errors.New("it has no probes")
}
func (d *scriptedDaemon) Release(context.Context, string) error            { return nil }
func (d *scriptedDaemon) Preempt(context.Context, string) error            { return nil }
func (d *scriptedDaemon) SetPriority(context.Context, string, uint8) error { return nil }

// serveScripted runs the API of a scripted daemon and returns its socket.
func serveScripted(t *testing.T) (*scriptedDaemon, string) {
	t.Helper()
	return serveDaemon(t, &scriptedDaemon{first: api.RealServer{Address: "192.0.2.31:80", State: "up", Weight: 1, Active: 3}})
}

// serveDaemon runs the API of a daemon and returns its socket.
func serveDaemon[D interface {
	api.Daemon
	keep(*api.EventLog)
}](t *testing.T, d D) (D, string) {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s")
	l, err := api.Listen(socket, "")
	if err != nil {
		t.Fatal(err)
	}
	events := api.NewEventLog(time.Now())
	d.keep(events)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- api.NewServer(d, events, slog.New(slog.DiscardHandler)).Run(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return d, socket
}

// ldirector runs a command line and returns what it prints.
func ldirector(ctx context.Context, args ...string) (stdout, stderr string, code int) {
	var out, errs bytes.Buffer
	code = run(ctx, args, &out, &errs)
	return out.String(), errs.String(), code
}

func TestOverrideCommands(t *testing.T) {
	const real = "192.0.2.31:80"
	for _, tt := range []struct {
		args, told, stderr string
		code               int
	}{
		{"drain web " + real, "drain web " + real, "No real server of web is left for new connections: they are refused.\n", 0},
		{"drain web " + real + " --timeout 10m", "drain web " + real + " 10m0s", "No real server of web is left for new connections: they are refused.\n", 0},
		{"drain web " + real + " --timeout -1s", "", "ldirector: --timeout cannot be negative\n", 1},
		{"disable web 192.0.2.32:80", "disable web 192.0.2.32:80", "", 0},
		{"enable web 192.0.2.31", "none web " + real, "", 0},
		{"weight web " + real + " 5", "weight web " + real, "", 0},
		{"weight web " + real + " -- -5", "", "ldirector: \"-5\" is no weight: write 0 to 2147483647\n", 1},
		{"weight wbe " + real + " 5", "", "ldirector: there is no virtual_server \"wbe\". Did you mean \"web\"?\n", 1},
		{"drain web 192.0.2.33:80", "", "ldirector: there is no real_server of web \"192.0.2.33:80\". Did you mean \"192.0.2.31:80\"?\n", 1},
		{"drain 192.0.2.31", "drain web " + real, "No real server of web is left for new connections: they are refused.\n", 0},
		{"disable 192.0.2.32:80", "disable web 192.0.2.32:80", "", 0},
		{"enable 192.0.2.32", "none web 192.0.2.32:80", "", 0},
		{"drain 192.0.2.33", "", "ldirector: there is no real_server \"192.0.2.33\". Did you mean \"192.0.2.31\"?\n", 1},
		{"drain 192.0.2.31:81", "", "ldirector: there is no real_server \"192.0.2.31:81\". Did you mean \"192.0.2.31:80\"?\n", 1},
		{"disable web", "", "ldirector: \"web\" is a virtual server: name one of its real servers as well, or nothing but the address of a real server.\n", 1},
		{"enable", "", "ldirector: accepts between 1 and 2 arg(s), received 0\n", 1},
		{"probe web " + real, "", "ldirector: it has no probes\n", 1},
	} {
		d, socket := serveScripted(t)
		out, stderr, code := ldirector(t.Context(), append([]string{"--socket", socket}, strings.Fields(tt.args)...)...)
		done := ""
		if fields := strings.Fields(tt.args); len(fields) == 2 && tt.told != "" {
			told := strings.Fields(tt.told)
			done = map[string]string{"drain": "drained ", "disable": "disabled ", "enable": "enabled "}[fields[0]] + told[2] + " of web\n"
		}
		if told := strings.Join(d.told, ", "); out != done || stderr != tt.stderr || code != tt.code || told != tt.told {
			t.Errorf("%s: exit code %d, told %q\n%s%s", tt.args, code, told, out, stderr)
		}
	}
}

func TestDrainWaits(t *testing.T) {
	d, socket := serveScripted(t)
	c := api.NewClient(socket)
	if err := c.Drain(t.Context(), "web", "192.0.2.31:80", 0); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	show := newProgress(passing{&out, d}, 0)
	places := []api.Place{{VirtualServer: "web", RealServer: "192.0.2.31:80"}}
	if err := awaitDrain(t.Context(), c, places, show); err != nil {
		t.Fatal(err)
	}
	want := "3 connections left\n2 connections left\n1 connection left\n0 connections left\n192.0.2.31:80 of web is drained.\n"
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", out.String(), want)
	}
	d.first.Override = nil
	if err := awaitDrain(t.Context(), c, places, show); !errors.Is(err, errNotDrained) {
		t.Errorf("taken back: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	out.Reset()
	if err := awaitDrain(ctx, c, places, show); !errors.Is(err, errReported) || !strings.Contains(out.String(), "the drain goes on") {
		t.Errorf("interrupted: %v, %s", err, out.String())
	}
}

// Time passes when something is printed.
type passing struct {
	*bytes.Buffer
	daemon *scriptedDaemon
}

func (p passing) Write(text []byte) (int, error) {
	p.daemon.passTime()
	return p.Buffer.Write(text)
}

func TestProgressBar(t *testing.T) {
	p := &progress{most: 40}
	for _, tt := range []struct {
		left uint64
		want string
	}{
		{40, "[                    ] 40 of 40 connections left, 1m15s"},
		{20, "[==========          ] 20 of 40 connections left, 1m15s"},
		{0, "[====================] 0 of 40 connections left, 1m15s"},
	} {
		if got := p.line(tt.left, 75*time.Second+1); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
	p.limit = 10 * time.Minute
	if got := p.line(1, time.Second); !strings.HasSuffix(got, "1 of 40 connections left, 1s of 10m0s") {
		t.Errorf("with a limit: %s", got)
	}
	var out bytes.Buffer
	p = &progress{w: &out, terminal: true, begin: time.Now()}
	_ = p.update(2)
	_ = p.end("done")
	if got := out.String(); !strings.HasPrefix(got, "\r\x1b[K[  ") || !strings.HasSuffix(got, "\r\x1b[Kdone\n") {
		t.Errorf("on a terminal: %q", got)
	}
}

func TestEventsCommand(t *testing.T) {
	d, socket := serveScripted(t)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.Local)
	for _, e := range []api.Event{
		{Kind: "real_server_down", VirtualServer: "web", RealServer: "192.0.2.31:80", Warning: true, Text: "real server down: timeout"},
		{Kind: "command", VirtualServer: "web", RealServer: "192.0.2.31:80", Text: "drain", By: "uid 0, pid 7"},
		{Kind: "vrrp_state", Instance: "VI_1", Text: "MASTER, was BACKUP"},
	} {
		e.Time = at
		d.events.Add(e)
	}
	want := "2026-01-02 03:04:05  web  192.0.2.31:80  drain  (command of uid 0, pid 7)\n2026-01-02 03:04:05  VI_1  MASTER, was BACKUP\n"
	if out, stderr, code := ldirector(t.Context(), "events", "-n", "2", "--socket", socket); out != want || code != 0 {
		t.Errorf("exit code %d\n%s%s", code, out, stderr)
	}
	out, _, _ := ldirector(t.Context(), "events", "-n", "1", "--json", "--socket", socket)
	if !strings.HasPrefix(out, `{"seq":`) || strings.Count(out, "\n") != 1 || !strings.Contains(out, `"kind":"vrrp_state"`) {
		t.Errorf("JSON: %s", out)
	}

	d.events.Add(api.Event{Time: at, Text: "down: \x1b[2J\nevil"})
	if out, _, _ := ldirector(t.Context(), "events", "-n", "1", "--socket", socket); out != `2026-01-02 03:04:05  down: \x1b[2J\nevil`+"\n" {
		t.Errorf("a hostile back-end: %q", out)
	}

	ctx, cancel := context.WithCancel(t.Context())
	lines := make(chan string)
	p := eventPrinter{out: writerFunc(func(text []byte) { lines <- string(text) }), notes: &bytes.Buffer{}, last: d.events.Last()}
	go func() {
		_ = p.follow(ctx, api.NewClient(socket))
		close(lines)
	}()
	d.events.Add(api.Event{Time: at, Text: "news"})
	if got := <-lines; got != "2026-01-02 03:04:05  news\n" {
		t.Errorf("followed: %q", got)
	}
	cancel()
	if _, more := <-lines; more {
		t.Error("more than there was")
	}
}

type writerFunc func([]byte)

func (f writerFunc) Write(text []byte) (int, error) { f(text); return len(text), nil }

func TestStatusFilters(t *testing.T) {
	_, socket := serveScripted(t)
	for _, tt := range []struct {
		args string
		want string // pieces of the output, with - before those that must not be there
	}{
		{"", "web 31:80 32:80 VI_1"},
		{"web", "web 31:80 32:80 -VI_1"},
		{"192.0.2.32:80", "web -31:80 32:80 -VI_1"},
		{"192.0.2.32", "web -31:80 32:80 -VI_1"},
		{"192.0.2.32 VI_1", "web -31:80 32:80 VI_1"},
		{"192.0.2.33", "Did you mean \"192.0.2.31\"?"},
		{"--state down", "web -31:80 32:80 -VI_1"},
		{"--state up,master", "web 31:80 -32:80 VI_1"},
		{"--state drained", "-web -VI_1"},
		{"VI_1", "-web VI_1"},
		{"VI_1 --json", "-web VI_1"},
		{"VI_2", "Did you mean \"VI_1\"?"},
		{"--state dwon", "there is no state \"dwon\". Did you mean \"down\"?"},
	} {
		out, stderr, _ := ldirector(t.Context(), append([]string{"status", "--socket", socket}, strings.Fields(tt.args)...)...)
		pieces := strings.Fields(tt.want)
		if strings.Contains(tt.want, " \"") {
			pieces = []string{tt.want}
		}
		for _, piece := range pieces {
			absent, not := strings.CutPrefix(piece, "-")
			if strings.Contains(out+stderr, absent) == not {
				t.Errorf("status %s: want %s in\n%s%s", tt.args, piece, out, stderr)
			}
		}
	}
}

// The shell completes names from the running daemon.
func TestCompletion(t *testing.T) {
	_, socket := serveScripted(t)
	for _, tt := range []struct{ args, want string }{
		{"drain|", "web\tTCP 192.0.2.100:80, ok\n192.0.2.31\teverywhere: web\n192.0.2.32\teverywhere: web\n"},
		{"enable|", "web\tTCP 192.0.2.100:80, ok\n192.0.2.31\teverywhere: web\n192.0.2.32\teverywhere: web\n"},
		{"weight|", "web\tTCP 192.0.2.100:80, ok\n"},
		{"drain|192.0.2.31|", ""},
		{"drain|web|", "192.0.2.31:80\tup, weight 1\n192.0.2.32:80\tdown, weight 0\n"},
		{"weight|web|192.0.2.3", "192.0.2.31:80\tup, weight 1\n192.0.2.32:80\tdown, weight 0\n"},
		{"enable|nothing|", ""},
		{"vrrp|release|", "VI_1\tVRRP, MASTER\n"},
		{"vrrp|priority|VI_1|", ""},
		{"status|", "web\tTCP 192.0.2.100:80, ok\nVI_1\tVRRP, MASTER\n192.0.2.31\teverywhere: web\n192.0.2.32\teverywhere: web\n"},
		{"status|web|192.0.2.31|", "VI_1\tVRRP, MASTER\n192.0.2.32\teverywhere: web\n"},
		{"status|--state|", strings.Join(status.States(), "\n") + "\n"},
	} {
		args := append([]string{"__complete", "--socket", socket}, strings.Split(tt.args, "|")...)
		out, _, _ := ldirector(t.Context(), args...)
		if got := strings.TrimSuffix(out, ":4\n"); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.args, got, tt.want)
		}
	}
	out, _, _ := ldirector(t.Context(), "__complete", "--socket", "/nowhere", "drain", "")
	if out != ":4\n" {
		t.Errorf("without a daemon: %q", out)
	}
}
