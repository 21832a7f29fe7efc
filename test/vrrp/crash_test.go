package vrrp

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/test/lab"
)

// slow is an interval with which every way of taking over but the right one is seen by the client: the skew alone is
// almost two seconds, the time in which a dead master is missed eleven.
const slow = 3 * time.Second

// A vigil asks the virtual address again and again, and beside it one that never moves: what that one misses, the
// machine was too busy for.
type vigil struct {
	virtual, fixed *lab.Watch
}

// watch begins a vigil, until served.
func (s *site) watch() vigil {
	const patience = 250 * time.Millisecond
	return vigil{s.client.Watch(s.target(), patience), s.client.Watch(s.address(1, 2)+":80", patience)}
}

// served checks that the client has always been served.
func (s *site) served(v vigil) {
	s.t.Helper()
	gap, answered, failed := v.virtual.Stop()
	busy, _, _ := v.fixed.Stop()
	s.t.Logf("%d answers, %d failures, the longest gap %v, %v where nothing moves", answered, failed, gap, busy)
	if gap > slow/2+2*busy {
		s.t.Errorf("the client was not served for %v", gap)
	}
}

// awaitGone waits until the node has given the address up.
func (n *node) awaitGone() {
	n.site.t.Helper()
	n.AwaitAddress(soon, n.site.vip(1), false)
}

// neverMaster checks that a backup has stayed one.
func (n *node) neverMaster() {
	n.site.t.Helper()
	v, err := n.instance()
	if err != nil || v.State != "BACKUP" || v.Counters.BecameMaster != 0 {
		n.site.t.Errorf("%s has to stay a backup, it is %+v (%v)", n.name, v, err)
	}
}

func TestStopHandsOver(t *testing.T) {
	s, preferred, other := newPair(t, slow, &ours{}, &ours{})
	w := s.watch()
	preferred.stop()
	if held, err := hasAddress(preferred.Host, s.vip(1)); held || err != nil {
		t.Errorf("after its end %s has the address: %v (%v)", preferred.name, held, err)
	}
	other.awaitMaster(preferred)
	preferred.start()
	preferred.awaitMaster(other) // preempts
	s.served(w)
	preferred.stop()
	other.awaitMaster(preferred)
	other.stop() // there is nobody to wait for
	other.awaitGone()
}

// keepalived is served just as well, although it takes its own addresses away at once.
func TestHandsOverToKeepalived(t *testing.T) {
	t.Parallel()
	nettest.Require(t, nettest.NetNS, nettest.Keepalived)
	s := newSite(t, setup{version: 3, interval: slow}, &ours{}, &keepalived{})
	preferred, other := s.pair()
	preferred.start()
	preferred.awaitMaster(nil)
	other.start()
	preferred.staysMaster(other)
	w := s.watch()
	preferred.stop()
	other.awaitMaster(preferred)
	preferred.start()
	preferred.awaitMaster(other)
	preferred.kill(preferred.daemon.(*ours).process.Pid())
	other.awaitMaster(preferred)
	s.served(w)
}

// The VRRP process outlives the daemon until another router serves the addresses.
func TestDaemonCrashHandsOver(t *testing.T) {
	s, preferred, other := newPair(t, slow, &ours{}, &ours{})
	guardian := preferred.guardian()
	w := s.watch()
	preferred.kill(preferred.daemon.(*ours).process.Pid())
	other.awaitMaster(preferred)
	s.served(w)
	if v, err := other.instance(); err != nil || v.Counters.PriorityZeroReceived == 0 {
		t.Errorf("%s was not told: %+v (%v)", other.name, v, err)
	}
	preferred.awaitEnd(guardian)
}

// awaitEnd waits for the end of a process.
func (n *node) awaitEnd(pid int) {
	n.site.t.Helper()
	nettest.Eventually(n.site.t, soon, fmt.Sprintf("process %d on %s ends", pid, n.name), func() error {
		if n.runs(pid) {
			return errors.New("it runs")
		}
		return nil
	})
}

func TestDaemonCrashAloneServesOn(t *testing.T) {
	n := newNode(t, &ours{})
	n.start()
	n.awaitMaster(nil)
	guardian := n.guardian()
	n.kill(n.daemon.(*ours).process.Pid())
	n.staysMaster(nil)
	n.start()
	n.awaitState("MASTER")
	n.awaitEnd(guardian)
	n.stop()
	n.awaitGone()
}

func TestRestartAfterCrashMovesNothing(t *testing.T) {
	s, preferred, other := newPair(t, slow, &ours{}, &ours{})
	w := s.watch()
	o := preferred.daemon.(*ours)
	preferred.kill(o.process.Pid())
	o.process = preferred.Direct(o.file)
	preferred.awaitState("MASTER")
	other.await("sees the master", func(v api.VRRPInstance) bool { return v.Master == preferred.address() })
	other.neverMaster()
	s.served(w)
}

func TestGuardianCrashMovesNothing(t *testing.T) {
	s, preferred, other := newPair(t, slow, &ours{}, &ours{})
	w := s.watch()
	guardian := preferred.guardian()
	preferred.kill(guardian)
	preferred.awaitEnd(guardian)
	preferred.awaitState("MASTER")
	if preferred.guardian() == guardian {
		t.Error("the VRRP process has not died")
	}
	preferred.staysMaster(other)
	other.neverMaster()
	s.served(w)
}

// After a crash of everything the kernel goes on serving, and who comes back with less to say leaves it to do so until
// there is another master.
func TestCrashOfAllServesOn(t *testing.T) {
	s, preferred, other := newPair(t, slow, &ours{}, &ours{})
	w := s.watch()
	preferred.crash()
	preferred.priority = 90
	preferred.start()
	held, err := hasAddress(preferred.Host, s.vip(1))
	if v, statusErr := other.instance(); v.State != "MASTER" && (!held || err != nil || statusErr != nil) {
		t.Errorf("%s has removed the address before there was another master (%v, %v)", preferred.name, err, statusErr)
	}
	other.awaitMaster(preferred)
	preferred.awaitState("BACKUP")
	s.served(w)
}

// Without a VRRP process of its own a crash is what it is for keepalived: the kernel serves until the backup misses the
// master.
func TestCrashWithoutGuardian(t *testing.T) {
	_, preferred, other := newPair(t, tempo, &ours{more: "global { guardian = false }"}, &ours{})
	preferred.kill(preferred.daemon.(*ours).process.Pid())
	other.awaitMaster(nil)
	preferred.start()
	preferred.awaitMaster(other)
	preferred.stop()
	other.awaitMaster(preferred)
}
