package director

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/ldirector/ldirector/director/ipvs"
	"pgregory.net/rapid"
)

// newReconciler returns one that has adopted and converged as far as it can.
func newReconciler(ctx context.Context, kernel *fakeTable, servers ...VirtualServer) *reconciler {
	r := &reconciler{
		pool:   newPool(servers),
		claim:  newClaim(&fakeLedger{table: kernel}, servers),
		kernel: kernel,
		log:    quiet(),
	}
	_ = r.adopt(ctx)
	_ = r.converge(ctx)
	kernel.log()
	return r
}

// probe does what the director does with results.
func (r *reconciler) probe(ctx context.Context, steps string) error {
	touched, _ := r.pool.observe(asResults(probes(steps)...))
	return r.update(ctx, touched)
}

// refuse makes the table refuse the changes that say one of the words.
func refuse(words ...string) func(ipvs.Change) error {
	return func(c ipvs.Change) error {
		for _, word := range words {
			if strings.Contains(c.String(), word) {
				return syscall.ENOMEM
			}
		}
		return nil
	}
}

func TestSorryServerLeavesOnlyAfterARealServerIsIn(t *testing.T) {
	kernel := newFakeTable()
	r := newReconciler(t.Context(), kernel, virtual(1, "1=1 2=1", withSorry))
	if got := short(kernel.services[key(1)]); got != "9=1" {
		t.Fatalf("at first %q serves, want the sorry server", got)
	}
	step := func(what string, err error, wantErr bool, want string) {
		t.Helper()
		if (err != nil) != wantErr {
			t.Errorf("%s: error %v, want one: %t", what, err, wantErr)
		}
		if got := short(kernel.services[key(1)]); got != want {
			t.Errorf("%s: table has %q, want %q", what, got, want)
		}
	}
	kernel.refuse = refuse("add real server")
	step("the add fails", r.probe(t.Context(), "1+"), true, "9=1")
	step("and again", r.resync(t.Context()), true, "9=1")
	kernel.refuse = refuse("add real server 10.0.0.1")
	step("one of two adds fails", r.probe(t.Context(), "2+"), true, "2=1")
	kernel.refuse = nil
	step("all is well", r.resync(t.Context()), false, "1=1 2=1")
	kernel.refuse = refuse("add real server 10.0.0.9")
	step("the sorry server cannot come, one is left", r.probe(t.Context(), "1-"), false, "2=1")
	step("nobody is left", r.probe(t.Context(), "2-"), true, "2=1")
	kernel.refuse = nil
	step("the sorry server comes", r.resync(t.Context()), false, "9=1")
}

func TestFailureOfOneServiceDoesNotHoldUpOthers(t *testing.T) {
	kernel := newFakeTable()
	kernel.refuse = refuse("to TCP 192.0.2.1:80", "add virtual server TCP 192.0.2.2:80")
	r := newReconciler(t.Context(), kernel, virtual(1, "1=1", withSorry), virtual(2, "1=1", withSorry), virtual(3, "1=1", withSorry))
	if r.err == nil {
		t.Fatal("no error")
	}
	failed := r.err
	if err := r.probe(t.Context(), "1+"); err == nil {
		t.Error("no error, but two services cannot be written")
	}
	want := "TCP 192.0.2.1:80 wrr\nTCP 192.0.2.3:80 wrr\n  -> 10.0.0.1:80 DR 1\n"
	if diff := cmp.Diff(want, kernel.String()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	for _, err := range []error{failed, r.err} {
		if !errors.Is(err, syscall.ENOMEM) {
			t.Errorf("error %v does not match the kernel's", err)
		}
	}
	kernel.refuse = nil
	if err := r.resync(t.Context()); err != nil || r.err != nil {
		t.Errorf("error stays: %v, %v", err, r.err)
	}
}

func TestUpdateOfAHealthyServiceKeepsTheErrorOfAnother(t *testing.T) {
	kernel := newFakeTable()
	kernel.refuse = refuse("192.0.2.1:80")
	r := newReconciler(t.Context(), kernel, virtual(1, "1=1"), virtual(2, "2=1"))
	if err := r.probe(t.Context(), "2+"); err != nil {
		t.Error(err)
	}
	if r.err == nil {
		t.Error("the error of service 1 is forgotten")
	}
	if got := short(kernel.services[key(2)]); got != "2=1" {
		t.Errorf("service 2 has %q, want 2=1", got)
	}
}

func TestUnreadableTable(t *testing.T) {
	kernel := newFakeTable(existing(1, "1=1 2=1"))
	r := newReconciler(t.Context(), kernel, virtual(1, "1=1 2=1"))
	broken := errors.New("no buffer space available")

	kernel.readErr = broken
	if err := r.resync(t.Context()); !errors.Is(err, broken) || r.stale {
		t.Errorf("error %v, stale %t: a failed reading alone changes nothing", err, r.stale)
	}
	kernel.writeErr = broken
	if err := r.probe(t.Context(), "1-"); err == nil || !r.stale {
		t.Errorf("error %v, stale %t after a failed write and a failed reading", err, r.stale)
	}
	kernel.readErr, kernel.writeErr = nil, nil
	kernel.services[key(1)] = existing(1, "1=1 2=1 3=1")
	if err := r.resync(t.Context()); err != nil || r.stale || r.err != nil {
		t.Errorf("error %v, %v, stale %t after recovery", err, r.err, r.stale)
	}
	if r.drift != 0 {
		t.Error("drift counted, but the director did not know what to expect")
	}
	if got := short(kernel.services[key(1)]); got != "2=1" {
		t.Errorf("table has %q, want 2=1", got)
	}
}

func TestDriftIsNamed(t *testing.T) {
	kernel := newFakeTable(existing(5, "1=1"))
	r := newReconciler(t.Context(), kernel, virtual(1, "1=1 2=2", withoutAlpha), virtual(2, "1=1", withoutAlpha))
	log, text := logBuffer(slog.LevelInfo)
	r.log = log
	delete(kernel.services, key(2))
	delete(kernel.services, key(5)) // not ours
	kernel.services[key(1)] = existing(1, "2=7 3=1")
	for range 2 {
		if err := r.resync(t.Context()); err != nil {
			t.Error(err)
		}
	}
	want := `level=WARN msg="IPVS table was changed by another program, repairing" differences=5 repairs="` +
		"add virtual server TCP 192.0.2.2:80 wrr; " +
		"add real server 10.0.0.1:80 DR 1 to TCP 192.0.2.1:80; " +
		"add real server 10.0.0.1:80 DR 1 to TCP 192.0.2.2:80; " +
		"change real server 10.0.0.2:80 DR 2 of TCP 192.0.2.1:80; " +
		"delete real server 10.0.0.3:80 from TCP 192.0.2.1:80\"\n"
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if r.drift != 1 {
		t.Errorf("drift is %d, want 1", r.drift)
	}
	wantTable := "TCP 192.0.2.1:80 wrr\n  -> 10.0.0.1:80 DR 1\n  -> 10.0.0.2:80 DR 2\nTCP 192.0.2.2:80 wrr\n  -> 10.0.0.1:80 DR 1\n"
	if diff := cmp.Diff(wantTable, kernel.String()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

// TestReconcilerWalk lets probes, failures of the kernel and passes come in
// any order. After every single change no service may have been emptied that
// has somebody to serve, and in the end the table is as the pool wants it.
func TestReconcilerWalk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		servers := drawVirtualServers(t)
		kernel := newFakeTable()
		for _, s := range drawTable(t, servers) {
			kernel.services[s.Key] = s
		}
		foreign := existing(200, "1=1")
		kernel.services[foreign.Key] = foreign

		r := newReconciler(t.Context(), kernel, servers...)
		kernel.watch = func(key ipvs.Key, before, now ipvs.Service) {
			i := slices.IndexFunc(servers, func(v VirtualServer) bool { return v.Keys[0] == key })
			if i < 0 {
				t.Fatalf("foreign service changed: %s", key)
			}
			if serves(before) && !serves(now) && serves(r.pool.services[i].desired()) {
				t.Fatalf("%s was emptied: %q, then %q", key, short(before), short(now))
			}
		}
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			kernel.refuse = drawRefusal(t)
			kernel.readErr = drawError(t, "read")
			kernel.writeErr = drawError(t, "write")
			if rapid.Bool().Draw(t, "resync") {
				_ = r.resync(t.Context())
			} else if touched, _ := r.pool.observe(asResults(drawProbes(t)...)); !r.stale {
				_ = r.update(t.Context(), touched)
			}
		}
		kernel.refuse, kernel.readErr, kernel.writeErr = nil, nil, nil
		if err := r.resync(t.Context()); err != nil {
			t.Fatalf("after all failures are over: %v", err)
		}
		kernel.log()
		if err := r.resync(t.Context()); err != nil || len(kernel.log()) > 0 || r.drift > 0 {
			t.Fatalf("does not come to rest: %v, drift %d", err, r.drift)
		}
		checkTable(t, r, kernel)
		if got := kernel.services[foreign.Key]; short(got) != short(foreign) {
			t.Fatalf("foreign service has %q", short(got))
		}
	})
}

func checkTable(t *rapid.T, r *reconciler, kernel *fakeTable) {
	for _, s := range r.pool.services {
		if got, want := short(kernel.services[s.cfg.Keys[0]]), short(s.desired()); got != want {
			t.Fatalf("%s has %q, want %q", s.cfg.Name, got, want)
		}
	}
}

// drawRefusal draws a kernel that refuses some changes, always the same.
func drawRefusal(t *rapid.T) func(ipvs.Change) error {
	words := rapid.SliceOfN(rapid.SampledFrom([]string{
		"add real server", "change real server", "delete real server", "virtual server",
		"10.0.0.1:80", "10.0.0.2:80", "10.0.0.9:80", "192.0.2.1:80", "192.0.2.2:80",
	}), 0, 3).Draw(t, "refused")
	return refuse(words...)
}

func drawError(t *rapid.T, what string) error {
	if rapid.IntRange(0, 9).Draw(t, what) == 0 {
		return fmt.Errorf("%s: %w", what, syscall.ENOBUFS)
	}
	return nil
}

// BenchmarkUpdate is one probe result, until the table is asked to change;
// BenchmarkResync is a pass that finds everything in order.
func BenchmarkUpdate(b *testing.B) {
	r := bigReconciler(b)
	for i := 0; b.Loop(); i++ {
		steps := [2]string{"1-", "1+"}[i%2]
		if err := r.probe(b.Context(), steps); err != nil {
			b.Fatal(err)
		}
		r.kernel.(*fakeTable).log()
	}
}

func BenchmarkResync(b *testing.B) {
	r := bigReconciler(b)
	for b.Loop() {
		if err := r.resync(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// bigReconciler has 1000 services with 10 real servers; server 1 is in the
// first one only.
func bigReconciler(b *testing.B) *reconciler {
	return newReconciler(b.Context(), newFakeTable(), bigServers()...)
}

func bigServers() []VirtualServer {
	var servers []VirtualServer
	for n := range 1000 {
		v := virtual(1, "11=1 12=1 13=1 14=1 15=1 16=1 17=1 18=1 19=1 20=1", withoutAlpha)
		if n == 0 {
			v = virtual(1, "1=1 2=1", withoutAlpha)
		}
		v.Keys[0].Port = uint16(1000 + n)
		v.Name = fmt.Sprint("web", n)
		servers = append(servers, v)
	}
	return servers
}
