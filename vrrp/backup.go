package vrrp

import (
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
	case Promote:
		return m.enterMaster(now)
	case Shutdown, Abandon:
		return m.stop(now, ev)
	default:
		if observation(ev) && m.faulty() {
			return m.enterFault(now)
		}
		m.rearm()
		return nil
	}
}

// enterBackup waits for a full down interval. Master is the router that is known to be master, if any.
func (m *Machine) enterBackup(now time.Time, master netip.Addr) []Action {
	actions := m.enter(now, Backup)
	m.master = master
	m.armDown(now, m.downInterval())
	return actions
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
		m.armDown(now, m.masterInterval)
		m.granted = true
		return nil
	}
	if m.grouped {
		m.wants = true
		m.armDown(now, m.downInterval())
		return nil
	}
	return m.enterMaster(now)
}

func (m *Machine) heardInBackup(now time.Time, r Received) []Action {
	a := r.Advertisement
	if m.cfg.OwnerIgnores && m.cfg.owner() {
		return nil
	}
	if a.Priority == 0 {
		// The master leaves. Skew_Time lets the best of several backups go first.
		m.master = netip.Addr{}
		m.armDown(now, m.skew())
		return nil
	}
	// Somebody else is master, better or not: addresses of an earlier run are in its way.
	m.master = r.Source
	var actions []Action
	if !m.handover.running() {
		actions = m.letGo()
	}
	if a.Priority < m.Priority() && m.preemptsNow(now) {
		return actions // discarded: the down timer runs on, and we take over when it fires
	}
	if a.Priority >= m.Priority() {
		m.preempt = time.Time{}
	}
	m.wants = false
	m.learnInterval(a)
	m.armDown(now, m.downInterval())
	return actions
}

// preempts is Preempt_Mode. The owner always preempts: https://www.rfc-editor.org/rfc/rfc9568#section-6.1
func (m *Machine) preempts() bool { return !m.cfg.NoPreempt && !m.released || m.cfg.owner() }

// preemptsNow is preempts on hearing a master of lower priority, which may stay for a while (keepalived: preempt_delay).
func (m *Machine) preemptsNow(now time.Time) bool {
	if m.cfg.PreemptDelay > 0 && m.preempt.IsZero() {
		m.preempt = now.Add(m.cfg.PreemptDelay)
	}
	return m.preempts() && !now.Before(m.preempt)
}

// learnInterval adopts the master's interval. In version 2 it is the configured one everywhere.
func (m *Machine) learnInterval(a *Advertisement) {
	if m.cfg.Version == 3 {
		m.masterInterval = a.Interval
	}
}

func (m *Machine) armDown(now time.Time, d time.Duration) {
	m.down = now.Add(d)
	m.skewed = m.skew()
	m.granted = false
}

// rearm moves the down timer when the priority has changed: the rest of the interval has been waited for.
func (m *Machine) rearm() {
	skew := m.skew()
	m.down = m.down.Add(skew - m.skewed)
	m.skewed = skew
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
