package director

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
	"pgregory.net/rapid"
)

// A walk is a running director to which everything happens that can: results,
// reloads, operators' words, failures of the kernel, changes by other programs and time.
type walk struct {
	*bench
	t       *rapid.T
	cfg     Config
	results results
	ours    map[ipvs.Key]bool // keys of any configuration so far
	foreign table             // as other programs left them
	unseen  map[ipvs.Key]int  // good readings of the table before another program changed it
	broken  string            // what watch has seen
}

// TestWalk checks the promises of the package after every step: no service is
// emptied that has somebody to serve, nothing of others is touched, and when
// all failures are over the table is as wanted, at the price of no more
// operations than there are differences.
func TestWalk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rapid.SyncTest(t, func(t *rapid.T) {
			w := &walk{t: t, results: make(results), ours: make(map[ipvs.Key]bool), foreign: make(table), unseen: make(map[ipvs.Key]int)}
			w.begin()
			defer func() { _ = w.stop() }()
			for range rapid.IntRange(1, 25).Draw(t, "steps") {
				w.step()
			}
			w.rest()
		})
	})
}

func (w *walk) begin() {
	w.cfg = w.drawConfig()
	kernel := newFakeTable()
	for _, s := range drawTable(w.t, w.cfg.VirtualServers) {
		kernel.services[s.Key] = s
	}
	foreign := existing(200, "1=1")
	kernel.services[foreign.Key], w.foreign[foreign.Key] = foreign, foreign
	kernel.watch = w.watch
	w.bench = start(w.t, kernel, &fakeLedger{}, w.cfg)
}

// drawConfig draws services with one or two keys from a few, so that keys move
// from one to another.
func (w *walk) drawConfig() Config {
	var cfg Config
	free := rapid.Permutation([]int{1, 2, 3, 4, 5, 6}).Draw(w.t, "keys")
	names := rapid.Permutation([]string{"a", "b", "c"}).Draw(w.t, "names")
	for i, v := range drawVirtualServers(w.t) {
		v.Name = names[i]
		v.Keys = nil
		for range rapid.IntRange(1, 2).Draw(w.t, "count") {
			v.Keys = append(v.Keys, key(free[0]))
			free = free[1:]
		}
		v.Hysteresis = rapid.IntRange(0, 2).Draw(w.t, "hysteresis")
		for j := range v.RealServers {
			v.RealServers[j].Destination.Weight *= rapid.SampledFrom([]uint32{1, 20}).Draw(w.t, "factor")
			if rapid.Bool().Draw(w.t, "slow start") {
				v.RealServers[j].SlowStart = time.Minute
			}
			if rapid.IntRange(0, 4).Draw(w.t, "other check") == 0 {
				v.RealServers[j].Checks = append(v.RealServers[j].Checks, otherCheck(number1to4(v.RealServers[j])))
				v.RealServers[j].Any = rapid.Bool().Draw(w.t, "any")
			}
		}
		cfg.VirtualServers = append(cfg.VirtualServers, v)
		for _, k := range v.Keys {
			w.ours[k] = true
		}
	}
	if rapid.Bool().Draw(w.t, "hidden") {
		paths := NewPaths(DefaultPathMark)
		paths.mark(pathTo("10.0.0.1", ipvs.DR))
		cfg.VirtualServers = append(paths.VirtualServers(), cfg.VirtualServers...)
		cfg.VirtualServers[0].Name = "path" // one word
		w.ours[cfg.VirtualServers[0].Keys[0]] = true
	}
	cfg.Exclusive = rapid.IntRange(0, 4).Draw(w.t, "exclusive") == 0
	return cfg
}

func number1to4(r RealServer) int { return int(r.Destination.Addr.Addr().As4()[3]) }

// watch is called for every change that the director makes, in its goroutine.
func (w *walk) watch(key ipvs.Key, before, now ipvs.Service) {
	if !w.ours[key] {
		if !w.cfg.Exclusive {
			w.broken = fmt.Sprintf("foreign service changed: %s", key)
		}
		delete(w.foreign, key)
	}
	if w.bench == nil {
		return // at the start, before the test can look
	}
	if read, meddled := w.unseen[key]; meddled && read == w.kernel.read {
		return // nobody can know
	}
	want := w.reconciler.pool.desired()[key]
	if serves(before) && !serves(now) && serves(want) {
		w.broken = fmt.Sprintf("%s was emptied: %q, then %q, wanted %q", key, short(before), short(now), short(want))
	}
}

func (w *walk) step() {
	w.kernel.set(func(k *fakeTable) {
		k.refuse, k.readErr, k.writeErr = nil, nil, nil
		if rapid.IntRange(0, 2).Draw(w.t, "trouble") == 0 {
			k.refuse = drawRefusal(w.t)
			k.readErr = drawError(w.t, "read")
			k.writeErr = drawError(w.t, "write")
		}
	})
	switch rapid.IntRange(0, 11).Draw(w.t, "what") {
	case 0, 1:
		w.reload()
	case 2:
		w.meddle()
	case 3:
		time.Sleep(time.Duration(rapid.IntRange(0, 70).Draw(w.t, "seconds")) * time.Second)
	case 4:
		if len(w.cfg.VirtualServers) > 0 {
			w.SetAddresses([]netip.Addr{key(rapid.IntRange(1, 6).Draw(w.t, "address")).Addr})
		}
	case 5, 6:
		w.order()
	default:
		w.answer()
	}
	w.wait()
}

// order is what an operator may say.
func (w *walk) order() {
	status := w.Status().VirtualServers
	if len(status) == 0 {
		return
	}
	v := rapid.SampledFrom(status).Draw(w.t, "ordered service")
	if len(v.RealServers) == 0 {
		return
	}
	r := rapid.SampledFrom(v.RealServers).Draw(w.t, "ordered server")
	o := Override{Kind: rapid.SampledFrom([]OverrideKind{NoOverride, Drain, Disable, SetWeight}).Draw(w.t, "order")}
	switch o.Kind {
	case SetWeight:
		o.Weight = rapid.Uint32Range(0, 9).Draw(w.t, "ordered weight")
	case Drain:
		o.Until = time.Now().Add(time.Duration(rapid.IntRange(-1, 70).Draw(w.t, "deadline")) * time.Second)
	case NoOverride, Disable:
	}
	w.kernel.set(func(k *fakeTable) {
		if k.left = nil; rapid.Bool().Draw(w.t, "no connections") {
			k.left = make(map[netip.AddrPort]uint32)
		}
	})
	if err := w.Override(w.t.Context(), v.Name, r.Addr, o); err != nil {
		w.t.Fatal(err)
	}
}

// wait lets the director come to rest.
func (w *walk) wait() {
	synctest.Wait()
	if w.broken != "" {
		w.t.Fatal(w.broken)
	}
}

// answer reports results of what is asked.
func (w *walk) answer() {
	for range rapid.IntRange(1, 3).Draw(w.t, "results") {
		if len(w.checker.checks) == 0 {
			return
		}
		u := down(rapid.SampledFrom(w.checker.checks).Draw(w.t, "check"))
		if rapid.Bool().Draw(w.t, "up") {
			u = up(u.Check)
			u.Status.Weight = drawWeight(w.t)
		}
		w.results[u.Check] = u.Status
		w.Report(u)
	}
}

func (w *walk) reload() {
	w.cfg = w.drawConfig()
	_, _ = w.Update(w.t.Context(), w.cfg)
}

// meddle does what another program may.
func (w *walk) meddle() {
	s := existing(rapid.IntRange(1, 8).Draw(w.t, "service"), rapid.SampledFrom([]string{"", "1=1", "1=1 2=3 5=1"}).Draw(w.t, "servers"))
	w.kernel.set(func(k *fakeTable) {
		w.unseen[s.Key] = k.read
		if rapid.Bool().Draw(w.t, "delete") {
			delete(k.services, s.Key)
			delete(w.foreign, s.Key)
			return
		}
		k.services[s.Key] = s
		if !w.ours[s.Key] {
			w.foreign[s.Key] = s
		}
	})
}

// rest ends all failures, and checks what becomes of the table.
func (w *walk) rest() {
	w.kernel.set(func(k *fakeTable) { k.refuse, k.readErr, k.writeErr = nil, nil, nil })
	time.Sleep(2*time.Minute + maxRetry + DefaultResync) // slow starts are over, too
	w.wait()
	w.checkTable()
	w.kernel.log()
	drift := w.Status().Drift
	time.Sleep(10 * DefaultResync)
	w.wait()
	if done := w.kernel.log(); len(done) > 0 || w.Status().Drift != drift || w.Status().Error != "" {
		w.t.Fatalf("does not come to rest: %q, status %+v", done, w.Status())
	}
	w.checkStatus()

	// A last reload costs what differs, and the plan says so beforehand.
	before := slices.Collect(maps.Values(w.kernel.services))
	w.cfg = w.drawConfig()
	plan, err := w.Update(w.t.Context(), w.cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	w.wait()
	done := slices.DeleteFunc(w.kernel.log(), func(c string) bool { return c[:6] == "ledger" })
	if want := ipvs.Diff(before, slices.Collect(maps.Values(w.kernel.services))); len(done) != len(want) {
		w.t.Fatalf("%d operations %q, but the difference is %d: %q", len(done), done, len(want), want)
	}
	w.checkTable()
	w.checkPlan(plan, before)
}

// checkTable compares the kernel's table with the model's and with others'.
func (w *walk) checkTable() {
	want := w.reconciler.pool.desired()
	for key, s := range w.foreign {
		if !w.ours[key] {
			want[key] = s
		}
	}
	have := maps.Clone(w.kernel.services)
	maps.DeleteFunc(have, func(key ipvs.Key, _ ipvs.Service) bool { // left by others under a key that was ours once
		_, wanted := want[key]
		return !wanted && w.ours[key] && !w.reconciler.claim.covers(key) && !w.cfg.Exclusive
	})
	if changes := diff(have, want); len(changes) > 0 {
		w.t.Fatalf("not in step: %q\nkernel:\n%s", changes, w.kernel)
	}
}

// checkStatus compares the states with what was reported.
func (w *walk) checkStatus() {
	visible := slices.DeleteFunc(slices.Clone(w.cfg.VirtualServers), func(v VirtualServer) bool { return v.Hidden })
	status := w.Status().VirtualServers
	if len(status) != len(visible) {
		w.t.Fatalf("%d virtual servers in the status, want %d", len(status), len(visible))
	}
	for i, v := range status {
		for j, r := range v.RealServers {
			cfg := visible[i].RealServers[j]
			want := state(cfg, w.reconciler.pool.known)
			base := r.ConfiguredWeight
			switch orderOf(r).Kind {
			case SetWeight:
				base = r.Override.Weight
			case Drain, Disable:
				w.checkOut(visible[i], r)
				continue
			case NoOverride:
			}
			if r.State == "up" && !v.SorryActive && r.Weight != r.EffectiveWeight {
				w.t.Fatalf("%s of %s has still weight %d of %d", r.Addr, v.Name, r.Weight, r.EffectiveWeight)
			}
			if len(cfg.Checks) == 1 && want == healthcheck.Up {
				if weight := probedWeight(base, w.reconciler.pool.known[cfg.Checks[0]].Weight); weight != int(r.EffectiveWeight) {
					w.t.Fatalf("%s of %s is to have weight %d, want %d", r.Addr, v.Name, r.EffectiveWeight, weight)
				}
			}
			if want != healthcheck.Unknown && r.State != want.String() {
				w.t.Fatalf("%s of %s is %s, want %s", r.Addr, v.Name, r.State, want)
			}
		}
	}
}

// orderOf is the override of a server.
func orderOf(r RealServerStatus) Override {
	if r.Override == nil {
		return Override{}
	}
	return *r.Override
}

// checkOut looks at a server that an operator keeps out, after all deadlines.
func (w *walk) checkOut(v VirtualServer, r RealServerStatus) {
	if want := map[OverrideKind]string{Drain: "drained", Disable: "disabled"}[r.Override.Kind]; r.State != want || r.EffectiveWeight != 0 {
		w.t.Fatalf("%s of %s is %s with weight %d after %s", r.Addr, v.Name, r.State, r.EffectiveWeight, r.Override.Kind)
	}
	for _, k := range v.Keys {
		weight, there := weights(w.kernel.services[k])[r.Addr]
		if weight > 0 || there && v.Scheduler != ipvs.SchedulerMH && (v.SorryServer == nil || v.SorryServer.Addr != r.Addr) {
			w.t.Fatalf("%s of %s is in the table with weight %d after %s", r.Addr, v.Name, weight, r.Override.Kind)
		}
	}
}

// state is what the checks of a server say, said in another way than in the code.
func state(cfg RealServer, known results) healthcheck.State {
	states := make(map[healthcheck.State]bool)
	for _, c := range cfg.Checks {
		states[known[c].State] = true
	}
	switch {
	case cfg.Any && states[healthcheck.Up], !cfg.Any && !states[healthcheck.Down] && !states[healthcheck.Unknown]:
		return healthcheck.Up
	case cfg.Any && states[healthcheck.Unknown], !cfg.Any && !states[healthcheck.Down]:
		return healthcheck.Unknown
	default:
		return healthcheck.Down
	}
}

// checkPlan makes the changes of the plan in the table as it was before, and
// compares it with what it is now.
func (w *walk) checkPlan(plan Plan, before []ipvs.Service) {
	after := make(table)
	for _, s := range before {
		after[s.Key] = s
	}
	for _, p := range plan.Services {
		if p.Want == nil {
			delete(after, p.Key)
			continue
		}
		s := *p.Want
		kept := slices.Clone(after[p.Key].Destinations)
		for _, d := range p.Destinations {
			if d.Have != nil {
				kept = slices.DeleteFunc(kept, func(o ipvs.Destination) bool { return o == *d.Have })
			}
			if d.Want != nil {
				kept = append(kept, *d.Want)
			}
		}
		s.Destinations = kept
		after[p.Key] = s
	}
	if changes := diff(after, w.kernel.services); len(changes) > 0 {
		w.t.Fatalf("the plan is not what was done, missing are %q\nplan:\n%s", changes, planText(plan))
	}
}
