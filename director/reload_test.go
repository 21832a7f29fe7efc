package director

import (
	"testing"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
)

// otherCheck is another question to server n.
func otherCheck(n int) healthcheck.Check {
	spec := check(server(n)).Spec()
	spec.Timing.Interval = time.Second
	return spec.Check()
}

func withOtherChecks(v *VirtualServer) {
	for i := range v.RealServers {
		v.RealServers[i].Checks = []healthcheck.Check{otherCheck(i + 1)}
	}
}

func withoutChecks(v *VirtualServer) {
	for i := range v.RealServers {
		v.RealServers[i].Checks = nil
	}
}

// TestReload goes through changes of one service: words in the list are
// results, "~1+" of the other check.
func TestReload(t *testing.T) {
	for _, tt := range []struct {
		name   string
		before []edit
		known  string
		after  []edit
		want   string // right after the reload
		state  string // of server 1
		then   []healthcheck.Update
		later  string
	}{
		{name: "up keeps its place until the new probe answers", known: "1+ 2-", after: []edit{withOtherChecks}, want: "1=1", state: "up",
			then: []healthcheck.Update{up(otherCheck(2))}, later: "1=1 2=1"},
		{name: "and leaves if that is bad", known: "1+ 2+", after: []edit{withOtherChecks}, want: "1=1 2=1", state: "up",
			then: []healthcheck.Update{down(otherCheck(1))}, later: "2=1"},
		{name: "down stays down", known: "1-", after: []edit{withOtherChecks, withoutAlpha}, want: "2=1", state: "down",
			then: []healthcheck.Update{up(otherCheck(1))}, later: "1=1 2=1"},
		{name: "the old question does not count any more", known: "1+ 2+", after: []edit{withOtherChecks}, want: "1=1 2=1", state: "up",
			then: probes("1-"), later: "1=1 2=1"},
		{name: "unknown stays unknown", after: []edit{withOtherChecks}, want: "", state: "unknown",
			then: []healthcheck.Update{up(otherCheck(1))}, later: "1=1"},
		{name: "checks go", known: "1-", after: []edit{withoutChecks}, want: "1=1 2=1", state: "up"},
		{name: "checks come", before: []edit{withoutChecks}, want: "1=1 2=1", state: "up",
			then: probes("1-"), later: "2=1"},
		{name: "a check more", known: "1+ 2-", after: []edit{func(v *VirtualServer) {
			for i := range v.RealServers {
				v.RealServers[i].Checks = append(v.RealServers[i].Checks, otherCheck(i+1))
			}
		}}, want: "1=1", state: "up", then: append(probes("1+ 2+"), up(otherCheck(2))), later: "1=1 2=1"},
		{name: "alpha comes", before: []edit{withoutAlpha}, want: "1=1 2=1", state: "unknown", then: probes("1-"), later: "2=1"},
		{name: "alpha goes", after: []edit{withoutAlpha}, want: "1=1 2=1", state: "unknown", then: probes("1-"), later: "2=1"},
		{name: "inhibit_on_failure comes", known: "1+ 2-", after: []edit{withInhibit}, want: "1=1 2=0", state: "up", then: probes("2+"), later: "1=1 2=1"},
		{name: "between the thresholds the quorum is remembered", before: []edit{withSorry, withQuorum(2)}, known: "1+ 2+",
			after: []edit{withSorry, withQuorum(3), withHysteresis(1)}, want: "1=1 2=1", state: "up", then: probes("1-"), later: "9=1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPool([]VirtualServer{virtual(1, "1=1 2=1", tt.before...)})
			p.observe(asResults(probes(tt.known)...))
			next, _ := p.reload([]VirtualServer{virtual(1, "1=1 2=1", tt.after...)}, nil, time.Now())
			if got := short(next.services[0].desired()); got != tt.want {
				t.Errorf("after the reload %q, want %q", got, tt.want)
			}
			if got := next.services[0].servers[0].state.String(); got != tt.state {
				t.Errorf("server 1 is %s, want %s", got, tt.state)
			}
			if len(tt.then) == 0 {
				return
			}
			next.observe(asResults(tt.then...))
			if got := short(next.services[0].desired()); got != tt.later {
				t.Errorf("later %q, want %q", got, tt.later)
			}
		})
	}
}

// The checker may hear of the second of two reloads alone, and then has no
// news of a check that the first had dropped.
func TestReloadThereAndBack(t *testing.T) {
	with, without := []VirtualServer{virtual(1, "1=1 2=1")}, []VirtualServer{virtual(1, "2=1")}
	for _, tt := range []struct {
		between time.Duration
		news    string
		want    string
	}{
		{0, "", "1=1 2=1"},
		{formerTime - 1, "", "1=1 2=1"},
		{0, "1-", "2=1"},
		{formerTime, "", "2=1"},
	} {
		now := time.Now()
		p := newPool(with)
		p.observe(asResults(probes("1+ 2+")...))
		p, _ = p.reload(without, nil, now)
		p.observe(asResults(probes(tt.news)...))
		if got := short(p.services[0].desired()); got != "2=1" {
			t.Errorf("without server 1: %q", got)
		}
		p, _ = p.reload(without, nil, now.Add(tt.between))
		p, _ = p.reload(with, nil, now.Add(tt.between))
		if got := short(p.services[0].desired()); got != tt.want {
			t.Errorf("again after %s with news %q: %q, want %q", tt.between, tt.news, got, tt.want)
		}
		p, _ = p.reload(without, nil, now)
		p, _ = p.reload(without, nil, now.Add(formerTime))
		if len(p.former) > 0 {
			t.Error("former results are kept for ever")
		}
	}
}

func TestHeirs(t *testing.T) {
	named := func(name string, n int, more ...int) VirtualServer {
		v := virtual(n, "1=1")
		v.Name = name
		for _, m := range more {
			v.Keys = append(v.Keys, key(m))
		}
		return v
	}
	old := newPool([]VirtualServer{named("a", 1, 11), named("b", 2), named("c", 3), named("", 4)})
	next := newPool([]VirtualServer{
		named("b", 1),     // the name counts, not the key
		named("x", 5, 11), // a is gone, but one of its keys is here
		named("y", 2),     // b's key, but b lives on
		named("c", 3),
		named("z", 4), // had no name
		named("new", 6),
	})
	want := []string{"b", "a", "", "c", "TCP 192.0.2.4:80", ""}
	for i, heir := range next.heirs(old) {
		got := ""
		if heir != nil {
			got = heir.cfg.name()
		}
		if got != want[i] {
			t.Errorf("%s goes on with %q, want %q", next.services[i].cfg.name(), got, want[i])
		}
	}
}
