package director

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
	"pgregory.net/rapid"
)

// A poolCase is a service, what becomes of it, and what is wanted then.
type poolCase struct {
	name    string
	servers string
	edits   []edit
	kernel  string // destinations found at adoption
	steps   string // probe results, one after the other
	want    string
	news    string
}

type edit = func(*VirtualServer)

func (c poolCase) run(t *testing.T) {
	p := newPool([]VirtualServer{virtual(1, c.servers, c.edits...)})
	p.adopt(table{key(1): existing(1, c.kernel)})
	var news []string
	for _, u := range probes(c.steps) {
		_, events := p.observe(asResults(u))
		for _, e := range events {
			news = append(news, eventText(e))
		}
	}
	if got := short(p.services[0].desired()); got != c.want {
		t.Errorf("destinations are %q, want %q", got, c.want)
	}
	if diff := cmp.Diff(c.news, strings.Join(news, ", ")); diff != "" {
		t.Errorf("news (-want +got):\n%s", diff)
	}
}

func TestDesired(t *testing.T) {
	for _, c := range []poolCase{
		{name: "alpha waits for the first result", servers: "1=1 2=1", want: ""},
		{name: "without alpha an unprobed server is in service", servers: "1=1 2=1", edits: []edit{withoutAlpha}, want: "1=1 2=1"},
		{name: "first results", servers: "1=1 2=3", steps: "2+ 1-", want: "2=3",
			news: "up 2 first, gained first, down 1 (tcp_check: connection refused)"},
		{name: "destinations are sorted", servers: "3=1 1=1 2=1", edits: []edit{withoutAlpha}, want: "1=1 2=1 3=1"},
		{name: "down is deleted", servers: "1=1 2=1", steps: "1+ 2+ 1-", want: "2=1",
			news: "up 1 first, gained first, up 2 first, down 1 (tcp_check: connection refused)"},
		{name: "down is inhibited", servers: "1=1 2=1", edits: []edit{withInhibit}, steps: "1+ 2+ 1-", want: "1=0 2=1",
			news: "up 1 first, gained first, up 2 first, down 1 (tcp_check: connection refused)"},
		{name: "up again", servers: "1=2", steps: "1+ 1- 1+", want: "1=2",
			news: "up 1 first, gained first, down 1 (tcp_check: connection refused), lost, up 1, gained"},
		{name: "a repeated result is no news", servers: "1=2", steps: "1+ 1+ 1+", want: "1=2", news: "up 1 first, gained first"},

		{name: "sorry server until the first is up", servers: "1=1", edits: []edit{withSorry}, want: "9=1"},
		{name: "sorry server leaves", servers: "1=1 2=1", edits: []edit{withSorry}, steps: "1+", want: "1=1",
			news: "up 1 first, gained first, sorry out first"},
		{name: "sorry server comes", servers: "1=1", edits: []edit{withSorry}, steps: "1+ 1-", want: "9=1",
			news: "up 1 first, gained first, sorry out first, down 1 (tcp_check: connection refused), lost, sorry in"},
		{name: "sorry server takes the place of the live ones", servers: "1=1 2=1", edits: []edit{withSorry, withQuorum(2)}, steps: "1+ 2+ 2-", want: "9=1",
			news: "up 1 first, up 2 first, gained first, sorry out first, down 2 (tcp_check: connection refused), lost, sorry in"},
		{name: "live ones are inhibited beside the sorry server", servers: "1=1 2=1", edits: []edit{withSorry, withInhibit, withQuorum(2)}, steps: "1+", want: "1=0 2=0 9=1",
			news: "up 1 first"},
		{name: "sorry server is always weight 1", servers: "1=1", edits: []edit{func(v *VirtualServer) { v.SorryServer = &destinations("9=7")[0] }}, want: "9=1"},
		{name: "sorry server that is also a real server", servers: "1=1 9=5", edits: []edit{withSorry, withInhibit}, want: "1=0 9=1"},
		{name: "such a one as real server", servers: "1=1 9=5", edits: []edit{withSorry, withInhibit}, steps: "9+", want: "1=0 9=5",
			news: "up 9 first, gained first, sorry out first"},

		{name: "quorum counts weights", servers: "1=3 2=1", edits: []edit{withSorry, withQuorum(3)}, steps: "1+", want: "1=3",
			news: "up 1 first, gained first, sorry out first"},
		{name: "lost quorum without a sorry server changes nothing", servers: "1=1 2=1", edits: []edit{withQuorum(2)}, steps: "1+", want: "1=1", news: "up 1 first"},
		{name: "quorum 0 means 1", servers: "1=1", edits: []edit{withSorry, withQuorum(0)}, want: "9=1"},
		{name: "weight 0 is no quorum but finishes its connections", servers: "1=0 2=1", edits: []edit{withSorry}, steps: "1+", want: "1=0 9=1", news: "up 1 first"},

		{name: "no checks: always up", servers: "1=1 2=1", edits: []edit{func(v *VirtualServer) { v.RealServers[1].Checks = nil }}, want: "2=1"},
		{name: "mh keeps everybody", servers: "1=1 2=1", edits: []edit{withScheduler("mh")}, steps: "2+", want: "1=0 2=1", news: "up 2 first, gained first"},
		{name: "mh with a sorry server", servers: "1=1 2=1", edits: []edit{withScheduler("mh"), withSorry}, steps: "1+ 1-", want: "1=0 2=0 9=1",
			news: "up 1 first, gained first, sorry out first, down 1 (tcp_check: connection refused), lost, sorry in"},
	} {
		t.Run(c.name, c.run)
	}
}

func TestDesiredAfterAdoption(t *testing.T) {
	for _, c := range []poolCase{
		{name: "adopted ones stay in service", servers: "1=1 2=1", kernel: "1=1", want: "1=1"},
		{name: "adopted ones get the configured weight", servers: "1=5", kernel: "1=1", want: "1=5"},
		{name: "adopted until the first result", servers: "1=1 2=1", kernel: "1=1 2=1", steps: "1-", want: "2=1",
			news: "down 1 (tcp_check: connection refused)"},
		{name: "adopted and confirmed", servers: "1=1", kernel: "1=1", steps: "1+", want: "1=1", news: "up 1 first"},
		{name: "adopted at weight 0 is out", servers: "1=1 2=1", kernel: "1=0 2=1", edits: []edit{withInhibit}, want: "1=0 2=1"},
		{name: "also without alpha", servers: "1=1 2=1", kernel: "1=0 2=1", edits: []edit{withInhibit, withoutAlpha}, want: "1=0 2=1"},
		{name: "and keeps its connections if it is not to be inhibited any more", servers: "1=1 2=1", kernel: "1=0 2=1", want: "1=0 2=1"},
		{name: "until it is known to be down", servers: "1=1 2=1", kernel: "1=0 2=1", steps: "1-", want: "2=1",
			news: "down 1 (tcp_check: connection refused)"},
		{name: "adopted with weight 0 by configuration", servers: "1=0 2=1", kernel: "1=0 2=1", want: "1=0 2=1"},
		{name: "unknown destination is not adopted", servers: "1=1", kernel: "1=1 5=1", want: "1=1"},
		{name: "adopted sorry server stays while needed", servers: "1=1", edits: []edit{withSorry}, kernel: "9=1", want: "9=1"},
		{name: "adopted sorry server beside real servers leaves", servers: "1=1", edits: []edit{withSorry}, kernel: "1=1 9=1", want: "1=1"},
		{name: "adopted ones below the quorum keep connections", servers: "1=1 2=1", edits: []edit{withSorry, withQuorum(2)}, kernel: "1=1", want: "1=0 9=1"},
	} {
		t.Run(c.name, c.run)
	}
}

func eventText(e Event) string {
	names := []string{"up", "down", "gained", "lost", "sorry in", "sorry out", "warning", "warning over", "weight", "missing",
		"drains", "drained", "disabled", "enabled", "weight set", "repaired", "contested", "left alone"}
	text := names[e.Kind]
	if e.RealServer.IsValid() && e.Kind != SorryServerIn && e.Kind != SorryServerOut {
		text += fmt.Sprintf(" %d", e.RealServer.Addr().As4()[3])
	}
	if e.Reason != "" {
		text += " (" + e.Reason + ")"
	}
	if e.First && e.Kind != ServerDown {
		text += " first"
	}
	return text
}

func TestServiceParameters(t *testing.T) {
	v := virtual(1, "1=1", withScheduler("mh"), func(v *VirtualServer) {
		v.Flags = ipvs.MHPort
		v.PersistenceTimeout = 50e9
	})
	got := newService(&v).settings(key(1))
	if want := "TCP 192.0.2.1:80 mh (flag-1,flag-2) persistent 50"; got.String() != want {
		t.Errorf("service is %q, want %q", got, want)
	}
}

func TestObserveNamesTheServicesThatAsk(t *testing.T) {
	p := newPool([]VirtualServer{virtual(1, "1=1 1=2"), virtual(2, "2=1"), virtual(3, "1=1 2=1")})
	touched, _ := p.observe(asResults(probes("1+")...))
	if want := []int{0, 2}; !slices.Equal(touched, want) {
		t.Errorf("services touched by the result of server 1: %v, want %v", touched, want)
	}
	touched, events := p.observe(asResults(probes("7-")...))
	if len(touched)+len(events)+len(p.known) != 1 {
		t.Errorf("a result that nobody asked for touched %v with %d events and is kept", touched, len(events))
	}
	if up, down, all := p.probed(); all {
		t.Errorf("nothing is known about server 2, but all are probed: %d up, %d down", up, down)
	}
	p.observe(asResults(probes("2-")...))
	if up, down, all := p.probed(); up != 3 || down != 2 || !all {
		t.Errorf("%d up, %d down, all probed: %v; want 3, 2", up, down, all)
	}
}

// A check that was suspended begins anew when it is asked again, and may have
// trouble of its own before it has an answer.
func TestWhatACheckSaidStandsUntilItsNextAnswer(t *testing.T) {
	p := newPool([]VirtualServer{virtual(1, "1=1 2=1")})
	p.observe(asResults(probes("1+ 2-")...))
	for n := range 2 {
		trouble := healthcheck.Update{Check: check(server(n + 1)), Status: healthcheck.Status{Reason: "no ports left"}}
		if touched, events := p.observe(asResults(trouble)); len(touched)+len(events) > 0 {
			t.Errorf("trouble of server %d touched %v with %v", n+1, touched, events)
		}
	}
	if got := short(p.services[0].desired()); got != "1=1" {
		t.Errorf("destinations are %q", got)
	}
}

// TestPoolWalk checks the rules of the package against results in any order.
func TestPoolWalk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		servers := drawVirtualServers(t)
		p := newPool(servers)
		have := drawTable(t, servers)
		p.adopt(have)
		states := make(results)
		sorry := make(map[string]bool)
		for _, s := range p.services {
			sorry[s.cfg.Name] = s.sorry()
			checkService(t, s, states, have)
		}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			fresh := asResults(drawProbes(t)...)
			maps.Copy(states, fresh)
			_, events := p.observe(fresh)
			for _, e := range events {
				switch e.Kind {
				case SorryServerIn, SorryServerOut:
					if sorry[e.VirtualServer] == (e.Kind == SorryServerIn) {
						t.Fatalf("%s: %s, as it was already", e.VirtualServer, eventText(e))
					}
					sorry[e.VirtualServer] = e.Kind == SorryServerIn
				default:
				}
			}
			for _, s := range p.services {
				if s.sorry() != sorry[s.cfg.Name] {
					t.Fatalf("%s: sorry server is in: %t, without an event", s.cfg.Name, s.sorry())
				}
				checkService(t, s, states, have)
			}
		}
	})
}

// checkService compares a service with the rules, said in another way than in
// the code.
func checkService(t *rapid.T, s *service, states results, have table) {
	want := s.desired()
	if !slices.Equal(want.Destinations, s.desired().Destinations) {
		t.Fatalf("desired is not deterministic")
	}
	for i := 1; i < len(want.Destinations); i++ {
		if want.Destinations[i-1].Addr.Compare(want.Destinations[i].Addr) >= 0 {
			t.Fatalf("not sorted: %s", short(want))
		}
	}
	live := 0
	for _, r := range s.cfg.RealServers {
		status := states[r.Checks[0]].State
		kernel, found := weights(have[s.cfg.Keys[0]])[r.Destination.Addr]
		if status == healthcheck.Up || status == healthcheck.Unknown && (kernel > 0 || !found && !r.Alpha) {
			live += probedWeight(r.Destination.Weight, states[r.Checks[0]].Weight)
		}
		got, there := weights(want)[r.Destination.Addr]
		if status == healthcheck.Down && got > 0 {
			t.Fatalf("%s is down and in service: %s", r.Destination.Addr, short(want))
		}
		if (s.cfg.Scheduler == "mh" || r.InhibitOnFailure || status == healthcheck.Unknown && found) && !there {
			t.Fatalf("%s should keep its place: %s", r.Destination.Addr, short(want))
		}
	}
	standIn, present := weights(want)[server(9)]
	sorry := standIn > 0
	if s.cfg.SorryServer != nil && s.cfg.SorryServerInhibit && !present {
		t.Fatalf("the sorry server should keep its place: %s", short(want))
	}
	if wantSorry := s.cfg.SorryServer != nil && live < max(s.cfg.Quorum, 1); sorry != wantSorry {
		t.Fatalf("live weight %d, quorum %d: sorry server is in: %t, want %t: %s", live, s.cfg.Quorum, sorry, wantSorry, short(want))
	}
	if !serves(want) && (live > 0 || s.cfg.SorryServer != nil) {
		t.Fatalf("live weight %d and sorry server %v, but nothing serves: %s", live, s.cfg.SorryServer, short(want))
	}
}

// probedWeight is the weight of a server with one check.
func probedWeight(configured uint32, said healthcheck.Weight) int {
	weight := int(configured)
	switch said.Kind {
	case healthcheck.WeightIs:
		weight = int(said.N)
	case healthcheck.WeightOffset:
		weight += int(said.N)
	case healthcheck.WeightPercent: // 50
		weight = (weight + 1) / 2
	case healthcheck.NoWeight:
	}
	return max(weight, 0)
}

// drawVirtualServers draws services that share servers 1 to 4.
func drawVirtualServers(t *rapid.T) []VirtualServer {
	var servers []VirtualServer
	for n := range rapid.IntRange(1, 3).Draw(t, "services") {
		var text []string
		for i := range 4 {
			if rapid.Bool().Draw(t, "configured") {
				text = append(text, fmt.Sprintf("%d=%d", i+1, rapid.IntRange(0, 2).Draw(t, "weight")))
			}
		}
		v := virtual(n+1, strings.Join(text, " "))
		withAlpha(rapid.Bool().Draw(t, "alpha"))(&v)
		v.Quorum = rapid.IntRange(0, 4).Draw(t, "quorum")
		v.Scheduler = rapid.SampledFrom([]string{"wrr", "mh"}).Draw(t, "scheduler")
		if rapid.Bool().Draw(t, "sorry") {
			withSorry(&v)
			v.SorryServerInhibit = rapid.Bool().Draw(t, "sorry inhibit")
		}
		if rapid.Bool().Draw(t, "inhibit") {
			withInhibit(&v)
		}
		servers = append(servers, v)
	}
	return servers
}

// drawTable draws what the kernel may have before the start; server 5 is
// never configured.
func drawTable(t *rapid.T, servers []VirtualServer) table {
	have := make(table)
	for _, v := range servers {
		if !rapid.Bool().Draw(t, "exists") {
			continue
		}
		s := ipvs.Service{Key: v.Keys[0], Scheduler: "wrr"}
		for n := range 5 {
			if rapid.Bool().Draw(t, "present") {
				s.Destinations = append(s.Destinations, ipvs.Destination{Addr: server(n + 1), Forward: ipvs.DR, Weight: rapid.Uint32Range(0, 2).Draw(t, "found")})
			}
		}
		have[v.Keys[0]] = s
	}
	return have
}

func drawWeight(t *rapid.T) healthcheck.Weight {
	return rapid.SampledFrom([]healthcheck.Weight{
		{}, {Kind: healthcheck.WeightIs}, {Kind: healthcheck.WeightIs, N: 3},
		{Kind: healthcheck.WeightOffset, N: -1}, {Kind: healthcheck.WeightPercent, N: 50},
	}).Draw(t, "weight")
}

func drawProbes(t *rapid.T) []healthcheck.Update {
	var updates []healthcheck.Update
	for range rapid.IntRange(1, 3).Draw(t, "results") {
		c := check(server(rapid.IntRange(1, 4).Draw(t, "server")))
		if rapid.Bool().Draw(t, "up") {
			good := up(c)
			good.Status.Weight = drawWeight(t)
			updates = append(updates, good)
		} else {
			updates = append(updates, down(c))
		}
	}
	return updates
}
