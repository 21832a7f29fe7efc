package vrrp

import (
	"fmt"
	"net/netip"
	"time"
)

// A Machine is the state machine of one virtual router (RFC 9568 section 6.4, RFC 3768 section 6.4), with keepalived's
// Fault state:
//
//	                Startup, owner
//	┌────────────┐────────────────────▶┌────────┐
//	│ Initialize │      silence        │ Master │
//	└────────────┘  ┌─────────────────▶└────────┘
//	   │ Startup    │   better advert     │    │
//	   ▼            │  ┌──────────────────┘    │ link down, no source address
//	┌────────────┐──┘  │                       ▼
//	│   Backup   │◀────┘                    ┌───────┐
//	└────────────┘─────────────────────────▶│ Fault │──▶ as from Initialize, when the fault is gone
//	                                        └───────┘
//
// Shutdown leads from everywhere to Initialize. A Machine does no I/O, reads no clock and starts no goroutine. It is
// not safe for concurrent use.
type Machine struct {
	cfg    Config
	state  State
	links  links
	source netip.Addr // own primary address; zero: none
	master netip.Addr // last master heard, or source while Master; zero: unknown

	// masterInterval is Master_Adver_Interval: in version 3 learned from the last accepted advertisement.
	masterInterval time.Duration

	// Deadlines; zero: not running.
	down   time.Time // Backup: take over then
	advert time.Time // Master: advertise then
	garp   time.Time // Master: next burst of gratuitous ARP

	sent    time.Time // last advertisement
	granted bool      // the down timer has been prolonged because the driver was late

	// held tells that virtual addresses may be on the host: they were added, or a crashed process left them.
	held bool
}

// NewMachine returns the machine of a virtual router in state Initialize.
func NewMachine(cfg Config) *Machine {
	return &Machine{cfg: cfg, links: newLinks(&cfg), held: true}
}

// State returns the current state.
func (m *Machine) State() State { return m.state }

// Priority returns the effective priority: the configured one and the weights of all tracked links.
func (m *Machine) Priority() uint8 { return m.links.priority(m.cfg.Priority) }

// Source returns the address advertisements are sent from. It is not valid while there is none.
func (m *Machine) Source() netip.Addr { return m.source }

// Master returns the address of the current master, which may be this router. It is not valid while none is known.
func (m *Machine) Master() netip.Addr { return m.master }

// Deadline returns when Step wants a Timer event; the zero time means that no timer is running.
func (m *Machine) Deadline() time.Time {
	var first time.Time
	for _, t := range []time.Time{m.down, m.advert, m.garp} {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// Step feeds one event to the machine and returns what is to be done about it, in order.
func (m *Machine) Step(now time.Time, ev Event) []Action {
	switch m.state {
	case Initialize:
		return m.stepInitialize(now, ev)
	case Backup:
		return m.stepBackup(now, ev)
	case Master:
		return m.stepMaster(now, ev)
	case Fault:
		return m.stepFault(now, ev)
	default:
		panic(fmt.Sprintf("vrrp: impossible state %d", m.state))
	}
}

// stepInitialize: https://www.rfc-editor.org/rfc/rfc9568#section-6.4.1
func (m *Machine) stepInitialize(now time.Time, ev Event) []Action {
	switch ev := ev.(type) {
	case Startup:
		if m.faulty() {
			return m.enterFault(now)
		}
		return m.start(now)
	case LinkChanged, SourceChanged:
		m.observe(ev)
		return nil
	case Shutdown, Timer, Received:
		return nil
	default:
		panic(fmt.Sprintf("vrrp: impossible event %T", ev))
	}
}

// stepFault waits for the fault to go away. Received advertisements are ignored, as in keepalived.
func (m *Machine) stepFault(now time.Time, ev Event) []Action {
	switch ev := ev.(type) {
	case LinkChanged, SourceChanged:
		m.observe(ev)
		if m.faulty() {
			return nil
		}
		return m.start(now)
	case Shutdown:
		return m.stop(now)
	case Startup, Timer, Received:
		return nil
	default:
		panic(fmt.Sprintf("vrrp: impossible event %T", ev))
	}
}

// start enters the protocol: the owner as Master, all others as Backup with a full down interval.
func (m *Machine) start(now time.Time) []Action {
	m.masterInterval = m.cfg.AdvertInterval
	if m.cfg.owner() {
		return m.enterMaster(now)
	}
	return m.enterBackup(now, netip.Addr{})
}

// observe takes in what happened to a link or to the source address.
func (m *Machine) observe(ev Event) {
	switch ev := ev.(type) {
	case LinkChanged:
		m.links.set(ev.Name, ev.Up)
	case SourceChanged:
		m.source = ev.Source
	case Startup, Shutdown, Timer, Received:
	}
}

// faulty reports whether the virtual router cannot take part.
func (m *Machine) faulty() bool { return !m.source.IsValid() || m.links.faulty() }

// enterFault leaves the protocol. A master says so, as far as the fault lets it: its backups then need not wait for the
// down timer.
func (m *Machine) enterFault(now time.Time) []Action {
	actions := m.resign()
	m.master = netip.Addr{}
	return append(actions, m.enter(now, Fault))
}

// stop ends the protocol in an orderly way.
func (m *Machine) stop(now time.Time) []Action {
	actions := m.resign()
	m.master = netip.Addr{}
	return append(actions, m.enter(now, Initialize))
}

// resign gives up mastership if there is one, and the addresses wherever they come from.
func (m *Machine) resign() []Action {
	var actions []Action
	if m.state == Master {
		actions = append(actions, Advertise{Priority: 0})
	}
	return append(actions, m.release()...)
}

// release takes the addresses off the host if they may be there.
func (m *Machine) release() []Action {
	if !m.held {
		return nil
	}
	m.held = false
	return []Action{RemoveAddresses{}}
}

// enter changes the state, stops the timers of the one left, and tells.
func (m *Machine) enter(now time.Time, to State) Action {
	from := m.state
	m.state = to
	m.down, m.advert, m.garp = time.Time{}, time.Time{}, time.Time{}
	return Notify{Transition{Instance: m.cfg.Name, From: from, To: to, Priority: m.Priority(), At: now}}
}
