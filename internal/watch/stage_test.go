package watch

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/ldirector/ldirector/internal/api"
)

// A fakeDirector notes what it is told.
type fakeDirector struct {
	st     api.Status
	err    error
	probes []api.Probe
	told   []string
}

func (d *fakeDirector) tell(words ...any) error {
	d.told = append(d.told, strings.TrimSpace(fmt.Sprintln(words...)))
	return d.err
}

func (d *fakeDirector) Status(context.Context) (api.Status, error) { return copied(d.st), d.err }
func (d *fakeDirector) Probes(context.Context, string, string) ([]api.Probe, error) {
	return append([]api.Probe{}, d.probes...), d.err
}
func (d *fakeDirector) Events(context.Context, uint) (api.Events, error) { return api.Events{}, d.err }
func (d *fakeDirector) FollowEvents(context.Context, uint64, func(api.Event) error) error {
	return errors.New("no stream")
}
func (d *fakeDirector) Drain(_ context.Context, v, r string, t time.Duration) error {
	return d.tell("drain", v, r, t)
}
func (d *fakeDirector) Disable(_ context.Context, v, r string) error { return d.tell("disable", v, r) }
func (d *fakeDirector) Enable(_ context.Context, v, r string) error  { return d.tell("enable", v, r) }
func (d *fakeDirector) Release(_ context.Context, i string) error    { return d.tell("release", i) }
func (d *fakeDirector) Preempt(_ context.Context, i string) error    { return d.tell("preempt", i) }

// copied is a status that may be changed without changing st, as one that was
// sent.
func copied(st api.Status) api.Status {
	servers := make([]api.VirtualServer, len(st.VirtualServers))
	for i, v := range st.VirtualServers {
		v.Services = append([]string{}, v.Services...)
		v.RealServers = append([]api.RealServer{}, v.RealServers...)
		servers[i] = v
	}
	st.VirtualServers = servers
	st.VRRPInstances = append([]api.VRRPInstance{}, st.VRRPInstances...)
	return st
}

// A stage plays the view with neither terminal nor time.
type stage struct {
	*fakeDirector
	t    *testing.T
	m    model
	jobs []job
	quit bool
	now  time.Time
}

func newStage(t *testing.T, st api.Status, o Options) *stage {
	s := &stage{fakeDirector: &fakeDirector{st: st}, t: t, now: noon()}
	s.m = newModel(o, func(j job) tea.Cmd { s.jobs = append(s.jobs, j); return nil })
	s.send(s.m.Init()())
	s.work()
	return s
}

func noon() time.Time { return time.Date(2026, 1, 2, 12, 0, 0, 0, time.Local) }

// send gives the model a message. Of commands only the end is carried out:
// timers never run out.
func (s *stage) send(msg tea.Msg) {
	m, cmd := s.m.Update(msg)
	s.m = m.(model)
	if _, key := msg.(tea.KeyPressMsg); key && cmd != nil {
		if _, quit := cmd().(tea.QuitMsg); quit {
			s.quit = true
		}
	}
}

// work does the jobs that there are, and those that come from that.
func (s *stage) work() {
	for range 10 {
		jobs := s.jobs
		s.jobs = nil
		for _, j := range jobs {
			msg := j(s.t.Context(), s)
			if a, ok := msg.(answer); ok {
				a.at = s.now
				msg = a
			}
			s.send(msg)
		}
	}
}

// look asks the director again.
func (s *stage) look() {
	s.send(due{s.m.poll.turn})
	s.work()
}

// press sends keys by their names, without those of answers between them.
func (s *stage) press(keys ...string) {
	codes := map[string]rune{"up": tea.KeyUp, "down": tea.KeyDown, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "home": tea.KeyHome,
		"end": tea.KeyEnd, "enter": tea.KeyEnter, "esc": tea.KeyEscape, "backspace": tea.KeyBackspace}
	for _, key := range keys {
		switch code, special := codes[key]; {
		case special:
			s.send(tea.KeyPressMsg{Code: code})
		case strings.HasPrefix(key, "ctrl+"):
			s.send(tea.KeyPressMsg{Code: rune(key[5]), Mod: tea.ModCtrl})
		default:
			s.send(tea.KeyPressMsg{Code: []rune(key)[0], Text: key})
		}
	}
}

func (s *stage) size(width, height int) { s.send(tea.WindowSizeMsg{Width: width, Height: height}) }

// screen is what is shown, without colours.
func (s *stage) screen() string {
	s.t.Helper()
	lines := s.m.screen()
	if len(lines) > s.m.height {
		s.t.Errorf("%d lines on a screen of %d", len(lines), s.m.height)
	}
	for i := range lines {
		if n := width(lines[i]); n > s.m.width {
			s.t.Errorf("%d columns on a screen of %d: %q", n, s.m.width, lines[i])
		}
		lines[i] = strings.TrimRight(ansi.Strip(lines[i]), " ")
		if strings.ContainsFunc(lines[i], func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u202e' }) {
			s.t.Errorf("a terminal would obey %q", lines[i])
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// selected is the real server that is selected.
func (s *stage) selected() string {
	line, ok := s.m.list.current()
	if !ok {
		return "none"
	}
	return line.service.Name + " " + line.server.Address
}

// sample is a director with something of everything.
func sample() api.Status {
	ago := func(d time.Duration) *time.Time { t := noon().Add(-d); return &t }
	const evil = "\x1b]0;owned\a\x1b[2J\u009b1m\u202e日本語\ny"
	return api.Status{
		RouterID: "lvs1",
		VirtualServers: []api.VirtualServer{
			{
				Name: "web", Protocol: "TCP", Address: "192.168.25.100:80", Services: []string{"TCP 192.168.25.100:80", "TCP 192.168.25.100:443"}, Scheduler: "wrr",
				Quorum: 1, LiveWeight: 17, QuorumUp: true, Rates: &api.Traffic{Connections: 240, BytesIn: 3e6, BytesOut: 44e6},
				RealServers: []api.RealServer{
					{Address: "192.168.25.101:80", Method: "NAT", State: "up", Weight: 10, ConfiguredWeight: 10, EffectiveWeight: 10, Active: 120, Inactive: 31, Since: ago(50 * time.Hour),
						Rates:  &api.Traffic{Connections: 140, PacketsIn: 900, PacketsOut: 1100, BytesIn: 1e6, BytesOut: 20e6},
						Totals: &api.Traffic{Connections: 1234567, PacketsIn: 5e6, PacketsOut: 7e6, BytesIn: 3e9, BytesOut: 21e9}},
					{Address: "192.168.25.32:80", Method: "NAT", State: "up", Weight: 7, ConfiguredWeight: 10, EffectiveWeight: 7, Active: 1234567, Inactive: 3, Since: ago(3 * time.Hour),
						Warning: "ssl_get: certificate expires in 12 days", Rates: &api.Traffic{Connections: 100, BytesIn: 2e6, BytesOut: 24e6}},
					{Address: "192.168.25.33:80", Method: "NAT", State: "down", ConfiguredWeight: 10, EffectiveWeight: 10, Since: ago(75 * time.Second), Reason: "http_get: " + evil},
					{Address: "192.168.25.34:80", Method: "NAT", State: "drained", ConfiguredWeight: 10, EffectiveWeight: 10, Active: 12, Since: ago(5 * time.Minute),
						Override: &api.Override{Command: "drain", Since: ago(5 * time.Minute), Until: ago(-5 * time.Minute)}, Rates: &api.Traffic{}},
				},
			},
			{
				Name: "dns", Protocol: "UDP", Address: "[2001:db8::53]:53", Services: []string{"UDP [2001:db8::53]:53"}, Scheduler: "rr", Quorum: 2, LiveWeight: 1, SorryActive: true, Contested: true,
				RealServers: []api.RealServer{{Address: "[2001:db8:1:2:3:4:5:6]:53", Method: "DR", State: "up", Weight: 1, ConfiguredWeight: 1, EffectiveWeight: 1}},
			},
			{Name: "empty", Protocol: "TCP", Address: "192.168.25.100:25", Services: []string{"TCP 192.168.25.100:25"}, Scheduler: "rr", QuorumUp: true},
		},
		VRRPInstances: []api.VRRPInstance{
			{Name: "VI_1", State: "MASTER", Interface: "ens160", VRID: 51, Priority: 100, Master: "192.168.25.1", Since: ago(5 * time.Second), Addresses: []netip.Addr{netip.MustParseAddr("192.168.25.100")}, Released: true},
			{Name: "VI_2", State: "FAULT", Interface: "ens192", VRID: 52, Priority: 90, Faults: []string{"link of ens192 down"}},
		},
		VRRPGroups:     []api.VRRPGroup{{Name: "SG", State: "BACKUP", Members: []string{"VI_1", "VI_2"}}},
		ForeignRouters: []api.ForeignRouter{{Interface: "ens160", VRID: 7, Source: netip.MustParseAddr("192.168.25.77"), Last: ago(2 * time.Second)}},
	}
}

// news are events for the sample.
func news() happened {
	at := func(seconds int) time.Time { return noon().Add(time.Duration(seconds-90) * time.Second) }
	return happened{
		{Seq: 1, Time: at(0), Instance: "VI_1", Text: "MASTER, was BACKUP"},
		{Seq: 2, Time: at(15), VirtualServer: "web", RealServer: "192.168.25.33:80", Warning: true, Text: "real server down: http_get: \x1b[31m\nevil"},
		{Seq: 3, Time: at(20), VirtualServer: "web", RealServer: "192.168.25.34:80", Text: "drain", By: "uid 0, pid 4711"},
	}
}
