package vrrp

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// bubble runs f with a LAN in a synctest bubble: time is virtual.
func bubble(t *testing.T, f func(t *testing.T, l *lan)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, newLAN(t)) })
}

// pass lets time go by, and everything that is due then happen.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// expect compares what was recorded since the last call; indentation and empty lines of want do not count.
func (l *lan) expect(want string) {
	l.t.Helper()
	var lines []string
	for line := range strings.Lines(want) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	if diff := cmp.Diff(strings.Join(lines, "\n"), l.transcript()); diff != "" {
		l.t.Errorf("(-want +got):\n%s", diff)
	}
}

// masters fails unless exactly these routers are masters and hold the addresses.
func masters(t *testing.T, routers []*node, want ...*node) {
	t.Helper()
	for _, r := range routers {
		should := false
		for _, w := range want {
			should = should || w == r
		}
		if s := r.status(); (s.State == Master) != should || r.host.holds() != should {
			t.Errorf("%s is %v, holds the addresses: %v; want master: %v", r.host.source, s.State, r.host.holds(), should)
		}
	}
}

func TestTakeoverAfterThreeIntervalsAndSkew(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		a := l.router("10.0.0.1", testConfig(150))
		pass(time.Millisecond)
		b := l.router("10.0.0.2", testConfig(100))
		pass(499 * time.Millisecond)
		// 3 * 100 ms + 106/256 * 100 ms; the backup heard it and removed what it may have held.
		l.expect(`
			0s 10.0.0.1 is BACKUP
			1ms 10.0.0.2 is BACKUP
			341.4ms 10.0.0.1 advertises 150
			341.4ms 10.0.0.1 adds addresses
			341.4ms 10.0.0.1 announces
			341.4ms 10.0.0.1 is MASTER
			341.5ms 10.0.0.2 removes addresses
			441.4ms 10.0.0.1 advertises 150
		`)
		masters(t, []*node{a, b}, a)

		a.kill()
		pass(450 * time.Millisecond)
		// Last heard at 441.5 ms: 3 * 100 ms + 156/256 * 100 ms = 360.93 ms later.
		l.expect(`
			802.44ms 10.0.0.2 advertises 100
			802.44ms 10.0.0.2 adds addresses
			802.44ms 10.0.0.2 announces
			802.44ms 10.0.0.2 is MASTER
			902.44ms 10.0.0.2 advertises 100
		`)
	})
}

func TestGracefulStopHandsOverAfterSkew(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		a := l.router("10.0.0.1", testConfig(150))
		b := l.router("10.0.0.2", testConfig(100))
		pass(400 * time.Millisecond)
		l.transcript()
		a.cancel()
		pass(100 * time.Millisecond)
		l.expect(`
			400ms 10.0.0.1 advertises 0
			461.03ms 10.0.0.2 advertises 100
			461.03ms 10.0.0.2 adds addresses
			461.03ms 10.0.0.2 announces
			461.03ms 10.0.0.2 is MASTER
			481.23ms 10.0.0.1 removes addresses
			481.23ms 10.0.0.1 is INIT
		`)
		masters(t, []*node{b}, b)
	})
}

func TestPreemptionLeavesNoGap(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		b := l.router("10.0.0.2", testConfig(100))
		pass(400 * time.Millisecond)
		l.transcript()
		a := l.router("10.0.0.1", testConfig(150))
		pass(380 * time.Millisecond)
		// The loser keeps the addresses until the winner's announcement has settled. Its last advertisement makes the
		// winner advertise once more.
		l.expect(`
			400ms 10.0.0.1 is BACKUP
			460.93ms 10.0.0.2 advertises 100
			461.03ms 10.0.0.1 removes addresses
			560.93ms 10.0.0.2 advertises 100
			660.93ms 10.0.0.2 advertises 100
			741.4ms 10.0.0.1 advertises 150
			741.4ms 10.0.0.1 adds addresses
			741.4ms 10.0.0.1 announces
			741.4ms 10.0.0.1 is MASTER
			741.5ms 10.0.0.2 advertises 100
			741.6ms 10.0.0.1 advertises 150
			761.6ms 10.0.0.2 removes addresses
			761.6ms 10.0.0.2 is BACKUP
		`)
		masters(t, []*node{a, b}, a)
	})
}

func TestNoPreemptLeavesTheMaster(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		b := l.router("10.0.0.2", testConfig(100))
		pass(400 * time.Millisecond)
		cfg := testConfig(150)
		cfg.NoPreempt = true
		a := l.router("10.0.0.1", cfg)
		pass(2 * time.Second)
		masters(t, []*node{a, b}, b)
		if got := a.status().Master; got != addr("10.0.0.2") {
			t.Errorf("master is %v", got)
		}
		b.kill()
		pass(400 * time.Millisecond)
		masters(t, []*node{a}, a)
	})
}

func TestPartitionHealsWithOneMaster(t *testing.T) {
	for name, priorities := range map[string][3]uint8{
		"different priorities": {100, 200, 150},
		"equal priorities":     {100, 100, 100},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, l *lan) {
				all := []*node{
					l.router("10.0.0.1", testConfig(priorities[0])),
					l.router("10.0.0.3", testConfig(priorities[1])),
					l.router("10.0.0.2", testConfig(priorities[2])),
				}
				best := all[1]
				pass(time.Second)
				masters(t, all, best)
				l.setCut(everything)
				pass(time.Second)
				masters(t, all, all...)
				l.transcript()
				l.setCut(nothing)
				pass(130 * time.Millisecond)
				masters(t, all, best)
				if !strings.Contains(l.transcript(), best.host.source+" announces") {
					t.Error("the winner did not announce again")
				}
			})
		})
	}
}

func TestLateBackupHearsWhatWasWaiting(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		a := l.router("10.0.0.1", testConfig(150))
		b := l.router("10.0.0.2", testConfig(100))
		pass(400 * time.Millisecond)
		b.net.freeze(5 * time.Second)
		pass(6 * time.Second)
		masters(t, []*node{a, b}, a)
		if n := b.status().Counters.BecameMaster; n != 0 {
			t.Errorf("the late backup became master %d times", n)
		}
	})
}

func TestLateBackupGrantsOneMoreInterval(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		a := l.router("10.0.0.1", testConfig(150))
		b := l.router("10.0.0.2", testConfig(100))
		pass(400 * time.Millisecond)
		// Both stop, as when the machine under them is paused; the master wakes up 50 ms after the backup.
		a.net.freeze(5050 * time.Millisecond)
		b.net.freeze(5000 * time.Millisecond)
		pass(6 * time.Second)
		masters(t, []*node{a, b}, a)
		if n := b.status().Counters.BecameMaster; n != 0 {
			t.Errorf("the late backup became master %d times", n)
		}
	})
}

func TestFrozenMasterAnswersOnce(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		a := l.router("10.0.0.1", testConfig(150))
		b := l.router("10.0.0.2", testConfig(100))
		pass(400 * time.Millisecond)
		a.net.freeze(1600 * time.Millisecond)
		pass(1599 * time.Millisecond)
		if b.status().State != Master {
			t.Fatalf("backup is %v while the master is frozen", b.status().State)
		}
		l.transcript()
		pass(51 * time.Millisecond)
		// A dozen advertisements were waiting, and the announcement of the other one.
		l.expect(`
			2s 10.0.0.1 advertises 150
			2s 10.0.0.1 announces
			2.0001s 10.0.0.2 advertises 100
			2.0002s 10.0.0.1 advertises 150
			2.02s 10.0.0.1 announces
			2.0202s 10.0.0.2 removes addresses
			2.0202s 10.0.0.2 is BACKUP
		`)
		masters(t, []*node{a, b}, a)
	})
}

func TestHostIsRetried(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		cfg := testConfig(100)
		cfg.AdvertInterval = 110 * time.Millisecond
		r := l.router("10.0.0.1", cfg)
		r.host.set(func() { r.host.failures, r.host.mute = 2, true })
		pass(450 * time.Millisecond)
		r.host.set(func() { r.host.mute = false })
		pass(260 * time.Millisecond)
		// Announced when the addresses came at last.
		l.expect(`
			0s 10.0.0.1 is BACKUP
			397.03ms 10.0.0.1 advertises 100
			397.03ms 10.0.0.1 fails
			397.03ms 10.0.0.1 is MASTER
			497.03ms 10.0.0.1 fails
			507.03ms 10.0.0.1 advertises 100
			617.03ms 10.0.0.1 advertises 100
			697.03ms 10.0.0.1 adds addresses
			697.03ms 10.0.0.1 announces
		`)
		if n := r.status().Counters.HostErrors; n != 3 {
			t.Errorf("%d host errors, want 3", n)
		}
	})
}

func TestLostSourceIsAFault(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		r := l.router("10.0.0.1", testConfig(100))
		pass(500 * time.Millisecond)
		r.setSource(netip.Addr{})
		pass(time.Millisecond)
		if s := r.status(); s.State != Fault || r.host.holds() || !slices.Equal(s.Faults, []string{"no source address on eth0"}) {
			t.Errorf("%v, addresses %v, faults %q", s.State, r.host.holds(), s.Faults)
		}
		r.setSource(addr("10.0.0.7"))
		pass(100 * time.Millisecond)
		if s := r.status(); s.State != Backup || s.Source != addr("10.0.0.7") {
			t.Errorf("%v, source %v", s.State, s.Source)
		}
	})
}

func TestSendErrorChangesNothing(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		r := l.router("10.0.0.1", testConfig(100))
		pass(500 * time.Millisecond)
		r.net.set(func() { r.net.sendErr, r.net.recvErr = errors.New("no buffer space"), errors.New("interrupted") })
		pass(5 * time.Second)
		if s := r.status(); s.State != Master || s.Counters.SendErrors != 50 {
			t.Errorf("%v, %d send errors", s.State, s.Counters.SendErrors)
		}
	})
}

func TestLinks(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		cfg := testConfig(100)
		cfg.Trackers = []Tracker{{Kind: TrackInterface, Name: "eth1", Weight: -30}, {Kind: TrackInterface, Name: "eth2"}}
		r := l.router("10.0.0.1", cfg)
		pass(400 * time.Millisecond)
		links := func(eth0, eth1, eth2 bool) {
			r.SetInterfaces(Interfaces{
				"eth0": {Index: 1, Up: eth0, Addresses: addrs("10.0.0.1")}, "eth1": {Index: 2, Up: eth1}, "eth2": {Index: 3, Up: eth2},
			})
			pass(0)
		}
		links(true, false, true)
		if s := r.status(); s.State != Master || s.Priority != 70 {
			t.Errorf("%v with priority %d", s.State, s.Priority)
		}
		l.transcript()
		links(false, false, true)
		l.expect(`
			400ms 10.0.0.1 advertises 0
			400ms 10.0.0.1 removes addresses
			400ms 10.0.0.1 is FAULT
		`)
		// One cause replaces the other, told together: no recovery in between.
		links(true, false, false)
		pass(time.Second)
		l.expect(``)
		links(true, false, true)
		l.expect(`1.4s 10.0.0.1 is BACKUP`)
	})
}

func TestRestartAfterCrashKeepsTheAddresses(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		r := l.node("10.0.0.1", testConfig(100))
		r.host.present = true
		r.launch(Set{})
		pass(400 * time.Millisecond)
		// No removal in between.
		l.expect(`
			0s 10.0.0.1 is BACKUP
			360.93ms 10.0.0.1 advertises 100
			360.93ms 10.0.0.1 adds addresses
			360.93ms 10.0.0.1 announces
			360.93ms 10.0.0.1 is MASTER
		`)
	})
}

func TestStopOfABackupRemovesLeftOvers(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		r := l.node("10.0.0.1", testConfig(100))
		r.host.present = true
		r.launch(Set{})
		pass(100 * time.Millisecond)
		r.stop()
		l.expect(`
			0s 10.0.0.1 is BACKUP
			100ms 10.0.0.1 removes addresses
			100ms 10.0.0.1 is INIT
		`)
	})
}

func TestStatus(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		a := l.router("10.0.0.1", testConfig(150))
		b := l.router("10.0.0.2", testConfig(100))
		pass(time.Second)
		want := Status{
			Name: "VI_1", Interface: "eth0", VRID: 51, Version: 3, State: Master, Priority: 150,
			Source: addr("10.0.0.1"), Master: addr("10.0.0.1"), Addresses: addrs("10.0.0.100"),
			Since:    l.start.Add(341406250 * time.Nanosecond),
			Counters: Counters{AdvertsSent: 7, BecameMaster: 1, Refused: map[Refusal]uint64{}},
		}
		if diff := cmp.Diff(want, a.status(), compareAddrs()); diff != "" {
			t.Errorf("master (-want +got):\n%s", diff)
		}
		want.State, want.Priority, want.Source, want.Since = Backup, 100, addr("10.0.0.2"), l.start
		want.Counters = Counters{AdvertsReceived: 7, Refused: map[Refusal]uint64{}}
		if diff := cmp.Diff(want, b.status(), compareAddrs()); diff != "" {
			t.Errorf("backup (-want +got):\n%s", diff)
		}
	})
}
