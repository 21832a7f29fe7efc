package vrrp

import (
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A walk feeds a machine with random events and does what it says to a host that is no more than a few flags. The host
// starts with the addresses of a crashed run.
type walk struct {
	m         *Machine
	cfg       Config
	now       time.Time
	addresses bool  // on the host
	last      State // told by the last Notify
	started   bool
	successor bool // another master was heard since the last time we held the addresses
}

// TestRandomWalk checks after each of many random events what must hold whatever happens.
func TestRandomWalk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Config{
			Name: "VI_1", Interface: "eth0", VRID: 1, Addresses: addrs("192.0.2.100"),
			Version:          rapid.SampledFrom([]int{2, 3}).Draw(t, "version"),
			Priority:         rapid.Uint8Range(1, 255).Draw(t, "priority"),
			AdvertInterval:   time.Second,
			NoPreempt:        rapid.Bool().Draw(t, "nopreempt"),
			GARPMasterRepeat: rapid.IntRange(0, 3).Draw(t, "repeat"),
			GARPMasterDelay:  time.Duration(rapid.IntRange(0, 2).Draw(t, "delay")) * 1500 * time.Millisecond,
			TrackInterfaces:  []TrackInterface{{"eth1", 0}, {"eth2", rapid.IntRange(-253, 253).Draw(t, "weight")}},
		}
		w := &walk{m: NewMachine(cfg), cfg: cfg, now: epoch(), addresses: true}
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			w.step(t, w.draw(t))
		}
	})
}

// draw picks the next event and the time it happens at.
func (w *walk) draw(t *rapid.T) Event {
	w.now = w.now.Add(time.Duration(rapid.IntRange(0, 1500).Draw(t, "ms")) * time.Millisecond)
	switch rapid.IntRange(0, 9).Draw(t, "event") {
	case 0:
		return Startup{}
	case 1:
		if rapid.IntRange(0, 4).Draw(t, "stop") == 0 {
			return Shutdown{}
		}
		return Timer{}
	case 2, 3:
		if deadline := w.m.Deadline(); deadline.After(w.now) {
			w.now = deadline
		}
		return Timer{}
	case 4:
		name := rapid.SampledFrom([]string{"eth0", "eth1", "eth2", "eth3"}).Draw(t, "link")
		return LinkChanged{Name: name, Up: rapid.IntRange(0, 3).Draw(t, "up") > 0}
	case 5:
		return SourceChanged{Source: rapid.SampledFrom([]netip.Addr{{}, addr("192.0.2.1"), addr("192.0.2.5")}).Draw(t, "source")}
	default:
		return Received{
			Source: rapid.SampledFrom(addrs("192.0.2.2", "192.0.2.4", "192.0.2.9")).Draw(t, "from"),
			Advertisement: Advertisement{
				Version: w.cfg.Version, VRID: 1,
				Priority: rapid.SampledFrom([]uint8{0, 1, 99, 100, 101, 254, 255, w.cfg.Priority}).Draw(t, "theirs"),
				Interval: time.Duration(rapid.IntRange(1, 300).Draw(t, "interval")) * centisecond,
			},
		}
	}
}

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// step does one event and checks the order of the actions.
func (w *walk) step(t *rapid.T, ev Event) {
	before := w.m.State()
	order := 0 // advertise, addresses, announce, notify
	inOrder := func(rank int, a Action) {
		if rank < order {
			t.Fatalf("%T out of order", a)
		}
		order = rank
	}
	if r, ok := ev.(Received); ok && before == Backup && r.Advertisement.Priority > 0 {
		w.successor = true
	}
	for _, action := range w.m.Step(w.now, ev) {
		switch a := action.(type) {
		case Advertise:
			inOrder(1, a)
			if before != Master && w.m.State() != Master {
				t.Fatalf("advertisement of a %v", before)
			}
			if leaves := w.m.State() == Initialize || w.m.State() == Fault; leaves != (a.Priority == 0) {
				t.Fatalf("priority %d when entering %v", a.Priority, w.m.State())
			}
		case AddAddresses:
			inOrder(2, a)
			w.addresses, w.successor = true, false
		case RemoveAddresses:
			inOrder(2, a)
			w.addresses = false
		case Announce:
			inOrder(3, a)
			if w.m.State() != Master || a.Rounds < 1 {
				t.Fatalf("%d announcements of a %v", a.Rounds, w.m.State())
			}
		case Notify:
			inOrder(4, a)
			if a.Transition.From != w.last || a.Transition.To != w.m.State() {
				t.Fatalf("told of %+v after %v, in %v", a.Transition, w.last, w.m.State())
			}
			w.last = a.Transition.To
		}
	}
	w.check(t, ev)
}

// check tests what holds between two events.
func (w *walk) check(t *rapid.T, ev Event) {
	m := w.m
	state, deadline := m.State(), m.Deadline()
	if state != w.last {
		t.Fatalf("in %v, but %v was told last", state, w.last)
	}
	if timed := state == Backup || state == Master; timed == deadline.IsZero() {
		t.Fatalf("%v with deadline %v", state, deadline)
	}
	if _, ok := ev.(Timer); ok && !deadline.IsZero() && !deadline.After(w.now) {
		t.Fatalf("deadline %v has passed at %v after a timer", deadline, w.now)
	}
	if state != Initialize && (state == Fault) != m.faulty() {
		t.Fatalf("%v, faulty %v", state, m.faulty())
	}
	if p := m.Priority(); p == 0 || (p == priorityOwner) != w.cfg.owner() {
		t.Fatalf("effective priority %d of %d", p, w.cfg.Priority)
	}
	if state == Master && (!w.addresses || m.Master() != m.Source()) {
		t.Fatalf("master is %v, addresses %v", m.Master(), w.addresses)
	}
	if w.addresses && (state == Fault || state == Backup && w.successor) {
		t.Fatalf("%v holds the addresses", state)
	}
	if _, ok := ev.(Shutdown); ok && (state != Initialize || w.started && w.addresses) {
		t.Fatalf("%v after shutdown, addresses %v", state, w.addresses)
	}
	w.started = state != Initialize
	if state == Backup {
		longest := downAdverts*m.masterInterval + max(m.masterInterval, time.Second)
		if deadline.Sub(w.now) > longest {
			t.Fatalf("takes over in %v only, interval %v", deadline.Sub(w.now), m.masterInterval)
		}
	}
}
