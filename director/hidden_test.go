package director

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/ldirector/ldirector/director/ipvs"
)

// A service that only the director uses is in the kernel, in the ledger and in
// plans, and nowhere else.
func TestHidden(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		paths := NewPaths(100)
		paths.marks[pathTo("10.0.0.1", ipvs.DR)], paths.paths[100] = 100, pathTo("10.0.0.1", ipvs.DR)
		with := func(v ...VirtualServer) Config { return services(append(paths.VirtualServers(), v...)...) }
		b := start(t, newFakeTable(), &fakeLedger{}, with(virtual(1, "1=1"), virtual(2, "1=1")))
		b.probe("1+")
		b.expectTable(`
TCP 192.0.2.1:80 wrr
  -> 10.0.0.1:80 DR 1
TCP 192.0.2.2:80 wrr
  -> 10.0.0.1:80 DR 1
FWM 100 rr (ops)
  -> 10.0.0.1:0 DR 1
`)
		b.expectNews("web1 up 1 first: ", "web1 gained first: ", "web2 up 1 first: ", "web2 gained first: ")
		expectStatus := func(want ...string) {
			t.Helper()
			var names []string
			for _, v := range b.Status().VirtualServers {
				names = append(names, v.Name)
			}
			if diff := cmp.Diff(want, names); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
		}
		expectStatus("web1", "web2")
		if diff := cmp.Diff([]ipvs.Key{key(1), key(2), ipvs.NewMarkKey(100, ipvs.INET)}, b.ledger.keys, equatable); diff != "" {
			t.Errorf("ledger (-want +got):\n%s", diff)
		}

		b.kernel.set(func(t *fakeTable) { delete(t.services, ipvs.NewMarkKey(100, ipvs.INET)) })
		time.Sleep(DefaultResync)
		synctest.Wait()
		expectStatus("web1", "web2")

		plan, err := b.Update(t.Context(), services(virtual(1, "1=1")))
		if got, want := planText(plan), "web2 -TCP 192.0.2.2:80 wrr: -1=1\nprobes to 10.0.0.1 by DR -FWM 100 rr (ops): -1=1\n"; err != nil || got != want {
			t.Errorf("plan is %q (%v), want %q", got, err, want)
		}
		plan, err = b.Update(t.Context(), with(virtual(2, "1=1"), virtual(3, "1=1")))
		if got, want := planText(plan), "web2 +TCP 192.0.2.2:80 wrr: +1=1\nweb3 +TCP 192.0.2.3:80 wrr: +1=1\nprobes to 10.0.0.1 by DR +FWM 100 rr (ops): +1=1\nweb1 -TCP 192.0.2.1:80 wrr: -1=1\n"; err != nil || got != want {
			t.Errorf("plan is %q (%v), want %q", got, err, want)
		}
		expectStatus("web2", "web3")
		b.news()
		b.expectStop()
		b.expectNews()
		b.expectTable("")
	})
}
