package director

import (
	"testing"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
)

func TestCombine(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	tcp := healthcheck.Spec{Prober: prober{"tcp_check"}}.Check()
	web := healthcheck.Spec{Prober: prober{"http_get"}}.Check()
	both := RealServer{Checks: []healthcheck.Check{tcp, web}}
	anyOf := RealServer{Checks: both.Checks, Any: true}
	good := func(since int) healthcheck.Status {
		return healthcheck.Status{State: healthcheck.Up, Since: at(since), Last: at(since + 1)}
	}
	bad := func(since int, reason string) healthcheck.Status {
		return healthcheck.Status{State: healthcheck.Down, Since: at(since), Last: at(since + 1), Reason: reason}
	}
	tests := []struct {
		name  string
		cfg   RealServer
		known results
		want  verdict
	}{
		{"no checks", RealServer{}, nil, verdict{state: healthcheck.Up}},
		{"no results", both, nil, verdict{}},
		{"one result of two", both, results{tcp: good(5)}, verdict{probed: at(6)}},
		{"local trouble", both, results{tcp: {Reason: "no ports left"}, web: good(3)}, verdict{reason: "tcp_check: no ports left", probed: at(4)}},
		{"both good, up since the later", both, results{tcp: good(5), web: good(3)}, verdict{state: healthcheck.Up, since: at(5), probed: at(6)}},
		{"one bad", both, results{tcp: good(5), web: bad(3, "status 500")},
			verdict{state: healthcheck.Down, reason: "http_get: status 500", since: at(3), probed: at(6)}},
		{"bad before unknown", both, results{web: bad(3, "status 500")},
			verdict{state: healthcheck.Down, reason: "http_get: status 500", since: at(3), probed: at(4)}},
		{"both bad, the first is named", both, results{tcp: bad(5, "timeout"), web: bad(3, "status 500")},
			verdict{state: healthcheck.Down, reason: "tcp_check: timeout", since: at(5), probed: at(6)}},
		{"any is enough", anyOf, results{tcp: bad(5, "timeout"), web: good(3)}, verdict{state: healthcheck.Up, since: at(3), probed: at(6)}},
		{"one of any may still come", anyOf, results{tcp: bad(5, "timeout")}, verdict{probed: at(6)}},
		{"none of any", anyOf, results{tcp: bad(5, "timeout"), web: bad(3, "status 500")},
			verdict{state: healthcheck.Down, reason: "tcp_check: timeout; http_get: status 500", since: at(5), probed: at(6)}},
		{"local trouble of any", anyOf, results{tcp: {Reason: "no ports left"}, web: bad(3, "status 500")},
			verdict{reason: "tcp_check: no ports left", probed: at(4)}},
		{"warnings of good ones", both, results{tcp: {State: healthcheck.Up, Warning: "slow"}, web: {State: healthcheck.Up, Warning: "old"}},
			verdict{state: healthcheck.Up, warnings: 2, warning: "tcp_check: slow; http_get: old"}},
		{"no warnings of a bad one", both, results{tcp: {State: healthcheck.Up, Warning: "slow"}, web: bad(3, "status 500")},
			verdict{state: healthcheck.Down, reason: "http_get: status 500", since: at(3), probed: at(4)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := combine(&tt.cfg, tt.cfg.Destination.Weight, tt.known); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestTwoChecks(t *testing.T) {
	tcp, web := check(server(1)), healthcheck.Spec{Prober: prober{"http_get"}}.Check()
	v := virtual(1, "1=1", withSorry, func(v *VirtualServer) { v.RealServers[0].Checks = []healthcheck.Check{tcp, web} })
	p := newPool([]VirtualServer{v})
	for _, step := range []struct {
		update healthcheck.Update
		want   string
	}{
		{up(tcp), "9=1"}, // the other is not known yet
		{up(web), "1=1"},
		{down(web), "9=1"},
		{down(tcp), "9=1"},
		{up(web), "9=1"},
		{up(tcp), "1=1"},
	} {
		p.observe(asResults(step.update))
		if got := short(p.services[0].desired()); got != step.want {
			t.Errorf("after %s is %s: %q, want %q", step.update.Check.Kind(), step.update.Status.State, got, step.want)
		}
	}
}

// A server that was found in service has been down once one of its checks was,
// and then has to show that all pass.
func TestAdoptionEndsWithTheFirstVerdict(t *testing.T) {
	tcp, web := check(server(1)), healthcheck.Spec{Prober: prober{"http_get"}}.Check()
	for _, alpha := range []bool{true, false} {
		v := virtual(1, "1=1", func(v *VirtualServer) {
			v.RealServers[0].Alpha = alpha
			v.RealServers[0].Checks = []healthcheck.Check{tcp, web}
		})
		p := newPool([]VirtualServer{v})
		p.adopt(table{key(1): existing(1, "1=1")})
		for _, step := range []struct {
			update healthcheck.Update
			want   string
		}{
			{up(tcp), "1=1"},
			{down(tcp), ""},
			{up(tcp), ""},
			{up(web), "1=1"},
		} {
			p.observe(asResults(step.update))
			if got := short(p.services[0].desired()); got != step.want {
				t.Errorf("alpha %t, after %s is %s: %q, want %q", alpha, step.update.Check.Kind(), step.update.Status.State, got, step.want)
			}
		}
	}
}

func TestSinceIsKeptWhileTheStateLasts(t *testing.T) {
	tcp, web := check(server(1)), healthcheck.Spec{Prober: prober{"http_get"}}.Check()
	r := realServer{cfg: &RealServer{Checks: []healthcheck.Check{tcp, web}}}
	bad := func(since int64, reason string) healthcheck.Status {
		return healthcheck.Status{State: healthcheck.Down, Since: time.Unix(since, 0), Reason: reason}
	}
	r.judge(results{web: bad(3, "status 500")})
	if news := r.judge(results{tcp: bad(7, "timeout"), web: bad(3, "status 500")}); len(news) > 0 {
		t.Error("a second failing check is news")
	}
	if r.since != time.Unix(3, 0) || r.reason != "tcp_check: timeout" {
		t.Errorf("down since %s because of %q, want since 3 because of tcp_check", r.since, r.reason)
	}
}
