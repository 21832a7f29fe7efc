package vrrp

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

// TestLANWalk lets routers die, come back, freeze and be cut from each other at random on a LAN that loses, delays and
// doubles packets. At every moment whoever is told to be master holds the addresses; some time after the last trouble
// there is one master, which is the best, and only it holds them.
func TestLANWalk(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLAN(t)
				w := &lanWalk{lan: l, rand: rand.New(rand.NewPCG(seed, 1))}
				w.begin(2 + w.rand.IntN(4))
				for range 12 {
					w.trouble()
					pass(time.Duration(w.rand.IntN(700)) * time.Millisecond)
				}
				w.heal()
				pass(3 * time.Second)
				w.check(t, seed)
			})
		})
	}
}

type lanWalk struct {
	lan  *lan
	rand *rand.Rand
	all  []*node
	dead map[*node]bool
}

func (w *lanWalk) begin(n int) {
	w.dead = make(map[*node]bool)
	w.lan.noise = rand.New(rand.NewPCG(w.rand.Uint64(), 2)) // guarded by the LAN
	for i := range n {
		cfg := testConfig(uint8(50 + w.rand.IntN(4)*50))
		w.all = append(w.all, w.lan.router(fmt.Sprintf("10.0.0.%d", i+1), cfg))
	}
}

// trouble does one thing.
func (w *lanWalk) trouble() {
	n := w.all[w.rand.IntN(len(w.all))]
	switch w.rand.IntN(6) {
	case 0:
		if w.dead[n] {
			w.revive(n)
		} else {
			n.kill()
			w.dead[n] = true
		}
	case 1:
		n.net.freeze(time.Duration(w.rand.IntN(1500)) * time.Millisecond)
	case 2:
		side := w.rand.Uint64()
		w.lan.setCut(func(from, to *memNetwork) bool { return side>>w.index(from)&1 != side>>w.index(to)&1 })
	case 3:
		deaf := n.net
		w.lan.setCut(func(_, to *memNetwork) bool { return to == deaf })
	case 4:
		w.lan.setCut(nothing)
	case 5:
		if !w.dead[n] {
			n.setSource(addr("10.0.0.200").Next())
			n.setSource(n.net.source)
		}
	}
}

func (w *lanWalk) index(net *memNetwork) int {
	for i, n := range w.all {
		if n.net == net {
			return i
		}
	}
	return 0
}

// revive starts a dead router, whose host still has what it had.
func (w *lanWalk) revive(n *node) {
	delete(w.dead, n)
	n.net.set(func() { n.net.dead = false })
	n.host.set(func() { n.host.dead = false })
	n.launch(Set{})
}

func (w *lanWalk) heal() {
	w.lan.mu.Lock()
	w.lan.noise = nil
	w.lan.mu.Unlock()
	w.lan.setCut(nothing)
	for _, n := range w.all {
		if w.dead[n] {
			w.revive(n)
		}
	}
}

func (w *lanWalk) check(t *testing.T, seed uint64) {
	best := w.all[0]
	for _, n := range w.all[1:] {
		if n.cfg.Priority > best.cfg.Priority || n.cfg.Priority == best.cfg.Priority && best.net.source.Less(n.net.source) {
			best = n
		}
	}
	masters := 0
	for _, n := range w.all {
		s := n.status()
		if s.State == Master {
			masters++
		}
		if holds := n.host.holds(); holds != (s.State == Master) {
			t.Errorf("seed %d: %s is %v and holds the addresses: %v", seed, n.host.source, s.State, holds)
		}
	}
	s := best.status()
	if masters != 1 {
		t.Errorf("seed %d: %d masters", seed, masters)
	}
	// Equal routers do not preempt each other, so only the priority of the master is certain.
	if got := w.master().cfg.Priority; got != best.cfg.Priority {
		t.Errorf("seed %d: master has priority %d, the best is %s with %d (%v)", seed, got, best.host.source, best.cfg.Priority, s.State)
	}
}

func (w *lanWalk) master() *node {
	for _, n := range w.all {
		if n.status().State == Master {
			return n
		}
	}
	return w.all[0]
}
