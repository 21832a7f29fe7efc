package director

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/ldirector/ldirector/director/ipvs"
	"pgregory.net/rapid"
)

func TestPreview(t *testing.T) {
	persistent := existing(1, "1=1")
	persistent.Flags, persistent.Timeout = ipvs.Persistent, 50e9
	for _, tt := range []struct {
		name   string
		cfg    Config
		have   []ipvs.Service
		owned  []ipvs.Key
		states string // as for probes
		weight uint32 // that the probes make of 2
		want   string
	}{
		{name: "an empty kernel gets everything", cfg: services(virtual(2, "1=1 2=5", withSorry), virtual(1, "1=1")),
			want: "web2 +TCP 192.0.2.2:80 wrr: +1=1 +2=5\nweb1 +TCP 192.0.2.1:80 wrr: +1=1\n"},
		{name: "mh is shown as it will be", cfg: services(virtual(1, "1=1", withScheduler("mh"))),
			want: "web1 +TCP 192.0.2.1:80 mh (flag-1): +1=1\n"},
		{name: "what is in step is not shown", cfg: services(virtual(1, "1=1 2=1")), have: []ipvs.Service{existing(1, "1=1 2=1")}},
		{name: "unknown ones stay as they are", cfg: services(virtual(1, "1=1 2=1 3=1", withInhibit)), have: []ipvs.Service{existing(1, "1=0 2=1")},
			want: "web1 TCP 192.0.2.1:80 wrr: +3=1\n"},
		{name: "the daemon knows better", cfg: services(virtual(1, "1=1 2=1 3=1", withInhibit)), have: []ipvs.Service{existing(1, "1=0 2=1")}, states: "1+ 2- 3-",
			want: "web1 TCP 192.0.2.1:80 wrr: 1=0>1 2=1>0 +3=0\n"},
		{name: "down ones are not added", cfg: services(virtual(1, "1=1 2=1", withSorry)), states: "1- 2-",
			want: "web1 +TCP 192.0.2.1:80 wrr: +9=1\n"},
		{name: "settings", cfg: services(virtual(1, "1=1", withScheduler("rr"))), have: []ipvs.Service{persistent},
			want: "web1 TCP 192.0.2.1:80 wrr persistent 50 > TCP 192.0.2.1:80 rr:\n"},
		{name: "leftovers go, others stay", cfg: services(virtual(1, "1=1")), have: []ipvs.Service{existing(1, "1=1"), existing(2, "1=1 2=1"), existing(3, "1=1")}, owned: []ipvs.Key{key(2), key(4)},
			want: " -TCP 192.0.2.2:80 wrr: -1=1 -2=1\n"},
		{name: "all others go if exclusive", cfg: Config{Exclusive: true}, have: []ipvs.Service{existing(2, ""), existing(3, "1=1")},
			want: " -TCP 192.0.2.2:80 wrr:\n -TCP 192.0.2.3:80 wrr: -1=1\n"},
		{name: "a sorry server that serves says that the quorum was lost", cfg: services(virtual(1, "1=2 2=2", withSorry, withQuorum(3), withHysteresis(1))),
			have: []ipvs.Service{existing(1, "9=1")}, states: "1+ 2-", weight: 2},
		{name: "real servers that serve say that it was not", cfg: services(virtual(1, "1=2 2=2", withSorry, withQuorum(3), withHysteresis(1))),
			have: []ipvs.Service{existing(1, "1=2")}, states: "1+ 2-", weight: 2},
		{name: "what probes say of a weight stands", cfg: services(virtual(1, "1=2 2=3")),
			have: []ipvs.Service{existing(1, "1=7 2=1")}, states: "1+ 2+", weight: 7, want: "web1 TCP 192.0.2.1:80 wrr: 2=1>3\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var known func(string, netip.AddrPort) Known
			if tt.states != "" {
				results := asResults(probes(tt.states)...)
				known = func(_ string, rs netip.AddrPort) Known {
					return Known{State: results[check(rs)].State, Configured: 2, Effective: tt.weight}
				}
			}
			if diff := cmp.Diff(tt.want, planText(Preview(tt.cfg, tt.have, tt.owned, known))); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPreviewIsWhatUpdateDoes compares the two where the daemon knows the
// state of everything.
func TestPreviewIsWhatUpdateDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rapid.SyncTest(t, func(t *rapid.T) {
			w := &walk{t: t, ours: make(map[ipvs.Key]bool)}
			draw := func() Config {
				cfg := w.drawConfig()
				for i := range cfg.VirtualServers {
					cfg.VirtualServers[i].Hysteresis = 0 // what the quorum was before is in no table
					withSlowStart(0)(&cfg.VirtualServers[i])
				}
				asker := virtual(9, "1=1 2=1 3=1 4=1")
				for i := range asker.RealServers {
					asker.RealServers[i].Checks = append(asker.RealServers[i].Checks, otherCheck(i+1))
				}
				cfg.VirtualServers = append(cfg.VirtualServers, asker)
				return cfg
			}
			b := start(t, newFakeTable(existing(200, "1=1")), &fakeLedger{}, draw())
			defer func() { _ = b.stop() }()
			known := make(results)
			for _, c := range b.checker.checks {
				u := down(c)
				if rapid.IntRange(0, 3).Draw(t, "up") > 0 {
					u = up(c)
				}
				known[c] = u.Status
				b.Report(u)
			}
			synctest.Wait()

			next := draw()
			knows := func(name string, rs netip.AddrPort) Known {
				i := slices.IndexFunc(next.VirtualServers, func(v VirtualServer) bool { return v.Name == name })
				j := slices.IndexFunc(next.VirtualServers[i].RealServers, func(r RealServer) bool { return r.Destination.Addr == rs })
				r := &next.VirtualServers[i].RealServers[j]
				v := combine(r, r.Destination.Weight, known)
				return Known{State: v.state, Configured: r.Destination.Weight, Effective: v.weight}
			}
			have, err := b.kernel.Services(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			preview := planText(Preview(next, have, b.ledger.keys, knows))
			plan, err := b.Update(t.Context(), next)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(unnamed(planText(plan)), unnamed(preview)); diff != "" {
				t.Fatalf("(-update +preview):\n%s", diff)
			}
		})
	})
}

// unnamed cuts the names of virtual servers off, which Preview does not know
// of those that go.
func unnamed(plan string) string {
	var b strings.Builder
	for line := range strings.Lines(plan) {
		_, rest, _ := strings.Cut(line, " ")
		b.WriteString(rest)
	}
	return b.String()
}
