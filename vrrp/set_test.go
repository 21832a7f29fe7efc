package vrrp

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// set replaces the node's router by others.
func (n *node) set(routers ...Router) <-chan struct{} { return n.Set(Set{Routers: routers}) }

func TestReconfiguredMasterStaysMaster(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		a := l.router("10.0.0.1", testConfig(150))
		b := l.router("10.0.0.2", testConfig(100))
		pass(400 * time.Millisecond)
		l.transcript()
		cfg := testConfig(140)
		cfg.Addresses = addrs("10.0.0.100", "10.0.0.101")
		host := &memHost{lan: l, net: a.net, source: "10.0.0.1'"}
		<-a.set(Router{Config: cfg, Conn: memConn{a.net}, Host: host})
		pass(10 * time.Millisecond)
		// Told at once, by the new list and the new host; the old one is not asked to remove anything.
		l.expect(`
			400ms 10.0.0.1 advertises 140
			400ms 10.0.0.1' adds addresses
			400ms 10.0.0.1' announces
		`)
		pass(time.Second)
		if s := a.status(); s.State != Master || s.Priority != 140 || s.Counters.BecameMaster != 1 {
			t.Errorf("%v with priority %d, master %d times", s.State, s.Priority, s.Counters.BecameMaster)
		}
		if s := b.status(); s.State != Backup || s.Counters.BecameMaster != 0 || s.Counters.AddressMismatch == 0 {
			t.Errorf("the other one: %+v", s)
		}
		if conflicts := b.status().Conflicts; len(conflicts) != 1 || !strings.Contains(conflicts[0], "10.0.0.101") {
			t.Errorf("conflicts of the backup: %q", conflicts)
		}
	})
}

func TestUnchangedRouterGoesOn(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		a := l.router("10.0.0.1", testConfig(150))
		pass(400 * time.Millisecond)
		l.transcript()
		<-a.set(Router{Config: a.cfg})
		pass(50 * time.Millisecond)
		l.expect(`441.4ms 10.0.0.1 advertises 150`)
	})
}

func TestRemovedRouterHandsOver(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		a := l.router("10.0.0.1", testConfig(150))
		b := l.router("10.0.0.2", testConfig(100))
		pass(400 * time.Millisecond)
		l.transcript()
		<-a.set()
		if a.host.holds() || !b.host.holds() {
			t.Errorf("holds the addresses: %v, the other one: %v", a.host.holds(), b.host.holds())
		}
		l.expect(`
			400ms 10.0.0.1 advertises 0
			461.03ms 10.0.0.2 advertises 100
			461.03ms 10.0.0.2 adds addresses
			461.03ms 10.0.0.2 announces
			461.03ms 10.0.0.2 is MASTER
			481.23ms 10.0.0.1 removes addresses
			481.23ms 10.0.0.1 is INIT
		`)
	})
}

func TestOtherVRIDIsAnotherRouter(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		a := l.router("10.0.0.1", testConfig(150))
		pass(400 * time.Millisecond)
		cfg := testConfig(150)
		cfg.VRID = 52
		host := &memHost{lan: l, net: a.net, source: "10.0.0.1'"}
		done := a.set(Router{Config: cfg, Conn: memConn{a.net}, Host: host})
		pass(10 * time.Millisecond)
		if report, err := a.Status(t.Context()); err != nil || len(report.Routers) != 2 {
			t.Errorf("%d routers (%v), want the old and the new one", len(report.Routers), err)
		}
		<-done
		pass(time.Second)
		if s := a.status(); s.VRID != 52 || s.State != Master || a.host.holds() || !host.holds() {
			t.Errorf("%+v", s)
		}
	})
}

func TestResumeMovesNothing(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		a := l.router("10.0.0.1", testConfig(150))
		b := l.router("10.0.0.2", testConfig(100))
		pass(400 * time.Millisecond)
		l.transcript()
		since := a.status().Since
		left, err := a.Leave(t.Context())
		<-a.done
		if err != nil {
			t.Fatal(err)
		}
		a.launch(Set{Resume: left})
		pass(50 * time.Millisecond)
		l.expect(`
			400ms 10.0.0.1 advertises 150
			400ms 10.0.0.1 adds addresses
			400ms 10.0.0.1 announces
			400ms 10.0.0.1 is MASTER as before
		`)
		if s := a.status(); !s.Since.Equal(since) || s.Counters.BecameMaster != 0 {
			t.Errorf("master since %v, was %v; became master %d times", s.Since, since, s.Counters.BecameMaster)
		}
		pass(time.Second)
		if n := b.status().Counters.BecameMaster; n != 0 {
			t.Errorf("the backup became master %d times", n)
		}
	})
}

func TestAbandonedMasterServesUntilSomebodyComes(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		a := l.router("10.0.0.1", testConfig(150))
		pass(400 * time.Millisecond)
		l.transcript()
		a.Abandon()
		pass(time.Hour)
		l.expect(`400ms 10.0.0.1 advertises 0`)
		b := l.router("10.0.0.2", testConfig(100))
		pass(time.Second)
		<-a.done
		masters(t, []*node{b}, b)
		if a.host.holds() {
			t.Error("the addresses are left")
		}
	})
}

func TestAbandonedMasterIsResumed(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		a := l.router("10.0.0.1", testConfig(150))
		b := l.router("10.0.0.2", testConfig(100))
		pass(400 * time.Millisecond)
		a.Abandon()
		pass(30 * time.Millisecond) // of the 61 ms that the backup waits
		left, err := a.Leave(t.Context())
		<-a.done
		if want := []Resumption{{Name: "VI_1", State: Master}}; err != nil || !slices.Equal(left.Routers, want) {
			t.Fatalf("%v, %v", left, err)
		}
		l.transcript()
		a.launch(Set{Resume: left})
		pass(10 * time.Millisecond)
		l.expect(`
			430ms 10.0.0.1 advertises 150
			430ms 10.0.0.1 adds addresses
			430ms 10.0.0.1 announces
			430ms 10.0.0.1 is MASTER
		`)
		pass(time.Second)
		masters(t, []*node{a, b}, a)
		if n := b.status().Counters.BecameMaster; n != 0 {
			t.Errorf("the backup became master %d times", n)
		}
	})
}

func TestTracksReachNewRouters(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		cfg := testConfig(150)
		cfg.Trackers = []Tracker{{Kind: TrackScript, Name: "s", Weight: -20}, {Kind: TrackCheck, Name: "gw"}}
		a := l.router("10.0.0.1", cfg)
		pass(400 * time.Millisecond)
		if s := a.status(); s.State != Initialize || s.Waiting != "track_check gw" {
			t.Errorf("%v, waits for %q", s.State, s.Waiting)
		}
		a.SetTracks(Track{TrackScript, "s", 0}, Track{TrackCheck, "gw", 1}, Track{TrackFile, "nobody's", 7})
		pass(400 * time.Millisecond)
		if s := a.status(); s.State != Master || s.Priority != 130 {
			t.Errorf("%v with priority %d", s.State, s.Priority)
		}
		a.SetTracks(Track{TrackCheck, "gw", 0})
		synctest.Wait()
		if s := a.status(); s.State != Fault || !slices.Equal(s.Faults, []string{"track_check gw"}) || !s.Handing {
			t.Errorf("%v, faults %q", s.State, s.Faults)
		}
		cfg.VRID = 77
		<-a.set(Router{Config: cfg, Conn: memConn{a.net}, Host: a.host})
		if s := a.status(); s.State != Fault {
			t.Errorf("the new one is %v", s.State)
		}
	})
}

func TestCommands(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		a := l.router("10.0.0.1", testConfig(150))
		b := l.router("10.0.0.2", testConfig(100))
		pass(400 * time.Millisecond)
		try := func(err error) {
			t.Helper()
			if err != nil {
				t.Error(err)
			}
			pass(500 * time.Millisecond)
		}
		try(a.Release(t.Context(), "VI_1"))
		masters(t, []*node{a, b}, b)
		if !a.status().Released {
			t.Error("not released")
		}
		try(a.Preempt(t.Context(), "VI_1"))
		masters(t, []*node{a, b}, a)
		try(a.SetPriority(t.Context(), "VI_1", 90))
		masters(t, []*node{a, b}, b)
		if s := a.status(); s.Priority != 90 || s.Override != 90 {
			t.Errorf("priority %d, set %d", s.Priority, s.Override)
		}
		try(a.SetPriority(t.Context(), "VI_1", 0))
		masters(t, []*node{a, b}, a)
		if err := a.Release(t.Context(), "VI_2"); err == nil {
			t.Error("a router that does not exist was released")
		}
		if err := a.SetPriority(t.Context(), "VI_1", 255); err == nil {
			t.Error("priority 255 was set")
		}
		a.stop()
		if err := a.Release(context.Background(), "VI_1"); err == nil {
			t.Error("a driver that has ended released")
		}
	})
}

func TestLostAddressIsRestored(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		n := l.node("10.0.0.1", testConfig(150))
		n.launch(Set{})
		eth0 := func(all ...string) Interfaces {
			return Interfaces{"eth0": {Index: 1, Up: true, Addresses: addrs(all...)}}
		}
		<-n.set(Router{Config: n.cfg, Conn: memConn{n.net}, Host: n.host, Placed: []Placed{{"eth0", addr("10.0.0.100")}}})
		pass(400 * time.Millisecond)
		n.SetInterfaces(eth0("10.0.0.1", "10.0.0.100"))
		pass(0)
		l.transcript()
		n.SetInterfaces(eth0("10.0.0.1"))
		n.SetInterfaces(eth0("10.0.0.1")) // once
		pass(10 * time.Millisecond)
		l.expect(`
			400ms 10.0.0.1 adds addresses
			400ms 10.0.0.1 announces
		`)
	})
}

func TestForeignRoutersAreNoticed(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		a := l.router("10.0.0.1", testConfig(150))
		cfg := testConfig(100)
		cfg.VRID = 99
		l.router("10.0.0.2", cfg)
		pass(time.Second)
		report, err := a.Status(t.Context())
		if err != nil || len(report.Foreign) != 1 {
			t.Fatalf("%v, %v", report.Foreign, err)
		}
		if f := report.Foreign[0]; f.VRID != 99 || f.Interface != "eth0" || f.Source != addr("10.0.0.2") {
			t.Errorf("%+v", f)
		}
	})
}
