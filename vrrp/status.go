package vrrp

import (
	"context"
	"net/netip"
	"slices"
	"time"
)

// A Report is a snapshot of a Driver. It is the caller's to keep.
type Report struct {
	Routers []Status
	Groups  []GroupStatus
	Foreign []Foreign // virtual routers on the same networks that are not ours, seen in the last minutes
}

// A Status is a snapshot of a virtual router.
type Status struct {
	Name      string
	Interface string
	VRID      uint8
	Version   int
	IPv6      bool
	State     State
	Priority  uint8      // effective
	Source    netip.Addr // that advertisements are sent from; not valid: none
	Master    netip.Addr // current master, which may be this router; not valid: unknown
	Since     time.Time  // of the last change of state
	Addresses []netip.Addr

	Faults    []string // why it is in Fault
	Waiting   string   // the tracker that it waits for in Initialize, "" for none
	Conflicts []string // signs that the routers do not agree on who is master
	Handing   bool     // the addresses are still here for clients until another router has them
	Released  bool     // it does not preempt, since a command or the loss of an address
	Override  uint8    // priority set by a command, 0: none
	Counters  Counters
}

// A GroupStatus is a snapshot of a group.
type GroupStatus struct {
	Name    string
	State   State // the last one that all members had
	Members []string
}

// A Foreign is a virtual router on a network of ours that we are no member of.
type Foreign struct {
	Interface string
	VRID      uint8
	IPv6      bool
	Source    netip.Addr // of the last advertisement
	Last      time.Time
}

// foreignTime is for how long a foreign router is reported.
const foreignTime = 5 * time.Minute

// Counters count since the router was started.
type Counters struct {
	AdvertsSent          uint64
	AdvertsReceived      uint64 // that passed every check
	PriorityZeroSent     uint64 // of AdvertsSent
	PriorityZeroReceived uint64 // of AdvertsReceived
	SendErrors           uint64
	HostErrors           uint64 // addresses or announcements that could not be done
	BecameMaster         uint64
	ChecksumMessage      uint64 // accepted version 3 packets over IPv4 without pseudo-header in the checksum
	AddressMismatch      uint64 // accepted packets with another list of addresses
	IntervalMismatch     uint64 // accepted version 3 packets with another interval

	Refused map[Refusal]uint64 // dropped packets by reason; reasons that did not occur are missing
}

// meter holds what Counters shows. The array spares the receive path the map.
type meter struct {
	Counters
	refused [refusals]uint64
}

// received counts a packet that passed every check.
func (m *meter) received(a *Advertisement, otherAddresses, otherInterval bool) {
	m.AdvertsReceived++
	if a.Priority == 0 {
		m.PriorityZeroReceived++
	}
	if a.Version == 3 && a.Checksum == ChecksumMessage {
		m.ChecksumMessage++
	}
	if otherAddresses {
		m.AddressMismatch++
	}
	if otherInterval {
		m.IntervalMismatch++
	}
}

func (m *meter) snapshot() Counters {
	c := m.Counters
	c.Refused = make(map[Refusal]uint64)
	for r, n := range m.refused {
		if n > 0 {
			c.Refused[Refusal(r)] = n
		}
	}
	return c
}

// Status returns a snapshot, the routers in the order of the last Set. The error says that Run has ended.
func (d *Driver) Status(ctx context.Context) (Report, error) {
	var report Report
	err := d.ask(ctx, func(now time.Time) {
		for _, r := range d.routers {
			report.Routers = append(report.Routers, r.status())
		}
		for _, g := range d.teams {
			if g.name != "" {
				report.Groups = append(report.Groups, g.status())
			}
		}
		for key, f := range d.foreign {
			if now.Sub(f.Last) > foreignTime {
				delete(d.foreign, key)
				continue
			}
			report.Foreign = append(report.Foreign, *f)
		}
	})
	slices.SortFunc(report.Foreign, func(a, b Foreign) int { return int(a.VRID) - int(b.VRID) })
	return report, err
}

// Alive returns once the goroutine of Run has taken notice, or with an error if
// ctx is done before or Run has ended.
func (d *Driver) Alive(ctx context.Context) error { return d.ask(ctx, func(time.Time) {}) }

func (r *router) status() Status {
	m := r.machine
	s := Status{
		Name: r.cfg.Name, Interface: r.cfg.Interface, VRID: r.cfg.VRID, Version: r.cfg.Version, IPv6: r.cfg.IPv6,
		State: m.State(), Priority: m.Priority(), Source: m.Source(), Master: m.Master(), Since: r.since,
		Addresses: slices.Clone(r.cfg.Addresses), Conflicts: m.rivals.texts(), Handing: m.handover.running(),
		Released: m.released, Override: m.override, Counters: r.meter.snapshot(),
	}
	if m.State() == Fault {
		s.Faults = m.Faults()
	}
	if t := m.trackers.waiting(); t != nil && m.State() == Initialize {
		s.Waiting = string(t.Kind) + " " + t.Name
	}
	return s
}

func (t *team) status() GroupStatus {
	s := GroupStatus{Name: t.name, State: t.state}
	for _, r := range t.routers {
		s.Members = append(s.Members, r.cfg.Name)
	}
	return s
}
