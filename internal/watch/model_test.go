package watch

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/ldirector/ldirector/internal/api"
)

// The selected server stays selected, wherever it goes.
func TestSelectionStays(t *testing.T) {
	s := newStage(t, sample(), Options{})
	s.press("home", "down", "down")
	const chosen = "web 192.168.25.33:80"
	if s.selected() != chosen {
		t.Fatal(s.selected())
	}
	web := func() *api.VirtualServer { return &s.st.VirtualServers[0] }
	others := web().RealServers
	steps := []struct {
		name string
		do   func()
	}{
		{"one comes before it", func() {
			web().RealServers = append([]api.RealServer{{Address: "192.168.25.1:80", State: "up"}}, web().RealServers...)
		}},
		{"those before it go", func() { web().RealServers = others[2:] }},
		{"it changes its state", func() { web().RealServers[0].State = "up" }},
		{"a service goes", func() { s.st.VirtualServers = s.st.VirtualServers[:1] }},
		{"a service comes", func() {
			s.st.VirtualServers = append(s.st.VirtualServers, api.VirtualServer{Name: "a", RealServers: others})
		}},
		{"the screen shrinks", func() { s.size(60, 9) }},
		{"the screen grows", func() { s.size(300, 100) }},
		{"the daemon is gone", func() { s.err = api.ErrNotRunning }},
		{"it is back", func() { s.err = nil }},
	}
	for _, step := range steps {
		step.do()
		s.look()
		if s.selected() != chosen || !strings.Contains(s.screen(), "> 192.168.25.33:80") {
			t.Errorf("%s: %s\n%s", step.name, s.selected(), s.screen())
		}
	}
	s.press("s")
	s.press("/", "3", "3", "enter")
	if s.selected() == "none" {
		t.Error("nothing is selected")
	}
	web().RealServers = nil
	s.st.VirtualServers = s.st.VirtualServers[:1]
	s.look()
	if s.selected() != "none" {
		t.Error("something is selected where there is nothing")
	}
	s.press("d", "enter", "j", "G", "g", "pgdown", "pgup")
	if s.m.question != nil || s.m.pane != servers {
		t.Error("something can be done with it")
	}
}

func TestOrders(t *testing.T) {
	s := newStage(t, sample(), Options{})
	servers := func() string {
		var all []string
		for _, l := range s.m.list.lines {
			if l.server != nil {
				all = append(all, strings.TrimSuffix(l.server.Address[strings.LastIndexAny(l.server.Address, ".6"):], ":80"))
			} else {
				all = append(all, l.service.Name)
			}
		}
		return strings.Join(all, " ")
	}
	for _, tt := range []struct{ key, want string }{
		{"", "dns 6]:53 empty web .32 .33 .34 .101"},
		{"S", "web .101 .34 .33 .32 empty dns 6]:53"},
		{"s", ".33 .34 6]:53 .32 .101"}, // state
		{"s", ".32 .101 .34 6]:53 .33"}, // active
		{"s", ".101 .32 6]:53 .33 .34"}, // rate
		{"s", ".101 .32 6]:53 .33 .34"}, // weight
		{"r", ".33 .34 6]:53 .32 .101"},
		{"s", "dns 6]:53 empty web .32 .33 .34 .101"},
	} {
		if tt.key != "" {
			s.press(tt.key)
		}
		if got := servers(); got != tt.want {
			t.Errorf("%s: %s, want %s", s.m.list.order, got, tt.want)
		}
		if s.m.list.top != 0 {
			t.Error("not at the top")
		}
	}
}

// What is asked about is done, and only after a yes.
func TestCommands(t *testing.T) {
	const first = "dns [2001:db8:1:2:3:4:5:6]:53"
	for _, tt := range []struct{ keys, told string }{
		{"d y", "drain " + first + " 0s"},
		{"x y", "disable " + first},
		{"e Y", "enable " + first},
		{"d n", ""},
		{"d esc y", ""},
		{"d enter j d x y", "drain " + first + " 0s"},
		{"d q", ""},
		{"d", ""},
		{"end x y", "disable web 192.168.25.101:80"},
		{"end enter x y", "disable web 192.168.25.101:80"},
		{"v d y", "release VI_1"},
		{"v j e y", "preempt VI_2"},
		{"v x y", ""},
		{"? d y", ""},
		{"/ d y enter", ""},
	} {
		s := newStage(t, sample(), Options{})
		for key := range strings.FieldsSeq(tt.keys) {
			s.press(key)
			s.work()
		}
		if got := strings.Join(s.told, ", "); got != tt.told || s.quit {
			t.Errorf("%s: told %q, want %q", tt.keys, got, tt.told)
		}
	}

	// Another one stands there when the answer comes.
	s := newStage(t, sample(), Options{})
	s.press("d")
	s.st.VirtualServers = s.st.VirtualServers[:1]
	s.look()
	s.press("y")
	s.work()
	if got := strings.Join(s.told, ", "); got != "drain "+first+" 0s" {
		t.Errorf("told %q", got)
	}
}

func TestQuit(t *testing.T) {
	for _, keys := range []string{"q", "ctrl+c", "enter q", "v q", "? q", "/ q ctrl+c", "d ctrl+c"} {
		s := newStage(t, sample(), Options{})
		s.press(strings.Fields(keys)...)
		if !s.quit {
			t.Errorf("%s does not end it", keys)
		}
	}
	s := newStage(t, sample(), Options{})
	if s.press("/", "q", "esc", "d", "q", "esc", "enter", "esc"); s.quit {
		t.Error("that ended it")
	}
}

// One question at a time; events hurry the next one.
func TestPolling(t *testing.T) {
	s := newStage(t, sample(), Options{})
	asked := func() int { n := len(s.jobs); return n }
	s.send(due{s.m.poll.turn})
	s.send(due{s.m.poll.turn})
	if asked() != 1 {
		t.Errorf("asked %d times at once", asked())
	}
	turn := s.m.poll.turn
	for range 100 {
		s.send(news())
	}
	if asked() != 1 || s.m.poll.turn != turn {
		t.Error("asked again during a question")
	}
	s.work()
	if asked() != 0 || s.m.poll.asking {
		t.Error("no end")
	}
	turn = s.m.poll.turn
	s.send(due{turn - 1}) // of a pause that was cut short
	if asked() != 0 {
		t.Error("an old pause counts")
	}
	s.send(due{turn})
	s.work()
	turn = s.m.poll.turn
	for range 100 {
		s.send(news())
	}
	if s.m.poll.turn != turn+1 {
		t.Errorf("%d pauses for a hundred events", s.m.poll.turn-turn)
	}
	if n := len(s.m.events); n != keptEvents {
		t.Errorf("%d events are kept", n)
	}
}

func TestPause(t *testing.T) {
	s := newStage(t, sample(), Options{})
	s.press("p")
	s.send(due{s.m.poll.turn})
	s.send(happened{{Text: "unseen"}})
	if len(s.jobs) > 0 || strings.Contains(s.screen(), "unseen") || !strings.Contains(s.screen(), "PAUSED, 1 new") {
		t.Errorf("it goes on\n%s", s.screen())
	}
	s.press("d", "y")
	s.st.VirtualServers[1].RealServers[0].State = "drained"
	s.work()
	if got := s.screen(); !strings.Contains(got, "6]:53  drained") {
		t.Errorf("what was done is not shown\n%s", got)
	}
	s.press("p")
	s.work()
	if got := s.screen(); !strings.Contains(got, "unseen") || strings.Contains(got, "PAUSED") {
		t.Errorf("it does not go on\n%s", got)
	}
}

func TestSearch(t *testing.T) {
	s := newStage(t, sample(), Options{})
	s.press("/", "W", "E", "x", "backspace", "B")
	if got := len(s.m.list.lines); got != 5 {
		t.Errorf("%d lines\n%s", got, s.screen())
	}
	s.send(tea.PasteMsg{Content: "\x1b[2J"})
	if got := s.screen(); !strings.Contains(got, `has in it: WEB\x1b[2J `) {
		t.Error(got)
	}
	s.press("ctrl+u", ".", "3", "3", "enter", "j")
	if got := s.screen(); s.selected() != "web 192.168.25.33:80" || !strings.Contains(got, `only with ".33"`) {
		t.Error(got)
	}
	s.press("esc")
	if s.m.list.search != "" || s.selected() != "web 192.168.25.33:80" {
		t.Error("esc does not show all")
	}
}

// many is a director with so many real servers.
func many(n int) api.Status {
	v := api.VirtualServer{Name: "web", Services: []string{"TCP 192.0.2.1:80"}}
	for i := range n {
		v.RealServers = append(v.RealServers, api.RealServer{Address: fmt.Sprintf("10.0.%d.%d:80", i/250, i%250+1), State: "up", Active: uint32(i * 7919 % 1000)})
	}
	return api.Status{VirtualServers: []api.VirtualServer{v}}
}

// All of a long list can be reached, in steps of a page without overlooking any.
func TestLongList(t *testing.T) {
	s := newStage(t, many(1000), Options{})
	s.size(80, 24)
	seen := make(map[string]bool)
	for range 200 {
		for line := range strings.Lines(s.screen()) {
			if fields := strings.Fields(strings.TrimPrefix(line, "> ")); len(fields) > 1 && fields[1] == "up" {
				seen[fields[0]] = true
			}
		}
		s.press("pgdown")
	}
	if len(seen) != 1000 || s.selected() != "web 10.0.3.250:80" {
		t.Errorf("saw %d, at %s", len(seen), s.selected())
	}
	s.press("g")
	if s.selected() != "web 10.0.0.1:80" || s.m.list.top > 1 {
		t.Errorf("home: %s, top %d", s.selected(), s.m.list.top)
	}
	s.press("s", "s")
	if i := slices.IndexFunc(s.m.list.lines, func(l line) bool { return l.server.Active != 999 }); i != 1 {
		t.Errorf("%d have most connections", i)
	}
}

func BenchmarkThousand(b *testing.B) {
	m := newModel(Options{}, func(job) tea.Cmd { return nil })
	st := many(1000)
	b.Run("answer", func(b *testing.B) {
		for b.Loop() {
			m.take(answer{status: st})
		}
	})
	b.Run("draw", func(b *testing.B) {
		for b.Loop() {
			m.View()
		}
	})
}
