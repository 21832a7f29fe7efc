package vrrp

import (
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
)

// tempo is the advertisement interval where the version allows one: short, but longer than a busy machine lets processes
// wait.
const tempo = 200 * time.Millisecond

// setups are the ways that members of a virtual router may speak to each other: those of the names, or all.
func setups(names ...string) map[string]setup {
	all := map[string]setup{
		"v2 PASS":         {version: 2, interval: time.Second, password: "secretpw"},
		"v3":              {version: 3, interval: tempo},
		"v3 IPv6":         {version: 3, interval: tempo, ipv6: true},
		"v3 unicast":      {version: 3, interval: tempo, unicast: true},
		"v3 IPv6 unicast": {version: 3, interval: tempo, unicast: true, ipv6: true},
		"v3 vmac":         {version: 3, interval: tempo, vmac: true},
		"v3 IPv6 vmac":    {version: 3, interval: tempo, vmac: true, ipv6: true},
	}
	if len(names) == 0 {
		return all
	}
	some := make(map[string]setup)
	for _, name := range names {
		some[name] = all[name]
	}
	return some
}

// pairs are who runs on the preferred node and on the other one.
func pairs(noPreempt bool) map[string]func() (preferred, other daemon) {
	mine := &ours{}
	if noPreempt {
		mine.instance = "nopreempt = true"
	}
	return map[string]func() (preferred, other daemon){
		"ours preferred":       func() (daemon, daemon) { return mine, &keepalived{} },
		"keepalived preferred": func() (daemon, daemon) { return &keepalived{noPreempt: noPreempt}, &ours{} },
	}
}

// interop runs f in parallel for each setup and pair with keepalived.
func interop(t *testing.T, setups map[string]setup, noPreempt bool, f func(s *site, preferred, other *node)) {
	t.Parallel()
	nettest.Require(t, nettest.NetNS, nettest.Keepalived)
	for way, cfg := range setups {
		for name := range pairs(noPreempt) {
			t.Run(way+" "+name, func(t *testing.T) {
				t.Parallel()
				a, b := pairs(noPreempt)[name]()
				s := newSite(t, cfg, a, b)
				f(s, s.nodes[0], s.nodes[1])
			})
		}
	}
}

func TestKeepalivedElectionCrashStopAndReturn(t *testing.T) {
	nettest.Require(t, nettest.Tshark, "tcpdump")
	interop(t, setups(), false, func(s *site, preferred, other *node) {
		tap := startCapture(s.t, s.lans[0])
		other.start()
		other.awaitMaster(preferred)
		preferred.start() // preempts
		preferred.awaitMaster(other)
		preferred.staysMaster(other)

		preferred.crash()
		other.awaitMaster(nil) // the address stays where the crash was
		preferred.start()
		preferred.awaitMaster(other)

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
		checkWire(s, tap.adverts())
	})
}

func TestKeepalivedNoPreempt(t *testing.T) {
	interop(t, setups("v2 PASS", "v3", "v3 IPv6"), true, func(s *site, preferred, other *node) {
		other.start()
		other.awaitMaster(preferred)
		preferred.start()
		other.staysMaster(preferred)
		other.stop()
		preferred.awaitMaster(other)
		other.start()
		preferred.staysMaster(other)
	})
}

func TestKeepalivedLinkDown(t *testing.T) {
	interop(t, setups("v2 PASS", "v3", "v3 IPv6", "v3 vmac"), false, func(s *site, preferred, other *node) {
		preferred.start()
		preferred.awaitMaster(other)
		other.start()
		preferred.staysMaster(other)
		preferred.Unplug()
		other.awaitMaster(preferred) // Fault removes the addresses
		preferred.Return()
		preferred.awaitMaster(other)
		other.Unplug()
		other.Return()
		preferred.staysMaster(other)
	})
}

// A partition makes both masters. It heals whoever is heard first, and clients on the losing side follow.
func TestKeepalivedPartitionHeals(t *testing.T) {
	nettest.Require(t, "nft")
	interop(t, setups("v2 PASS", "v3", "v3 IPv6", "v3 unicast", "v3 vmac"), false, func(s *site, preferred, other *node) {
		preferred.start()
		preferred.awaitMaster(other)
		other.start()
		preferred.staysMaster(other)

		part := func() {
			preferred.Vanish() // the client is on the other side
			other.awaitMaster(nil)
			if err := preferred.roles(nil); err != nil {
				s.t.Error(err)
			}
		}
		part()
		preferred.Return()
		preferred.awaitMaster(other)

		s.forget() // keepalived yields without a word, and then nobody announces anything
		part()
		s.deafen(preferred) // hears nothing: the other one yields to what it hears
		preferred.Return()
		nettest.Eventually(s.t, soon, other.name+" yields", func() error { return preferred.roles(other) })
		s.undeafen()
		preferred.awaitMaster(other)

		part()
		s.deafen(other)
		preferred.Return()
		preferred.awaitAnswer() // it announces the address again
		s.undeafen()
		preferred.awaitMaster(other)
		preferred.staysMaster(other)
	})
}

// Two virtual routers on two LANs move together when one of them loses its link.
func TestKeepalivedSyncGroup(t *testing.T) {
	v2, v3 := setups()["v2 PASS"], setups()["v3"]
	v2.lans, v3.lans = 2, 2
	interop(t, map[string]setup{"v2 PASS": v2, "v3": v3}, false, func(s *site, preferred, other *node) {
		other.start()
		other.awaitMaster(preferred)
		preferred.start()
		preferred.awaitMaster(other)
		preferred.staysMaster(other)
		preferred.Unplug() // from the first LAN
		other.awaitMaster(preferred)
		other.staysMaster(preferred)
		preferred.Return()
		preferred.awaitMaster(other)
		preferred.stop()
		other.awaitMaster(preferred)
	})
}
