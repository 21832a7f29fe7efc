package director

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
)

// says is a good result with a weight.
func says(c healthcheck.Check, kind healthcheck.WeightKind, n int32) healthcheck.Update {
	u := up(c)
	u.Status.Weight = healthcheck.Weight{Kind: kind, N: n}
	return u
}

func TestWeighing(t *testing.T) {
	is := func(n int32) healthcheck.Weight { return healthcheck.Weight{Kind: healthcheck.WeightIs, N: n} }
	plus := func(n int32) healthcheck.Weight { return healthcheck.Weight{Kind: healthcheck.WeightOffset, N: n} }
	percent := func(n int32) healthcheck.Weight { return healthcheck.Weight{Kind: healthcheck.WeightPercent, N: n} }
	for _, tt := range []struct {
		configured uint32
		said       []healthcheck.Weight
		want       uint32
	}{
		{10, nil, 10},
		{10, []healthcheck.Weight{{}, {}}, 10},
		{10, []healthcheck.Weight{is(7)}, 7},
		{10, []healthcheck.Weight{is(0)}, 0},
		{10, []healthcheck.Weight{is(7), is(12)}, 9}, // -3 and +2
		{10, []healthcheck.Weight{plus(5), plus(-3)}, 12},
		{10, []healthcheck.Weight{is(4), plus(5)}, 9},
		{10, []healthcheck.Weight{plus(-50), plus(45)}, 5}, // only what comes out is bounded
		{10, []healthcheck.Weight{plus(-11)}, 0},
		{10, []healthcheck.Weight{percent(75)}, 8},
		{10, []healthcheck.Weight{percent(50), plus(10)}, 10}, // percentages come last
		{10, []healthcheck.Weight{percent(50), percent(50)}, 3},
		{1, []healthcheck.Weight{percent(1)}, 1},
		{1, []healthcheck.Weight{percent(0)}, 0},
		{0, []healthcheck.Weight{percent(100)}, 0},
		{0, []healthcheck.Weight{plus(3)}, 3},
		{10, []healthcheck.Weight{percent(-5)}, 0},
		{maxWeight, []healthcheck.Weight{plus(maxWeight), percent(maxWeight), percent(100)}, maxWeight},
		{0, []healthcheck.Weight{is(-maxWeight - 1), plus(-maxWeight - 1), percent(-maxWeight - 1)}, 0},
	} {
		var w weighing
		for _, said := range tt.said {
			w.add(tt.configured, said)
		}
		if got := w.of(tt.configured); got != tt.want {
			t.Errorf("%d with %v: %d, want %d", tt.configured, tt.said, got, tt.want)
		}
	}
}

// One agent speaks for a server of three services.
func TestWeightsFromProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(), &fakeLedger{}, services(virtual(1, "1=10 2=5", withQuorum(8)), virtual(2, "1=4", withSorry), virtual(3, "1=20 2=1", withInhibit)))
		agent := check(server(1))
		expect := func(what, first, second, third string) {
			t.Helper()
			synctest.Wait()
			for n, want := range []string{first, second, third} {
				if got := b.kernel.destinations(n + 1); got != want {
					t.Errorf("%s: service %d has %q, want %q", what, n+1, got, want)
				}
			}
		}
		b.Report(says(agent, healthcheck.WeightIs, 7))
		b.probe("2+")
		expect("in place of the configured weight", "1=7 2=5", "1=7", "1=7 2=1")
		b.Report(says(agent, healthcheck.WeightPercent, 50))
		expect("a part of it", "1=5 2=5", "1=2", "1=10 2=1")
		b.Report(says(agent, healthcheck.WeightOffset, -4))
		expect("less than it, for one nothing", "1=6 2=5", "1=0 9=1", "1=16 2=1")
		r := b.Status().VirtualServers[1]
		if s := r.RealServers[0]; s.State != "up" || s.Weight != 0 || s.EffectiveWeight != 0 || s.ConfiguredWeight != 4 || r.LiveWeight != 0 || r.QuorumUp {
			t.Errorf("status of a server that a probe drains: %+v", r)
		}
		b.news()
		b.Report(says(agent, healthcheck.WeightIs, 2))
		synctest.Wait()
		b.expectNews(
			"web1 weight 1 (2, after 6; configured is 10): ",
			"web1 lost: ",
			"web2 weight 1 (2, after 0; configured is 4): ",
			"web2 gained: ",
			"web2 sorry out: ",
			"web3 weight 1 (2, after 16; configured is 20): ",
		)
		b.probe("1-")
		expect("down", "2=5", "9=1", "1=0 2=1")
		b.probe("1+")
		expect("up without a wish", "1=10 2=5", "1=4", "1=20 2=1")
		if strings.Contains(b.logged.String(), "weight=") || strings.Contains(b.logged.String(), "another weight") {
			t.Errorf("weights are in the log:\n%s", b.logged)
		}
		b.expectStop()
	})
}

// A reload that only asks in another way keeps the weight until there is an
// answer; one that changes the configured weight begins with that.
func TestWeightsOverAReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(), &fakeLedger{}, services(virtual(1, "1=10")))
		b.Report(says(check(server(1)), healthcheck.WeightIs, 0))
		synctest.Wait()
		patient := func(v *VirtualServer) {
			spec := v.RealServers[0].Checks[0].Spec()
			spec.Timing.Timeout = time.Minute
			v.RealServers[0].Checks = []healthcheck.Check{spec.Check()}
		}
		for _, tt := range []struct {
			name string
			v    VirtualServer
			want string
		}{
			{"the same", virtual(1, "1=10"), "1=0"},
			{"asked in another way", virtual(1, "1=10", patient), "1=0"},
			{"and with another weight", virtual(1, "1=20"), "1=0"}, // the answer to the first is still known
			{"asked in another way, with another weight", virtual(1, "1=30", patient), "1=30"},
		} {
			b.update(tt.v)
			if got := b.kernel.destinations(1); got != tt.want {
				t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
			}
		}
		b.expectStop()
	})
}

func TestSlowStartToAWeightFromAProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(), &fakeLedger{}, services(virtual(1, "1=10", withSlowStart(100*time.Second))))
		agent := check(server(1))
		expect := func(what, want string) {
			t.Helper()
			synctest.Wait()
			if got := b.kernel.destinations(1); got != want {
				t.Errorf("%s: %q, want %q", what, got, want)
			}
		}
		b.probe("1-")
		b.Report(says(agent, healthcheck.WeightIs, 100))
		expect("a tenth of what the probe wants", "1=10")
		time.Sleep(50 * time.Second)
		expect("on the way", "1=55")
		b.Report(says(agent, healthcheck.WeightIs, 200))
		expect("half way to another weight", "1=110")
		b.Report(says(agent, healthcheck.WeightIs, 0))
		expect("drained", "1=0")
		time.Sleep(10 * time.Second)
		b.Report(says(agent, healthcheck.WeightIs, 100))
		expect("and back on the way", "1=64")
		time.Sleep(39 * time.Second)
		expect("nearly there", "1=91")
		time.Sleep(time.Second)
		expect("there", "1=100")
		b.Report(says(agent, healthcheck.WeightIs, 200))
		expect("at once from then on", "1=200")
		b.expectStop()
	})
}

func TestWarnings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(), &fakeLedger{}, services(virtual(1, "1=1")))
		warns := func(text string) {
			t.Helper()
			u := up(check(server(1)))
			u.Status.Warning = text
			b.Report(u)
			synctest.Wait()
			want := ""
			if text != "" {
				want = "tcp_check: " + text
			}
			if got := b.Status().VirtualServers[0].RealServers[0].Warning; got != want {
				t.Errorf("warning in the status: %q, want %q", got, want)
			}
		}
		warns("12 days left")
		b.expectNews("web1 up 1 first: ", "web1 warning 1 (tcp_check: 12 days left): ", "web1 gained first: ")
		warns("11 days left")
		b.expectNews()
		warns("")
		b.expectNews("web1 warning over 1 (tcp_check: 11 days left): ")
		warns("10 days left")
		b.news()
		b.probe("1-")
		b.expectNews("web1 down 1 (tcp_check: connection refused): ", "web1 lost: ") // a warning is not over because of that
		if r := b.Status().VirtualServers[0].RealServers[0]; r.Warning != "" {
			t.Errorf("warning of a server that is down: %q", r.Warning)
		}
		b.expectStop()
	})
}
