package vrrp

import (
	"fmt"
	"net/netip"
	"time"
)

// stepBackup: https://www.rfc-editor.org/rfc/rfc9568#section-6.4.2
func (m *Machine) stepBackup(now time.Time, ev Event) []Action {
	switch ev := ev.(type) {
	case Timer:
		return m.downTimer(now)
	case Received:
		return m.heardInBackup(now, ev)
	case LinkChanged, SourceChanged:
		before := m.skew()
		m.observe(ev)
		if m.faulty() {
			return m.enterFault(now)
		}
		m.down = m.down.Add(m.skew() - before) // the rest of the interval has been waited for
		return nil
	case Shutdown:
		return m.stop(now)
	case Startup:
		return nil
	default:
		panic(fmt.Sprintf("vrrp: impossible event %T", ev))
	}
}

// enterBackup waits for a full down interval. Master is the router that is known to be master, if any.
func (m *Machine) enterBackup(now time.Time, master netip.Addr) []Action {
	notify := m.enter(now, Backup)
	m.master = master
	m.armDown(now, m.downInterval())
	return []Action{notify}
}

// downTimer takes over when the master has been silent for too long.
//
// A process that was not scheduled in time cannot tell a silent master from its own deafness, nor whether the master
// had the same trouble (a paused hypervisor). When it wakes later than one advertisement interval after the deadline it
// listens for one more.
func (m *Machine) downTimer(now time.Time) []Action {
	if now.Before(m.down) {
		return nil
	}
	if !m.granted && now.Sub(m.down) > m.masterInterval {
		m.down = now.Add(m.masterInterval)
		m.granted = true
		return nil
	}
	return m.enterMaster(now)
}

func (m *Machine) heardInBackup(now time.Time, r Received) []Action {
	a := &r.Advertisement
	if a.Priority == 0 {
		// The master leaves. Skew_Time lets the best of several backups go first.
		m.master = netip.Addr{}
		m.armDown(now, m.skew())
		return nil
	}
	// Somebody else is master, better or not: addresses of an earlier run are in its way.
	m.master = r.Source
	actions := m.release()
	if m.preempts() && a.Priority < m.Priority() {
		return actions // discarded: the down timer runs on, and we take over when it fires
	}
	m.learnInterval(a)
	m.armDown(now, m.downInterval())
	return actions
}

// preempts is Preempt_Mode. The owner always preempts: https://www.rfc-editor.org/rfc/rfc9568#section-6.1
func (m *Machine) preempts() bool { return !m.cfg.NoPreempt || m.cfg.owner() }

// learnInterval adopts the master's interval. In version 2 it is the configured one everywhere.
func (m *Machine) learnInterval(a *Advertisement) {
	if m.cfg.Version == 3 {
		m.masterInterval = a.Interval
	}
}

func (m *Machine) armDown(now time.Time, d time.Duration) {
	m.down = now.Add(d)
	m.granted = false
}

// skew is Skew_Time: the higher the priority, the sooner a backup takes over. It is exact to the nanosecond; the RFC's
// centiseconds would be 0 for short intervals.
func (m *Machine) skew() time.Duration {
	interval := m.masterInterval
	if m.cfg.Version == 2 {
		interval = time.Second // https://www.rfc-editor.org/rfc/rfc3768#section-6.1
	}
	return (256 - time.Duration(m.Priority())) * interval / 256
}

// downInterval is Master_Down_Interval.
func (m *Machine) downInterval() time.Duration {
	return m.cfg.downAdverts()*m.masterInterval + m.skew()
}
