package vrrp

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
)

// versions are what the routers are made to speak.
func versions() map[string]Config {
	return map[string]Config{
		"v2": {Version: 2, AdvertInterval: time.Second, Password: "secretpw"},
		"v3": {Version: 3, AdvertInterval: 200 * time.Millisecond},
	}
}

// pairs are who runs on the preferred node (priority 150) and on the other one (100).
func pairs() map[string]func(noPreempt bool) (preferred, other daemon) {
	return map[string]func(bool) (preferred, other daemon){
		"ours preferred": func(np bool) (daemon, daemon) {
			return &ours{priority: 150, noPreempt: np}, &keepalived{priority: 100}
		},
		"keepalived preferred": func(np bool) (daemon, daemon) {
			return &keepalived{priority: 150, noPreempt: np}, &ours{priority: 100}
		},
		"ours alone": func(np bool) (daemon, daemon) {
			return &ours{priority: 150, noPreempt: np}, &ours{priority: 100}
		},
	}
}

// interop runs f in parallel for each version and pair.
func interop(t *testing.T, noPreempt bool, f func(s *site, preferred, other *node)) {
	t.Parallel()
	nettest.Require(t, nettest.NetNS, nettest.Keepalived, nettest.Tshark, "tcpdump")
	for version, cfg := range versions() {
		for name, pair := range pairs() {
			t.Run(version+" "+name, func(t *testing.T) {
				t.Parallel()
				a, b := pair(noPreempt)
				s := newSite(t, cfg, a, b)
				f(s, s.nodes[0], s.nodes[1])
			})
		}
	}
}

// skew is Skew_Time of a priority.
func (s *site) skew(priority int) time.Duration {
	return time.Duration(256-priority) * s.cfg.AdvertInterval / 256 // an interval of version 2 is 1 s here
}

// TestMain lets more tests run at once than there are processors: those in namespaces wait for timers.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func TestInteropElectionCrashStopAndReturn(t *testing.T) {
	interop(t, false, func(s *site, preferred, other *node) {
		other.start()
		other.awaitMaster(preferred)
		preferred.start() // preempts
		preferred.awaitMaster(other)
		preferred.staysMaster(other)

		crash := time.Now()
		preferred.crash()
		other.awaitMaster(nil) // the address stays where the crash was
		preferred.start()
		preferred.awaitMaster(other)

		stop := time.Now()
		preferred.stop()
		other.awaitMaster(preferred)
		preferred.start()
		preferred.awaitMaster(other)

		other.stop()
		preferred.staysMaster(other)
		other.start()
		preferred.staysMaster(other)
		other.crash()
		preferred.staysMaster(other)
		preferred.stop()

		frames := s.tap.frames()
		checkWire(s.t, frames)
		other.checkTakeover(frames, crash, 3*s.cfg.AdvertInterval+s.skew(100))
		other.checkTakeover(frames, stop, s.skew(100))
	})
}

func TestInteropNoPreempt(t *testing.T) {
	interop(t, true, func(s *site, preferred, other *node) {
		other.start()
		other.awaitMaster(preferred)
		preferred.start()
		other.staysMaster(preferred)
		other.stop()
		preferred.awaitMaster(other)
	})
}

func TestInteropLinkDown(t *testing.T) {
	interop(t, false, func(s *site, preferred, other *node) {
		preferred.start()
		preferred.awaitMaster(other)
		other.start()
		preferred.staysMaster(other)
		s.lan.Unplug(preferred.port)
		other.awaitMaster(preferred) // Fault removes the address
		s.lan.Restore(preferred.port)
		preferred.awaitMaster(other)
		s.lan.Unplug(other.port)
		s.lan.Restore(other.port)
		preferred.staysMaster(other)
	})
}

func TestInteropPartitionHeals(t *testing.T) {
	interop(t, false, func(s *site, preferred, other *node) {
		preferred.start()
		preferred.awaitMaster(other)
		other.start()
		preferred.staysMaster(other)
		s.lan.Cut(other.port)
		other.awaitMaster(nil)
		healed := time.Now()
		s.lan.Restore(other.port)
		preferred.awaitMaster(other)
		preferred.staysMaster(other)
		o, ok := other.daemon.(*ours)
		if !ok {
			return // keepalived yields without a word: the winner may never have heard it
		}
		if c := o.instance.Status().Counters; c.BecameMaster != 1 {
			s.t.Errorf("became master %d times", c.BecameMaster)
		}
		s.checkWinnerAnnounces(s.tap.frames(), healed, preferred)
	})
}

// checkWire checks what every advertisement has in common.
func checkWire(t *testing.T, frames []frame) {
	t.Helper()
	adverts := make(map[string]int)
	for _, f := range frames {
		if f.arp {
			continue
		}
		adverts[f.source]++
		if f.checksum != "1" || f.ttl != "255" || f.tos != "0xc0" {
			t.Errorf("advertisement %+v", f)
		}
	}
	if len(adverts) != 2 {
		t.Errorf("advertisements of %v, want two routers", adverts)
	}
	t.Logf("advertisements with good checksum: %v", adverts)
}

// checkTakeover measures how long after the last advertisement of its predecessor n took over: the first time that it
// advertised after a moment when it was a backup.
func (n *node) checkTakeover(frames []frame, backup time.Time, want time.Duration) {
	t := n.site.t
	t.Helper()
	tolerance := 5 * n.site.cfg.AdvertInterval / 2 // for a busy machine, and still less than a down interval
	var last frame
	for _, f := range frames {
		if f.arp {
			continue
		}
		if f.source == n.source.String() && f.at.After(backup) {
			got := f.at.Sub(last.at)
			t.Logf("takeover %v after priority %d, formula %v", got, last.priority, want)
			if got < want-5*time.Millisecond || got > want+tolerance {
				t.Errorf("takeover %v after priority %d, want %v", got, last.priority, want)
			}
			return
		}
		last = f
	}
	t.Errorf("%v did not take over", n.source)
}

// checkWinnerAnnounces checks that the winner's is the last gratuitous ARP after a partition, and that it came soon.
func (s *site) checkWinnerAnnounces(frames []frame, healed time.Time, winner *node) {
	s.t.Helper()
	var mac string
	var last frame
	for _, f := range frames {
		if !f.arp && f.source == winner.source.String() {
			mac = f.mac
		}
		if f.arp && f.source == vip && f.at.After(healed) {
			last = f
		}
	}
	if last.mac != mac || mac == "" {
		s.t.Errorf("last gratuitous ARP %s of %s, winner is %s", fmt.Sprint(last.at.Sub(healed)), last.mac, mac)
	}
}
