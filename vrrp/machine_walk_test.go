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
}

// TestRandomWalk checks after each of many random events what must hold whatever happens.
func TestRandomWalk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Config{
			Name: "VI_1", Interface: "eth0", VRID: 1, Addresses: addrs("192.0.2.100"),
			Version:        rapid.SampledFrom([]int{2, 3}).Draw(t, "version"),
			Priority:       rapid.Uint8Range(1, 255).Draw(t, "priority"),
			AdvertInterval: time.Second,
			NoPreempt:      rapid.Bool().Draw(t, "nopreempt"),
			PreemptDelay:   time.Duration(rapid.IntRange(0, 2).Draw(t, "preempt_delay")) * 4 * time.Second,
			GARP: GARP{
				Repeat:      rapid.IntRange(0, 9).Draw(t, "repeat"),
				Delay:       time.Duration(rapid.IntRange(0, 2).Draw(t, "delay")) * 1500 * time.Millisecond,
				LowerRepeat: 1, Refresh: 10 * time.Second, RefreshRepeat: 1,
			},
			NoHigherAdvert: rapid.Bool().Draw(t, "no_higher"),
			NoLowerAdvert:  rapid.Bool().Draw(t, "no_lower"),
			OnAddressLoss:  rapid.SampledFrom([]AddressLoss{RestoreAddress, YieldAddress}).Draw(t, "loss"),
			OnConflict:     rapid.SampledFrom([]OnConflict{AlertConflict, YieldConflict}).Draw(t, "conflict"),
			Trackers: []Tracker{
				{Kind: TrackInterface, Name: "eth1"},
				{Kind: TrackInterface, Name: "eth2", Weight: rapid.IntRange(-253, 253).Draw(t, "weight")},
				{Kind: TrackScript, Name: "s", Reverse: rapid.Bool().Draw(t, "reverse")},
				{Kind: TrackFile, Name: "f", Weight: rapid.IntRange(-3, 3).Draw(t, "file")},
			},
		}
		w := &walk{m: NewMachine(cfg), cfg: cfg, now: epoch(), addresses: true}
		for range rapid.IntRange(1, 80).Draw(t, "events") {
			w.step(t, w.draw(t))
		}
	})
}

// draw picks the next event and the time it happens at.
func (w *walk) draw(t *rapid.T) Event {
	w.now = w.now.Add(time.Duration(rapid.IntRange(0, 1500).Draw(t, "ms")) * time.Millisecond)
	switch rapid.IntRange(0, 12).Draw(t, "event") {
	case 0:
		return Startup{
			Resume:    rapid.Bool().Draw(t, "resume"),
			NotBefore: w.now.Add(time.Duration(rapid.IntRange(-1, 2).Draw(t, "hold")) * time.Second),
		}
	case 1:
		if rapid.IntRange(0, 4).Draw(t, "stop") == 0 {
			return rapid.SampledFrom([]Event{Shutdown{}, Abandon{}}).Draw(t, "how")
		}
		return Timer{}
	case 2, 3, 4:
		if deadline := w.m.Deadline(); deadline.After(w.now) && deadline.Sub(w.now) < time.Hour {
			w.now = deadline
		}
		return Timer{}
	case 5:
		return LinkChanged{Up: rapid.IntRange(0, 3).Draw(t, "up") > 0}
	case 6:
		return Tracked{rapid.SampledFrom([]Track{
			{TrackInterface, "eth1", 0}, {TrackInterface, "eth1", 1}, {TrackInterface, "eth2", 0}, {TrackInterface, "eth2", 1},
			{TrackScript, "s", 1}, {TrackScript, "s", 0}, {TrackFile, "f", 0}, {TrackFile, "f", 300}, {TrackFile, "f", -20},
		}).Draw(t, "track")}
	case 7:
		return SourceChanged{Source: rapid.SampledFrom([]netip.Addr{{}, addr("192.0.2.1"), addr("192.0.2.5")}).Draw(t, "source")}
	case 8:
		return rapid.SampledFrom([]Event{
			AddressLost{addr("192.0.2.100")}, Release{}, Preempt{}, SetPriority{10}, SetPriority{0}, GroupFault{true}, GroupFault{false},
			Claimed{Claim{Address: addr("192.0.2.100"), MAC: "02:00:00:00:00:09", Own: "02:00:00:00:00:05"}},
			Claimed{Claim{Address: addr("192.0.2.100"), MAC: "02:00:00:00:00:01", Own: "02:00:00:00:00:05"}},
			Refused{Source: addr("192.0.2.9"), Reason: BadVersion},
		}).Draw(t, "other")
	default:
		return Received{
			Source: rapid.SampledFrom(addrs("192.0.2.2", "192.0.2.4", "192.0.2.9")).Draw(t, "from"),
			Advertisement: &Advertisement{
				Version: w.cfg.Version, VRID: 1,
				Priority: rapid.SampledFrom([]uint8{0, 1, 99, 100, 101, 254, 255, w.cfg.Priority}).Draw(t, "theirs"),
				Interval: time.Duration(rapid.IntRange(1, 300).Draw(t, "interval")) * centisecond,
			},
			OtherList: rapid.Bool().Draw(t, "list"),
		}
	}
}

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// step does one event and checks the order of the actions.
func (w *walk) step(t *rapid.T, ev Event) {
	before := w.m.State()
	order := 0 // advertise, addresses, announce, the rest; a handover may end behind all that
	inOrder := func(rank int, a Action) {
		if rank < order {
			t.Fatalf("%T out of order after %T in %v", a, ev, before)
		}
		order = rank
	}
	for _, action := range w.m.Step(w.now, ev) {
		switch a := action.(type) {
		case Advertise:
			inOrder(1, a)
			if before != Master && w.m.State() != Master {
				t.Fatalf("advertisement of a %v", before)
			}
			if a.Priority == 0 && w.m.State() == Master {
				t.Fatalf("a master that stays advertises 0")
			}
		case AddAddresses:
			inOrder(2, a)
			w.addresses = true
		case RemoveAddresses:
			w.addresses, order = false, 4
		case Announce:
			inOrder(3, a)
			if w.m.State() != Master || a.Rounds < 1 {
				t.Fatalf("%d announcements of a %v", a.Rounds, w.m.State())
			}
		case Probe:
			order = 4
		case Notify:
			order = 4
			if a.Notice.Kind != StateChanged {
				continue
			}
			if a.Notice.From != w.last {
				t.Fatalf("told of %+v after %v", a.Notice, w.last)
			}
			w.last = a.Notice.To
		}
	}
	w.check(t, ev)
}

// check tests what holds between two events.
func (w *walk) check(t *rapid.T, ev Event) {
	m := w.m
	state, deadline := m.State(), m.Deadline()
	if state != w.last && !m.handover.running() {
		t.Fatalf("in %v, but %v was told last", state, w.last)
	}
	if (state == Backup || state == Master) && deadline.IsZero() {
		t.Fatalf("%v without a deadline", state)
	}
	if _, ok := ev.(Timer); ok && !deadline.IsZero() && !deadline.After(w.now) {
		t.Fatalf("%v: deadline %v has passed at %v after a timer", state, deadline, w.now)
	}
	if state != Initialize && (state == Fault) != m.faulty() {
		t.Fatalf("%v, faults %v", state, m.Faults())
	}
	if p := m.Priority(); p == 0 || (p == priorityOwner) != w.cfg.owner() {
		t.Fatalf("effective priority %d of %d", p, w.cfg.Priority)
	}
	if state == Master && (!w.addresses || m.Master() != m.Source()) {
		t.Fatalf("master is %v, addresses %v", m.Master(), w.addresses)
	}
	if w.addresses != m.held {
		t.Fatalf("addresses %v, the machine believes %v", w.addresses, m.held)
	}
	if m.Done() && w.started && w.addresses {
		t.Fatalf("done with the addresses on the host")
	}
	w.started = w.started || m.started
	if state == Backup {
		longest := 3*m.masterInterval + max(m.masterInterval, time.Second)
		if m.down.Sub(w.now) > longest {
			t.Fatalf("takes over in %v only, interval %v", m.down.Sub(w.now), m.masterInterval)
		}
	}
}
