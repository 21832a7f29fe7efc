package vrrp

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/nettest"
)

// brisk is an interval of which a few pass while a daemon is replaced.
const brisk = 500 * time.Millisecond

// newer builds the program as another version.
func newer(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "ldirector")
	cmd := exec.Command("go", "build", "-ldflags", "-X main.version=newer", "-o", bin, "../../cmd/ldirector")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return bin
}

// leave does what the unit does to a daemon that is restarted, and waits for its end.
func (n *node) leave() {
	n.site.t.Helper()
	p := n.daemon.(*ours).process
	if err := p.Signal(syscall.SIGUSR2); err != nil {
		n.site.t.Fatal(err)
	}
	n.awaitEnd(p.Pid())
}

// settled waits until the state of the node's router is so old that everybody has been told of it.
func (n *node) settled() {
	n.site.t.Helper()
	n.await("is what it is for a while", func(v api.VRRPInstance) bool {
		return v.State != "INIT" && v.Since != nil && time.Since(*v.Since) > 2*time.Second
	})
}

// goneOn checks that a router is in the state that it was in.
func (n *node) goneOn(before api.VRRPInstance) {
	n.site.t.Helper()
	n.awaitState(before.State)
	v, err := n.instance()
	if err != nil || !v.Since.Equal(*before.Since) || v.Counters.BecameMaster != 0 || v.Priority != before.Priority || v.Released != before.Released {
		n.site.t.Errorf("%s was %+v and is %+v (%v)", n.name, before, v, err)
	}
}

// A daemon that is replaced by one of another version, on the master and on the backup: the clients are served, the
// master's advertisements go on, the backup hears of no end.
func TestUpgradeMovesNothing(t *testing.T) {
	t.Parallel()
	nettest.Require(t, nettest.NetNS)
	const script = "vrrp_script \"good\" {\n script = [\"/bin/true\"]\n interval = \"1s\"\n}"
	told := filepath.Join(t.TempDir(), "told")
	instance := fmt.Sprintf("track_script = [\"good weight 60\"]\nnotify_master = [\"/bin/sh\", \"-c\", \"echo master >>%s\"]", told)
	first := &ours{instance: instance, more: script}
	s := newSite(t, setup{version: 3, interval: brisk}, first, &ours{})
	preferred, other := s.pair()
	preferred.priority = 90 // less than the other one's, but for the script
	preferred.start()
	preferred.await("is master by its script", func(v api.VRRPInstance) bool { return v.State == "MASTER" && v.Priority == 150 })
	other.start()
	other.settled()
	preferred.settled()
	bin := newer(t)
	w, c := s.watch(), startCapture(t, s.lans[0])
	for range 2 {
		before, err := preferred.instance()
		if err != nil {
			t.Fatal(err)
		}
		preferred.leave()
		preferred.staysMaster(other)
		preferred.Use(bin)
		first.process = preferred.Direct(first.file)
		preferred.goneOn(before)
		preferred.staysMaster(other)
	}
	if st, err := preferred.status(); err != nil || st.Version != "newer" {
		t.Errorf("version %q (%v)", st.Version, err)
	}
	before, err := other.instance()
	if err != nil {
		t.Fatal(err)
	}
	other.leave()
	o := other.daemon.(*ours)
	o.process = other.Direct(o.file)
	other.goneOn(before)
	preferred.staysMaster(other)
	other.neverMaster()
	s.served(w)
	if text, err := os.ReadFile(told); string(text) != "master\n" {
		t.Errorf("the notify script has run for %q (%v)", text, err)
	}
	for _, a := range c.adverts() {
		if a.priority == "0" || a.source != preferred.address() {
			t.Errorf("advertisement %+v", a)
		}
	}
}

// What an operator has said of a router holds over an upgrade: it would preempt otherwise.
func TestUpgradeKeepsCommands(t *testing.T) {
	_, preferred, other := newPair(t, brisk, &ours{}, &ours{})
	if out, code := preferred.Ldirector("vrrp", "release", "VI_1"); code != 0 {
		t.Fatal(out)
	}
	other.awaitMaster(preferred)
	preferred.settled()
	before, err := preferred.instance()
	if err != nil {
		t.Fatal(err)
	}
	preferred.leave()
	o := preferred.daemon.(*ours)
	o.process = preferred.Direct(o.file)
	preferred.goneOn(before)
	other.staysMaster(preferred)
}

// A new daemon that cannot start must not keep the addresses where nobody watches the services, but it has some time to
// be mended.
func TestBrokenSuccessorHandsOver(t *testing.T) {
	s, preferred, other := newPair(t, brisk, &ours{}, &ours{})
	guardian := preferred.guardian()
	w := s.watch()
	preferred.leave()
	bad := s.File(`nonsense`)
	for range 3 {
		if out, code := preferred.Ldirector("run", "-c", bad); code != 1 {
			t.Errorf("run: %d\n%s", code, out)
		}
		preferred.staysMaster(other)
	}
	other.neverMaster()
	other.awaitMaster(preferred)
	if v, err := other.instance(); err != nil || v.Counters.PriorityZeroReceived == 0 {
		t.Errorf("%s was not told: %+v (%v)", other.name, v, err)
	}
	preferred.awaitEnd(guardian)
	preferred.start()
	preferred.awaitMaster(other)
	s.served(w)
}

// Without a VRRP process of its own there is nobody to go on.
func TestLeaveWithoutGuardianHandsOver(t *testing.T) {
	_, preferred, other := newPair(t, tempo, &ours{more: "global { guardian = false }"}, &ours{})
	preferred.leave()
	other.awaitMaster(preferred)
	nettest.Eventually(t, soon, "the address is gone", func() error {
		if preferred.HasAddress(preferred.site.vip(1)) {
			return errors.New("it is there")
		}
		return nil
	})
}
