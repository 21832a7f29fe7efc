package stories

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/internal/nettest"
)

// The two do not hear each other, and the client sees both. Both say so; when they
// hear each other again there is one master, and the client finds it.
func TestSplitBrain(t *testing.T) {
	p := newPair(t, "nft")
	p.prepareSplit("02:00:00:00:00:11", "02:00:00:00:00:12")
	p.start("split-brain.hcl", "notify=DIR/conflict")
	p.awaitNeighbour(p.d1)

	p.split()
	p.await("MASTER", "MASTER")
	for _, side := range []struct{ own, other *node }{{p.d1, p.d2}, {p.d2, p.d1}} {
		side.own.awaitConflict(vip + " is at " + side.other.mac() + ", too")
	}

	p.heal()
	p.await("MASTER", "BACKUP")
	for _, d := range []*node{p.d1, p.d2} {
		d.awaitNoConflict()
	}
	p.awaitNeighbour(p.d1)
	client := p.follow(ask)
	client.awaitServed("d1")
	client.close("d1")
}

// With on_conflict = "yield", one of the two gives up meanwhile, whatever the
// priorities are.
func TestSplitBrainYield(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		macs     [2]string
		yielding int
	}{
		{"the better one", [2]string{"02:00:00:00:00:11", "02:00:00:00:00:12"}, 0},
		{"the worse one", [2]string{"02:00:00:00:00:12", "02:00:00:00:00:11"}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPair(t, "nft")
			p.prepareSplit(tt.macs[0], tt.macs[1])
			p.start("split-brain.hcl", "notify=DIR/conflict", "on_conflict=yield")
			yields, stays := p.d1, p.d2
			if tt.yielding == 1 {
				yields, stays = p.d2, p.d1
			}

			p.split()
			yields.awaitConflict(vip + " is at " + stays.mac() + ", too")
			yields.await("FAULT")
			stays.await("MASTER")
			p.awaitNeighbour(stays)
			client := p.follow(ask)
			client.awaitServed(stays.name)
			client.close(stays.name)

			p.heal()
			p.awaitOneMaster()
			if err := stays.daemon.Stop(soon); err != nil {
				t.Errorf("stop: %v", err)
			}
			yields.await("MASTER")
			p.awaitNeighbour(yields)
		})
	}
}

// prepareSplit gives the hosts MAC addresses, which decide who yields, and servers,
// and the client an ARP cache that forgets nothing by itself.
func (p *pair) prepareSplit(first, second string) {
	p.t.Helper()
	p.d1.Run("ip", "link", "set", "dev", "eth0", "address", first)
	p.d2.Run("ip", "link", "set", "dev", "eth0", "address", second)
	for _, d := range []*node{p.d1, p.d2} {
		d.Serve(":80", d.name)
		d.recorder("conflict")
	}
	p.client.Run("sysctl", "-qw", "net.ipv4.neigh.eth0.base_reachable_time_ms=86400000")
}

// split keeps advertisements from either host. Everything else passes, ARP too.
func (p *pair) split() {
	p.t.Helper()
	for _, d := range []*node{p.d1, p.d2} {
		d.Run("nft", "table ip split { chain in { type filter hook input priority 0; ip protocol 112 drop; }; }")
	}
}

func (p *pair) heal() {
	p.t.Helper()
	for _, d := range []*node{p.d1, p.d2} {
		d.Run("nft", "delete table ip split")
	}
}

// awaitConflict waits until status, script and log of a host tell of a conflict.
func (d *node) awaitConflict(text string) {
	d.t.Helper()
	nettest.Eventually(d.t, soon, d.name+" tells of the conflict", func() error {
		script, err := os.ReadFile(filepath.Join(d.dir, "conflict.log"))
		return errors.Join(err,
			has("status", strings.Join(d.instance().Conflicts, "\n"), text),
			has("what the script heard", string(script), "INSTANCE VI_1 CONFLICT "+text),
			has("log", d.daemon.Output(), text))
	})
}

// awaitNoConflict waits until the conflict is over.
func (d *node) awaitNoConflict() {
	d.t.Helper()
	nettest.Eventually(d.t, soon, d.name+" tells of the end", func() error {
		script, err := os.ReadFile(filepath.Join(d.dir, "conflict.log"))
		if err != nil {
			return err
		}
		text := string(script)
		if begun, over := strings.Count(text, " CONFLICT "), strings.Count(text, " CLEAR "); begun != over {
			return fmt.Errorf("%d conflicts, %d are over:\n%s", begun, over, text)
		}
		if c := d.instance().Conflicts; len(c) > 0 {
			return fmt.Errorf("conflicts: %q", c)
		}
		return nil
	})
}

func has(what, text, want string) error {
	if !strings.Contains(text, want) {
		return fmt.Errorf("%s: no %q in\n%s", what, want, text)
	}
	return nil
}

// awaitNeighbour waits until the client's ARP cache leads to a host.
func (p *pair) awaitNeighbour(d *node) {
	p.t.Helper()
	want := d.mac()
	nettest.Eventually(p.t, soon, "the client's ARP cache leads to "+d.name, func() error {
		_, _ = ask(p.client) // or there may be no entry
		if got := p.neighbour(); got != want {
			return fmt.Errorf("it leads to %s, want %s", got, want)
		}
		return nil
	})
}

// awaitOneMaster waits until one of the hosts is master, and the client's ARP cache
// leads to it.
func (p *pair) awaitOneMaster() {
	p.t.Helper()
	nettest.Eventually(p.t, soon, "there is one master", func() error {
		first, second := p.d1.instance().State, p.d2.instance().State
		if (first == "MASTER") == (second == "MASTER") {
			return fmt.Errorf("they are %s and %s", first, second)
		}
		master := p.d1
		if second == "MASTER" {
			master = p.d2
		}
		return has("neighbour", p.neighbour(), master.mac())
	})
}
