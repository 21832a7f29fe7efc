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
//	   ▼            │  ┌──────────────────┘    │ link, source address or tracker down
//	┌────────────┐──┘  │                       ▼
//	│   Backup   │◀────┘                    ┌───────┐
//	└────────────┘─────────────────────────▶│ Fault │──▶ as from Initialize, when the fault is gone
//	                                        └───────┘
//
// Shutdown leads from everywhere to Initialize. Whoever leaves Master keeps the addresses for a moment, see handover.
//
// A Machine does no I/O, reads no clock and starts no goroutine. It is not safe for concurrent use.
type Machine struct {
	cfg      Config
	state    State
	started  bool // between Startup and Shutdown
	linkDown bool
	trackers trackers
	source   netip.Addr // own primary address; zero: none
	master   netip.Addr // last master heard, or source while Master; zero: unknown

	// grouped routers become master only if their group does. wants says that this one would, groupFault that another
	// member cannot.
	grouped, wants, groupFault bool

	override uint8 // priority set by a command; 0: the configured one
	released bool  // handed over by a command, or for want of an address: the next master stays
	yielded  bool  // in Fault because another host answers for the addresses

	// masterInterval is Master_Adver_Interval: in version 3 learned from the last accepted advertisement.
	masterInterval time.Duration

	// Deadlines; zero: not running.
	begin   time.Time // Initialize: leave it then
	down    time.Time // Backup: take over then; skewed is the skew in it
	preempt time.Time // Backup: a lower-priority master stays until then; it may have passed
	advert  time.Time // Master: advertise then
	probe   time.Time // Master, or yielded: ask who else has the addresses
	garp    schedule  // Master

	sent       time.Time // last advertisement
	told       uint8     // the priority in it
	advertised [1]Action // it
	became     time.Time // the last change to Master
	skewed     time.Duration
	granted    bool // the down timer has been prolonged because the driver was late
	handover   handover
	rivals     rivals

	// held tells that virtual addresses may be on the host: they were added, or a crashed process left them.
	held bool
}

// NewMachine returns the machine of a virtual router in state Initialize.
func NewMachine(cfg Config) *Machine {
	return &Machine{cfg: cfg, trackers: newTrackers(cfg.Trackers), masterInterval: cfg.AdvertInterval, held: true}
}

// State returns the current state.
func (m *Machine) State() State { return m.state }

// Done reports whether the protocol has ended and the addresses are off the host.
func (m *Machine) Done() bool { return !m.started && m.state == Initialize && !m.handover.running() }

// Priority returns the effective priority: the configured one and the weights of all trackers.
func (m *Machine) Priority() uint8 {
	if m.override > 0 && !m.cfg.owner() {
		return m.trackers.priority(m.override)
	}
	return m.trackers.priority(m.cfg.Priority)
}

// Source returns the address advertisements are sent from. It is not valid while there is none.
func (m *Machine) Source() netip.Addr { return m.source }

// Master returns the address of the current master, which may be this router. It is not valid while none is known.
func (m *Machine) Master() netip.Addr { return m.master }

// Deadline returns when Step wants a Timer event; the zero time means that no timer is running.
func (m *Machine) Deadline() time.Time {
	return earliest(m.begin, m.down, m.advert, m.probe, m.garp.deadline(), m.handover.deadline, m.rivals.deadline())
}

// Step feeds one event to the machine and returns what is to be done about it, in order.
func (m *Machine) Step(now time.Time, ev Event) []Action {
	before := m.Priority()
	news := m.always(now, ev)
	var actions []Action
	switch m.state {
	case Initialize:
		actions = m.stepInitialize(now, ev)
	case Backup:
		actions = m.stepBackup(now, ev)
	case Master:
		actions = m.stepMaster(now, ev)
	case Fault:
		actions = m.stepFault(now, ev)
	default:
		panic(fmt.Sprintf("vrrp: impossible state %d", m.state))
	}
	if _, ok := ev.(Timer); ok {
		actions = append(actions, m.handoverTimer(now)...)
	}
	if p := m.Priority(); p != before && (m.state == Master || m.state == Backup) {
		actions = append(actions, m.tell(now, PriorityChanged, ""))
	}
	return append(actions, news...)
}

// always is what an event means in every state. What it takes in decides, with the state's own part, what follows. It
// returns the news.
func (m *Machine) always(now time.Time, ev Event) []Action {
	switch ev := ev.(type) {
	case Timer:
		return m.tellRivals(now, m.rivals.expire(now))
	case Received:
		if ev.Advertisement.Priority > 0 {
			m.handover.heard(now, m.adoptTime())
		}
		return m.compareLists(now, ev)
	case Refused:
		return m.tellRivals(now, m.rivals.refused(now, ev))
	case Claimed:
		m.handover.announced(now)
		return m.tellRivals(now, m.claimed(now, ev.Claim))
	case LinkChanged:
		m.linkDown = !ev.Up
	case SourceChanged:
		m.source = ev.Source
	case Tracked:
		m.trackers.set(ev.Track)
	case GroupFault:
		m.groupFault = ev.Fault
	case SetPriority:
		m.override = ev.Priority
	case Release:
		m.released = true
	case Preempt:
		m.released = false
	case Startup, Shutdown, Abandon, AddressLost, Promote, Demote:
	}
	return nil
}

// observation reports whether an event may begin or end a fault, or change the priority.
func observation(ev Event) bool {
	switch ev.(type) {
	case LinkChanged, SourceChanged, Tracked, GroupFault, SetPriority, Claimed:
		return true
	default:
		return false
	}
}

// stepInitialize: https://www.rfc-editor.org/rfc/rfc9568#section-6.4.1
func (m *Machine) stepInitialize(now time.Time, ev Event) []Action {
	switch ev := ev.(type) {
	case Startup:
		if m.started {
			return nil
		}
		m.started = true
		if ev.Resume && !m.faulty() {
			return m.enterMaster(now)
		}
		if ev.NotBefore.After(now) {
			m.begin = ev.NotBefore
			return nil
		}
		return m.leaveInitialize(now)
	case Shutdown, Abandon:
		if !m.started && !m.handover.running() {
			return nil
		}
		return m.stop(now, ev)
	case Timer:
		if m.begin.IsZero() || now.Before(m.begin) {
			return nil
		}
		m.begin = time.Time{}
		return m.leaveInitialize(now)
	default:
		if m.started && m.begin.IsZero() && observation(ev) {
			return m.leaveInitialize(now)
		}
		return nil
	}
}

// leaveInitialize begins, unless something that matters is not known yet.
func (m *Machine) leaveInitialize(now time.Time) []Action {
	switch {
	case m.faulty():
		return m.enterFault(now)
	case m.trackers.waiting() != nil:
		return nil
	default:
		return m.start(now)
	}
}

// stepFault waits for the fault to go away. Received advertisements are ignored, as in keepalived, unless they say who the
// host is that the router has yielded to.
func (m *Machine) stepFault(now time.Time, ev Event) []Action {
	switch ev := ev.(type) {
	case Shutdown, Abandon:
		return m.stop(now, ev)
	case Timer:
		return m.faultTimer(now)
	case Received:
		if ev.Advertisement.Priority == 0 || m.handover.running() {
			return nil
		}
		actions := m.letGo() // a crashed run has left them
		if m.yielded {
			actions = append(actions, m.backUp(now, ev)...)
		}
		return actions
	default:
		if !observation(ev) || m.faulty() {
			return nil
		}
		return m.recover(now)
	}
}

// recover leaves Fault. A master whose fault was over before anybody took its place goes on as master.
func (m *Machine) recover(now time.Time) []Action {
	if m.handover.running() && !m.handover.taken && !m.grouped {
		return m.enterMaster(now)
	}
	return m.start(now)
}

// start enters the protocol: the owner as Master, all others as Backup with a full down interval.
func (m *Machine) start(now time.Time) []Action {
	m.masterInterval = m.cfg.AdvertInterval
	if m.cfg.owner() && !m.grouped {
		return m.enterMaster(now)
	}
	return m.enterBackup(now, netip.Addr{})
}

// Faults lists what keeps the virtual router from taking part, in words for status.
func (m *Machine) Faults() []string {
	var faults []string
	if m.linkDown && !m.cfg.DontTrackPrimary {
		faults = append(faults, "link of "+m.cfg.Interface+" down")
	}
	if !m.source.IsValid() {
		faults = append(faults, "no source address on "+m.cfg.Interface)
	}
	if t := m.trackers.fault(); t != nil {
		faults = append(faults, string(t.Kind)+" "+t.Name)
	}
	if m.groupFault {
		faults = append(faults, "another member of its group")
	}
	if m.yielded {
		faults = append(faults, "another host has the addresses")
	}
	return faults
}

// cut reports whether the router cannot be heard: a handover makes no sense then.
func (m *Machine) cut() bool { return !m.source.IsValid() || m.linkDown && !m.cfg.DontTrackPrimary }

// faulty reports whether the virtual router cannot take part.
func (m *Machine) faulty() bool { return m.groupFault || m.ownFault() }

// ownFault is faulty without the other members of its group.
func (m *Machine) ownFault() bool { return m.cut() || m.yielded || m.trackers.fault() != nil }

// enterFault leaves the protocol. A master says so, as far as the fault lets it: its backups then need not wait for the
// down timer.
func (m *Machine) enterFault(now time.Time) []Action {
	limit := m.handoverLimit()
	if m.groupFault {
		limit = m.downInterval() + m.skew() // the member that is cut off could not say that it leaves
	}
	actions := m.resign(now, limit)
	m.master = netip.Addr{}
	actions = append(actions, m.enter(now, Fault)...)
	if m.yielded {
		m.probe = now.Add(yieldProbe)
	}
	return actions
}

// stop ends the protocol in an orderly way.
func (m *Machine) stop(now time.Time, ev Event) []Action {
	limit := m.handoverLimit()
	if _, abandoned := ev.(Abandon); abandoned {
		limit = forever
	}
	m.started, m.begin = false, time.Time{}
	actions := m.resign(now, limit)
	m.master = netip.Addr{}
	if m.state == Initialize {
		return actions
	}
	return append(actions, m.enter(now, Initialize)...)
}

// resign gives up mastership if there is one, and the addresses wherever they come from. A master that can be heard keeps
// them until another one has them, or for as long as limit.
func (m *Machine) resign(now time.Time, limit time.Duration) []Action {
	var actions []Action
	if m.state == Master {
		actions = append(actions, Advertise{Priority: 0})
	}
	switch {
	case m.started && m.state == Initialize:
		return nil // left by a crashed run, perhaps in use: they stay until another master is heard
	case m.cut() || m.yielded:
		return append(actions, m.letGo()...)
	case m.state == Master:
		m.handover.begin(now, limit)
		return actions
	case m.handover.running():
		m.handover.limit(now, limit)
		return actions
	default:
		return append(actions, m.letGo()...)
	}
}

// enter changes the state, stops the timers of the one left, and tells.
func (m *Machine) enter(now time.Time, to State) []Action {
	from := m.state
	m.state = to
	m.down, m.preempt, m.advert, m.probe, m.garp = time.Time{}, time.Time{}, time.Time{}, time.Time{}, schedule{}
	m.wants = false
	told := m.rivals.leave(to)
	actions := m.tellRivals(now, told)
	return append(actions, m.later(Notify{Notice{Kind: StateChanged, Name: m.cfg.Name, From: from, To: to, Priority: m.Priority(), At: now}})...)
}

// later returns a notification, or puts it off until the addresses have been handed over: a script that stops a service
// must not do so under clients that still come here.
func (m *Machine) later(n Notify) []Action {
	if m.handover.running() {
		m.handover.news = append(m.handover.news, n)
		return nil
	}
	return []Action{n}
}

// tell is a notice about the router as it is.
func (m *Machine) tell(now time.Time, kind NoticeKind, text string) Action {
	return Notify{Notice{Kind: kind, Name: m.cfg.Name, From: m.state, To: m.state, Priority: m.Priority(), At: now, Text: text}}
}

// Reconfigure takes another configuration of the same virtual router: same name, VRID, interface, family and version. It
// keeps its state.
func (m *Machine) Reconfigure(now time.Time, cfg Config) []Action {
	before := m.Priority()
	m.cfg = cfg
	m.trackers.replace(cfg.Trackers)
	var actions []Action
	switch {
	case m.state == Master && m.faulty():
		return m.enterFault(now)
	case m.state == Master:
		m.masterInterval = cfg.AdvertInterval
		actions = append(m.advertise(now), AddAddresses{})
		actions = append(actions, m.announce(now)...)
	case m.state == Backup && m.faulty():
		return m.enterFault(now)
	case m.state == Backup:
		if cfg.Version == 2 || !m.master.IsValid() {
			m.masterInterval = cfg.AdvertInterval
		}
		m.armDown(now, m.downInterval())
	case m.state == Fault && !m.faulty():
		actions = m.recover(now)
	}
	if m.Priority() != before && m.state != Fault {
		actions = append(actions, m.tell(now, PriorityChanged, ""))
	}
	return actions
}
