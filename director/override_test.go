package director

import (
	"errors"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
)

// said turns words into an override: "drain", "disable", "enable" or a weight.
func said(word string) Override {
	switch word {
	case "drain":
		return Override{Kind: Drain}
	case "disable":
		return Override{Kind: Disable}
	case "enable":
		return Override{}
	default:
		return Override{Kind: SetWeight, Weight: uint32(number(word))}
	}
}

// apply does steps: "1+" and "1-" are results, "1:drain" is an operator's word,
// "1:over" the end of a drain, "reload" a reload without a change.
func apply(t *testing.T, p *pool, steps string) (_ *pool, news []string) {
	t.Helper()
	hear := func(events []Event) {
		for _, e := range events {
			news = append(news, eventText(e))
		}
	}
	for word := range strings.FieldsSeq(steps) {
		n, order, ordered := strings.Cut(word, ":")
		switch {
		case word == "reload":
			next, events := p.reload([]VirtualServer{*p.services[0].cfg}, nil, time.Now())
			p = next
			hear(events)
		case order == "over":
			r := &p.services[0].servers[number(n)-1]
			o := r.ordered()
			o.Over = true
			r.obey(o)
		case ordered:
			_, events, err := p.order("web1", server(number(n)), said(order))
			if err != nil {
				t.Fatal(err)
			}
			hear(events)
		default:
			_, events := p.observe(asResults(probes(word)...))
			hear(events)
		}
	}
	return p, news
}

func TestOverrides(t *testing.T) {
	for _, tt := range []struct {
		name   string
		edits  []edit
		before string // not in the news
		steps  string
		want   string
		state  string // of server 1
		news   string
	}{
		{name: "drain is weight 0", before: "1+ 2+", steps: "1:drain", want: "1=0 2=3", state: "drained", news: "drains 1 (until its connections end)"},
		{name: "until it is over", before: "1+ 2+ 1:drain", steps: "1:over", want: "2=3", state: "drained"},
		{name: "enable takes it back", before: "1+ 2+ 1:drain", steps: "1:enable", want: "1=2 2=3", state: "up", news: "enabled 1 (drain is taken back)"},
		{name: "also when it is over", before: "1+ 2+ 1:drain 1:over", steps: "1:enable", want: "1=2 2=3", state: "up", news: "enabled 1 (drain is taken back)"},
		{name: "enable without an order is no news", before: "1+ 2+", steps: "1:enable", want: "1=2 2=3", state: "up"},
		{name: "disable is out", before: "1+ 2+", steps: "1:disable", want: "2=3", state: "disabled", news: "disabled 1 (by command)"},
		{name: "out does not come back to drain", before: "1+ 2+ 1:disable", steps: "1:drain", want: "2=3", state: "drained", news: "drains 1 (until its connections end)"},
		{name: "draining may be cut short", before: "1+ 2+ 1:drain", steps: "1:disable", want: "2=3", state: "disabled", news: "disabled 1 (by command)"},
		{name: "weight", before: "1+ 2+", steps: "1:7", want: "1=7 2=3", state: "up", news: "weight set 1 (7; configured is 2)"},
		{name: "weight ends a drain", before: "1+ 2+ 1:drain", steps: "1:7", want: "1=7 2=3", state: "up", news: "weight set 1 (7; configured is 2)"},
		{name: "weight 0 is up", before: "1+ 2+", steps: "1:0", want: "1=0 2=3", state: "up", news: "weight set 1 (0; configured is 2)"},
		{name: "weight is taken back", before: "1+ 2+ 1:7", steps: "1:enable", want: "1=2 2=3", state: "up", news: "enabled 1 (weight is taken back)"},

		{name: "a drained server that is down is not in", before: "1+ 2+ 1:drain", steps: "1-", want: "2=3", state: "drained", news: "down 1 (tcp_check: connection refused)"},
		{name: "and drains on when it is up again", before: "1+ 2+ 1:drain 1-", steps: "1+", want: "1=0 2=3", state: "drained", news: "up 1"},
		{name: "but not when it is over", before: "1+ 2+ 1:drain 1- 1:over", steps: "1+", want: "2=3", state: "drained", news: "up 1"},
		{name: "enabled while down it stays out", before: "1+ 2+ 1:disable 1-", steps: "1:enable", want: "2=3", state: "down", news: "enabled 1 (disable is taken back)"},
		{name: "a disabled server is not inhibited but gone", edits: []edit{withInhibit}, before: "1+ 2+", steps: "1:disable", want: "2=3", state: "disabled", news: "disabled 1 (by command)"},
		{name: "also if it fails", edits: []edit{withInhibit}, before: "1+ 2+ 1:disable", steps: "1-", want: "2=3", state: "disabled", news: "down 1 (tcp_check: connection refused)"},
		{name: "one that drains and fails is inhibited", edits: []edit{withInhibit}, before: "1+ 2+ 1:drain", steps: "1-", want: "1=0 2=3", state: "drained", news: "down 1 (tcp_check: connection refused)"},
		{name: "before the first result", steps: "1:drain 2:disable", state: "drained", news: "drains 1 (until its connections end), disabled 2 (by command)"},
		{name: "the first result does not change it", before: "1:disable 2:drain", steps: "1+ 2+", want: "2=0", state: "disabled", news: "up 1 first, up 2 first, missing"},
		{name: "mh keeps it at weight 0", edits: []edit{withScheduler("mh")}, before: "1+ 2+", steps: "1:disable 2:drain 2:over", want: "1=0 2=0", state: "disabled",
			news: "disabled 1 (by command), drains 2 (until its connections end), lost"},

		{name: "the quorum counts it as weight 0", edits: []edit{withQuorum(4)}, before: "1+ 2+", steps: "1:drain", want: "1=0 2=3", state: "drained",
			news: "drains 1 (until its connections end), lost"},
		{name: "the sorry server comes when the last one drains", edits: []edit{withSorry}, before: "2- 1+", steps: "1:drain", want: "1=0 9=1", state: "drained",
			news: "drains 1 (until its connections end), lost, sorry in"},
		{name: "and stays when that is over", edits: []edit{withSorry}, before: "2- 1+ 1:drain", steps: "1:over", want: "9=1", state: "drained"},
		{name: "others below the quorum leave to the sorry server", edits: []edit{withSorry, withQuorum(4)}, before: "1+ 2+", steps: "1:drain", want: "1=0 9=1", state: "drained",
			news: "drains 1 (until its connections end), lost, sorry in"},
		{name: "a weight counts for the quorum", edits: []edit{withSorry, withQuorum(8)}, before: "1+ 2+", steps: "1:5", want: "1=5 2=3", state: "up",
			news: "weight set 1 (5; configured is 2), gained first, sorry out first"},

		{name: "reloads keep it", before: "1+ 2+ 1:drain 2:7", steps: "reload", want: "1=0 2=7", state: "drained"},
		{name: "reloads keep the end of it", before: "1+ 2+ 1:drain 1:over", steps: "reload", want: "2=3", state: "drained"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, _ := apply(t, newPool([]VirtualServer{virtual(1, "1=2 2=3", tt.edits...)}), tt.before)
			p, news := apply(t, p, tt.steps)
			if got := short(p.services[0].desired()); got != tt.want {
				t.Errorf("destinations are %q, want %q", got, tt.want)
			}
			if got := p.services[0].servers[0].status(0).State; got != tt.state {
				t.Errorf("server 1 is %s, want %s", got, tt.state)
			}
			if diff := cmp.Diff(tt.news, strings.Join(news, ", ")); diff != "" {
				t.Errorf("news (-want +got):\n%s", diff)
			}
		})
	}
}

func TestProbesChangeTheWeightOfAnOperator(t *testing.T) {
	p := newPool([]VirtualServer{virtual(1, "1=10")})
	half := up(check(server(1)))
	half.Status.Weight = healthcheck.Weight{Kind: healthcheck.WeightPercent, N: 50}
	p.observe(asResults(half))
	p, _ = apply(t, p, "1:40")
	if got := short(p.services[0].desired()); got != "1=20" {
		t.Errorf("half of 40 is %q", got)
	}
	next, _ := p.reload([]VirtualServer{virtual(1, "1=6")}, nil, time.Now())
	next, _ = apply(t, next, "1:enable")
	if got := short(next.services[0].desired()); got != "1=3" {
		t.Errorf("half of the 6 that are configured meanwhile is %q", got)
	}
}

func TestOverrideNeedsAServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(), &fakeLedger{}, services(virtual(1, "1=1")))
		for _, err := range []error{
			b.Override(t.Context(), "web2", server(1), Override{Kind: Drain}),
			b.Override(t.Context(), "web1", server(2), Override{Kind: Drain}),
		} {
			if !errors.Is(err, ErrUnknownServer) {
				t.Errorf("error is %v", err)
			}
		}
		b.expectStop()
		if err := b.Override(t.Context(), "web1", server(1), Override{Kind: Drain}); !errors.Is(err, ErrStopped) {
			t.Errorf("after the end the error is %v", err)
		}
	})
}

func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(), &fakeLedger{}, services(virtual(1, "1=2 2=3", withSlowStart(time.Minute))))
		b.probe("1+ 2+")
		b.kernel.set(func(k *fakeTable) { k.left = map[netip.AddrPort]uint32{server(1): 3} })
		b.kernel.log()
		b.events = nil
		b.order(1, Override{Kind: Drain})
		b.expectChanges("change real server 10.0.0.1:80 DR 0 of TCP 192.0.2.1:80")
		time.Sleep(time.Hour)
		synctest.Wait()
		b.expectChanges()
		b.kernel.set(func(k *fakeTable) { k.left[server(1)] = 0 })
		time.Sleep(drainInterval)
		synctest.Wait()
		b.expectChanges("delete real server 10.0.0.1:80 from TCP 192.0.2.1:80")
		if r := b.Status().VirtualServers[0].RealServers[0]; r.State != "drained" || r.Health != "up" || !orderOf(r).Over {
			t.Errorf("status is %+v", r)
		}
		reads := len(b.kernel.reads)
		time.Sleep(DefaultResync)
		synctest.Wait()
		if len(b.kernel.reads) != reads+1 {
			t.Errorf("still asks for connections")
		}
		b.order(1, Override{})
		b.expectChanges("add real server 10.0.0.1:80 DR 1 to TCP 192.0.2.1:80") // as cold as after a failure
		time.Sleep(time.Minute)
		synctest.Wait()
		b.expectChanges("change real server 10.0.0.1:80 DR 2 of TCP 192.0.2.1:80")

		b.order(1, Override{Kind: Drain, Until: time.Now().Add(90 * time.Second)})
		b.expectChanges("change real server 10.0.0.1:80 DR 0 of TCP 192.0.2.1:80", "delete real server 10.0.0.1:80 from TCP 192.0.2.1:80")
		var news []string
		for _, e := range b.events {
			news = append(news, eventText(e))
		}
		want := []string{
			"drains 1 (until its connections end)", "drained 1 (no connections are left)", "enabled 1 (drain is taken back)",
			"drains 1 (until its connections end, 1m30s at most)", "drained 1 (no connections are left)",
		}
		if diff := cmp.Diff(want, news); diff != "" {
			t.Errorf("news (-want +got):\n%s", diff)
		}
		b.expectStop()
	})
}

func TestDrainEndsAtItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(), &fakeLedger{}, services(virtual(1, "1=2 2=3")))
		b.probe("1+ 2+")
		b.order(1, Override{Kind: Drain, Until: time.Now().Add(time.Minute + time.Millisecond)})
		b.kernel.log()
		time.Sleep(time.Minute)
		synctest.Wait()
		b.expectChanges()
		time.Sleep(time.Millisecond)
		synctest.Wait()
		b.expectChanges("delete real server 10.0.0.1:80 from TCP 192.0.2.1:80")
		if e := b.events[len(b.events)-1]; eventText(e) != "drained 1 (the deadline has passed, with 11 connections)" {
			t.Errorf("last event: %s", eventText(e))
		}

		// Also if nobody can count connections.
		b.order(2, Override{Kind: Drain, Until: time.Now().Add(time.Minute)})
		b.kernel.set(func(k *fakeTable) { k.readErr = syscall.ENOBUFS })
		time.Sleep(time.Minute)
		b.kernel.set(func(k *fakeTable) { k.readErr = nil })
		time.Sleep(maxRetry)
		synctest.Wait()
		b.expectTable("TCP 192.0.2.1:80 wrr\n")
		b.expectStop()
	})
}

// What the kernel has not taken yet is not over: somebody may still come.
func TestDrainWaitsForTheKernel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(), &fakeLedger{}, services(virtual(1, "1=2 2=3")))
		b.probe("1+ 2+")
		b.kernel.set(func(k *fakeTable) { k.left, k.refuse = map[netip.AddrPort]uint32{}, refuse("10.0.0.1:80") })
		b.order(1, Override{Kind: Drain})
		time.Sleep(3 * drainInterval)
		synctest.Wait()
		if r := b.Status().VirtualServers[0].RealServers[0]; orderOf(r).Over || r.Weight != 2 {
			t.Errorf("status is %+v", r)
		}
		b.kernel.set(func(k *fakeTable) { k.refuse = nil })
		time.Sleep(maxRetry + drainInterval)
		synctest.Wait()
		b.expectTable("TCP 192.0.2.1:80 wrr\n  -> 10.0.0.2:80 DR 3\n")
		b.expectStop()
	})
}

func TestOverridesSurviveARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := services(virtual(1, "1=2 2=3 3=1 4=1"))
		cfg.OnExit = KeepOnExit
		kernel := newFakeTable()
		b := start(t, kernel, &fakeLedger{}, cfg)
		b.probe("1+ 2+ 3+ 4+")
		b.order(1, Override{Kind: Drain})
		b.order(2, Override{Kind: SetWeight, Weight: 9})
		b.order(3, Override{Kind: Disable})
		b.order(4, Override{Kind: Drain, Until: time.Now().Add(time.Second)})
		time.Sleep(time.Second)
		synctest.Wait()
		const want = "TCP 192.0.2.1:80 wrr\n  -> 10.0.0.1:80 DR 0\n  -> 10.0.0.2:80 DR 9\n"
		b.expectTable(want)
		b.expectStop()

		kernel.log()
		b = start(t, kernel, &fakeLedger{keys: b.ledger.keys}, cfg)
		b.expectChanges()
		b.probe("1+ 2+ 3+ 4+")
		b.expectChanges()
		if n := len(b.Status().VirtualServers[0].RealServers); n != 4 || b.memory.saves != 0 {
			t.Errorf("%d servers, saved %d times", n, b.memory.saves)
		}
		b.update(virtual(1, "1=2 2=3 4=1"))
		b.update(virtual(1, "1=2 2=3 3=1 4=1"))
		b.probe("3+")
		b.expectTable(want + "  -> 10.0.0.3:80 DR 1\n")
		b.expectStop()

		b = start(t, kernel, &fakeLedger{keys: b.ledger.keys}, services(virtual(1, "2=3 3=1")))
		b.probe("2+ 3+")
		b.expectTable("TCP 192.0.2.1:80 wrr\n  -> 10.0.0.2:80 DR 9\n  -> 10.0.0.3:80 DR 1\n")
		if len(kernel.memory) != 1 || !strings.Contains(b.logged.String(), `msg="override dropped, the real server is not configured any more" service=web1 real_server=10.0.0.1:80 override=drain`) {
			t.Errorf("remembered %+v, log:\n%s", kernel.memory, b.logged)
		}
		b.expectStop()
	})
}

func TestOverrideThatIsNotRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(), &fakeLedger{}, services(virtual(1, "1=1 2=1")))
		b.probe("1+ 2+")
		b.kernel.set(func(*fakeTable) { b.memory.saveErr = syscall.ENOSPC })
		if err := b.Override(t.Context(), "web1", server(1), Override{Kind: Disable}); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("error is %v", err)
		}
		b.expectTable("TCP 192.0.2.1:80 wrr\n  -> 10.0.0.2:80 DR 1\n")
		if s := b.Status(); !strings.Contains(s.OverridesError, "no space") {
			t.Errorf("status says %q", s.OverridesError)
		}
		b.kernel.set(func(*fakeTable) { b.memory.saveErr = nil })
		time.Sleep(DefaultResync)
		synctest.Wait()
		if s := b.Status(); s.OverridesError != "" || len(b.kernel.memory) != 1 {
			t.Errorf("status says %q, remembered %v", s.OverridesError, b.kernel.memory)
		}
		b.expectStop()
	})
}

func TestPreviewKnowsOverrides(t *testing.T) {
	known := func(_ string, rs netip.AddrPort) Known {
		return map[netip.AddrPort]Known{
			server(1): {Override: Override{Kind: Drain}},
			server(2): {Override: Override{Kind: Disable}},
			server(3): {Override: Override{Kind: SetWeight, Weight: 7}},
			server(4): {Override: Override{Kind: Drain, Over: true}},
		}[rs]
	}
	for _, checks := range []edit{func(*VirtualServer) {}, withoutChecks} {
		have := existing(1, "1=0 3=7 5=1")
		if plan := planText(Preview(services(virtual(1, "1=1 2=1 3=1 4=1 5=1", checks)), []ipvs.Service{have}, nil, known)); plan != "" {
			t.Errorf("plan:\n%s", plan)
		}
	}
}

// order gives a server of web1 an override and waits until it is in force.
func (b *bench) order(n int, o Override) {
	b.t.Helper()
	if err := b.Override(b.t.Context(), "web1", server(n), o); err != nil {
		b.t.Errorf("%s of server %d: %v", o.Kind, n, err)
	}
	synctest.Wait()
}
