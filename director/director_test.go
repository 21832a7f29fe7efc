package director

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
)

func TestColdStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		foreign := existing(200, "1=1")
		b := start(t, newFakeTable(foreign), &fakeLedger{}, services(virtual(1, "1=1 2=2"), virtual(2, "1=1 2=1", withSorry)))
		b.expectChanges(
			"ledger [TCP 192.0.2.1:80 TCP 192.0.2.2:80]",
			"add virtual server TCP 192.0.2.1:80 wrr",
			"add virtual server TCP 192.0.2.2:80 wrr",
			"add real server 10.0.0.9:80 DR 1 to TCP 192.0.2.2:80",
		)
		if want := []healthcheck.Check{check(server(1)), check(server(2))}; !slices.Equal(b.checker.checks, want) {
			t.Errorf("probes: %v, want each question once: %v", b.checker.checks, want)
		}

		b.probe("2+")
		b.expectTable(`
TCP 192.0.2.1:80 wrr
  -> 10.0.0.2:80 DR 2
TCP 192.0.2.2:80 wrr
  -> 10.0.0.2:80 DR 1
TCP 192.0.2.200:80 wrr
  -> 10.0.0.1:80 DR 1
`)
		b.probe("1-")
		b.probe("1+")
		b.probe("1-")
		b.kernel.log()
		b.expectLog(`
level=INFO msg="IPVS services adopted" adopted=0 created=2 removed=0
level=WARN msg="real server down" service=web1 real_server=10.0.0.1:80 reason="tcp_check: connection refused"
level=WARN msg="real server down" service=web2 real_server=10.0.0.1:80 reason="tcp_check: connection refused"
level=INFO msg="all real servers probed" up=2 down=2
level=INFO msg="real server up" service=web1 real_server=10.0.0.1:80
level=INFO msg="real server up" service=web2 real_server=10.0.0.1:80
level=WARN msg="real server down" service=web1 real_server=10.0.0.1:80 reason="tcp_check: connection refused"
level=WARN msg="real server down" service=web2 real_server=10.0.0.1:80 reason="tcp_check: connection refused"
`)
		b.expectStop()
		b.expectTable("TCP 192.0.2.200:80 wrr\n  -> 10.0.0.1:80 DR 1\n")
		b.expectChanges(
			"delete virtual server TCP 192.0.2.1:80",
			"delete virtual server TCP 192.0.2.2:80",
			"ledger []",
		)
	})
}

func TestAdoptionOfAMatchingTableWritesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kernel := newFakeTable(existing(1, "1=1 2=2"), existing(2, "9=1"))
		ledger := &fakeLedger{keys: []ipvs.Key{key(2), key(1)}}
		b := start(t, kernel, ledger, services(virtual(1, "1=1 2=2 3=1"), virtual(2, "1=1", withSorry)))
		b.expectChanges()
		b.probe("2+ 3-")
		b.expectChanges()
		b.probe("1-")
		b.expectChanges("delete real server 10.0.0.1:80 from TCP 192.0.2.1:80")
		b.probe("1+")
		b.expectChanges(
			"add real server 10.0.0.1:80 DR 1 to TCP 192.0.2.1:80",
			"add real server 10.0.0.1:80 DR 1 to TCP 192.0.2.2:80",
			"delete real server 10.0.0.9:80 from TCP 192.0.2.2:80",
		)
		b.expectStop()
	})
}

func TestAdoptionClearsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other := existing(1, "1=1 7=1")
		other.Scheduler = "rr"
		kernel := newFakeTable(other, existing(2, "1=1"), existing(3, "1=1"))
		b := start(t, kernel, &fakeLedger{keys: []ipvs.Key{key(2), key(4)}}, services(virtual(1, "1=1")))
		b.expectChanges(
			"ledger [TCP 192.0.2.1:80 TCP 192.0.2.2:80]", // 2 stays on record until it is gone
			"change virtual server TCP 192.0.2.1:80 wrr",
			"delete real server 10.0.0.7:80 from TCP 192.0.2.1:80",
			"delete virtual server TCP 192.0.2.2:80",
			"ledger [TCP 192.0.2.1:80]",
		)
		b.expectTable(`
TCP 192.0.2.1:80 wrr
  -> 10.0.0.1:80 DR 1
TCP 192.0.2.3:80 wrr
  -> 10.0.0.1:80 DR 1
`)
		b.expectLog(`level=INFO msg="IPVS services adopted" adopted=1 created=0 removed=1` + "\n")
		b.expectStop()
	})
}

// A crash is KeepOnExit as far as the table is concerned.
func TestCrashAndRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kernel := newFakeTable(existing(200, "1=1"))
		file := FileLedger{Path: filepath.Join(t.TempDir(), "run", "services.json")}
		boot := func(cfg Config) (stop func() error, d *Director) {
			cfg.OnExit = KeepOnExit
			d = New(cfg, kernel, &fakeChecker{}, file, nil, nil, quiet())
			stop = run(t, d)
			synctest.Wait()
			return stop, d
		}
		stop, d := boot(services(virtual(1, "1=1 2=1"), virtual(2, "1=1")))
		d.Report(up(check(server(1))))
		d.Report(up(check(server(2))))
		synctest.Wait()
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		before := kernel.String()

		kernel.log()
		stop, _ = boot(services(virtual(1, "1=1 2=1"), virtual(2, "1=1")))
		if done := kernel.log(); len(done) > 0 {
			t.Errorf("the restart with the same configuration wrote %q", done)
		}
		if diff := cmp.Diff(before, kernel.String()); diff != "" {
			t.Errorf("table after the restart (-want +got):\n%s", diff)
		}
		_ = stop()

		stop, _ = boot(services(virtual(1, "2=1 3=1")))
		want := "TCP 192.0.2.1:80 wrr\n  -> 10.0.0.2:80 DR 1\nTCP 192.0.2.200:80 wrr\n  -> 10.0.0.1:80 DR 1\n"
		if diff := cmp.Diff(want, kernel.String()); diff != "" {
			t.Errorf("table after the restart with an edited configuration (-want +got):\n%s", diff)
		}
		_ = stop()
		if keys, err := file.Load(); err != nil || !slices.Equal(keys, []ipvs.Key{key(1)}) {
			t.Errorf("ledger has %v, %v, want service 1", keys, err)
		}
	})
}

func TestDriftIsRepairedAtEveryResync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := services(virtual(1, "1=1 2=1", withoutAlpha))
		cfg.Resync = time.Minute
		b := start(t, newFakeTable(), &fakeLedger{}, cfg)
		b.kernel.log()
		const good = "TCP 192.0.2.1:80 wrr\n  -> 10.0.0.1:80 DR 1\n  -> 10.0.0.2:80 DR 1\n"
		for round := range 3 { // somebody who does it again and again gets no more of our time
			b.kernel.set(func(t *fakeTable) { t.services[key(1)] = existing(1, "1=1") })
			time.Sleep(cfg.Resync - time.Nanosecond)
			synctest.Wait()
			b.expectChanges()
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			b.expectTable(good)
			b.expectChanges("add real server 10.0.0.2:80 DR 1 to TCP 192.0.2.1:80")
			if got := b.Status().Drift; got != uint64(round+1) {
				t.Errorf("drift is %d in round %d", got, round+1)
			}
		}
		if got := strings.Count(b.logged.String(), "changed by another program"); got != 3 {
			t.Errorf("%d log lines for 3 repairs:\n%s", got, b.logged)
		}
		b.kernel.set(func(t *fakeTable) { t.reads = nil })
		time.Sleep(10 * cfg.Resync)
		synctest.Wait()
		if diff := cmp.Diff("service repaired, service repaired, service contested, service left alone again", kindsOf(b.events)); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		synctest.Wait()
		if got := len(b.kernel.reads); got != 10 {
			t.Errorf("read %d times in 10 intervals", got)
		}
		b.expectStop()
	})
}

// kindsOf lists the kinds of events about what others do.
func kindsOf(events []Event) string {
	var kinds []string
	for _, e := range events {
		if e.Kind >= ServiceRepaired && e.VirtualServer != "" {
			kinds = append(kinds, e.Kind.String())
		}
	}
	return strings.Join(kinds, ", ")
}

func TestDefaultResync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(), &fakeLedger{}, services(virtual(1, "1=1")))
		time.Sleep(DefaultResync)
		synctest.Wait()
		if got := len(b.kernel.reads); got != 2 {
			t.Errorf("read %d times, want at the start and after %s", got, DefaultResync)
		}
		b.expectStop()
	})
}

func TestCounters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(), &fakeLedger{}, services(virtual(1, "1=1 2=1", withoutAlpha)))
		s := b.counted()
		r := s.VirtualServers[0].RealServers[1]
		if r.Active != 2 || r.Inactive != 20 {
			t.Errorf("server 2 has %d active and %d inactive connections, want 2 and 20", r.Active, r.Inactive)
		}
		if v := s.VirtualServers[0]; v.Stats == nil || v.Stats.Connections != 5000 || r.Stats == nil || r.Stats.Connections != 200 {
			t.Errorf("the virtual server has %+v, server 2 has %+v; want 5000 and 200 connections", v.Stats, r.Stats)
		}
		if r := b.Status().VirtualServers[0].RealServers[1]; r.Active != 0 || r.Stats != nil {
			t.Error("the snapshot was changed")
		}
		b.expectStop()
	})
}

// A storm of results while the owner is busy blocks nobody and costs one pass.
func TestResultsAreCoalesced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(), &fakeLedger{}, services(virtual(1, "1=1 2=1 3=1")))
		b.kernel.set(func(t *fakeTable) { t.slow, t.writes = time.Second, nil })
		b.probe("1+") // the owner hangs in Apply
		begin := time.Now()
		for range 100 {
			b.probe("1- 1+ 2+ 3+ 3-")
		}
		if waited := time.Since(begin); waited > 0 {
			t.Errorf("reporting took %s", waited)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := len(b.kernel.writes); got != 2 {
			t.Errorf("%d writes, want one for the first result and one for all others", got)
		}
		b.expectTable("TCP 192.0.2.1:80 wrr\n  -> 10.0.0.1:80 DR 1\n  -> 10.0.0.2:80 DR 1\n")
		b.expectStop()
	})
}

func TestNewTakesKeysInAnyForm(t *testing.T) {
	v := virtual(1, "1=1")
	v.Keys = []ipvs.Key{v.Keys[0]}
	v.Keys[0].Family = 0
	cfg := services(v)
	d := New(cfg, newFakeTable(), &fakeChecker{}, &fakeLedger{}, nil, nil, quiet())
	if got := d.Status().VirtualServers[0].Keys[0]; got != key(1) {
		t.Errorf("key is %#v, want %#v", got, key(1))
	}
	if cfg.VirtualServers[0].Keys[0].Family != 0 {
		t.Error("the caller's configuration was changed")
	}
}
