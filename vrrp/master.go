package vrrp

import (
	"net/netip"
	"time"
)

// advertSlack is the part of the interval by which an advertisement may leave early, so that routers which are due
// together share a wake-up of the driver.
const advertSlack = 100

// probeDelay is the time from a takeover to the question who else has the addresses: by then the old master has heard of
// the new one.
const probeDelay = 1500 * time.Millisecond

// stepMaster: https://www.rfc-editor.org/rfc/rfc9568#section-6.4.3
func (m *Machine) stepMaster(now time.Time, ev Event) []Action {
	switch ev := ev.(type) {
	case Timer:
		return m.masterTimer(now)
	case Received:
		return m.heardInMaster(now, ev)
	case Shutdown, Abandon:
		return m.stop(now, ev)
	case Release:
		return m.release(now, forever)
	case Demote:
		return m.release(now, m.ownDownInterval()+m.skew())
	case AddressLost:
		return m.addressLost(now)
	default:
		return m.observeInMaster(now, ev)
	}
}

// observeInMaster takes in what has changed. Other routers hear at once of another priority, or of another source
// address.
func (m *Machine) observeInMaster(now time.Time, ev Event) []Action {
	if !observation(ev) {
		return nil
	}
	if m.faulty() {
		return m.enterFault(now)
	}
	moved := m.master != m.source
	m.master = m.source
	if _, ok := ev.(Claimed); ok {
		m.answerClaim(now)
		return nil
	}
	if moved || m.Priority() != m.told {
		return m.advertise(now)
	}
	return nil
}

// enterMaster takes over. The advertisement goes first, so that another master gives way before hosts learn of us; ARP
// goes after the addresses, so that we can answer for what it promises.
func (m *Machine) enterMaster(now time.Time) []Action {
	waited := m.handover.end()
	changed := m.enter(now, Master)
	m.master = m.source
	m.masterInterval = m.cfg.AdvertInterval
	m.held, m.released = true, false
	m.became = now
	m.probe = now.Add(probeDelay)
	if m.cfg.GARP.Refresh > 0 {
		m.garp.refresh = now.Add(m.cfg.GARP.Refresh)
	}
	actions := append(m.advertise(now), AddAddresses{})
	actions = append(actions, m.announce(now)...)
	return append(append(actions, waited...), changed...)
}

// masterTimer advertises and announces when it is time to.
func (m *Machine) masterTimer(now time.Time) []Action {
	var actions []Action
	if !now.Before(m.advert.Add(-m.cfg.AdvertInterval / advertSlack)) {
		due := m.advert
		actions = m.advertise(now)
		// From the deadline, not from now: otherwise every late wake-up would make the interval longer.
		if next := due.Add(m.cfg.AdvertInterval); next.After(now) {
			m.advert = next
		}
	}
	actions = append(actions, m.garp.due(now, &m.cfg.GARP)...)
	if !m.probe.IsZero() && !now.Before(m.probe) {
		m.probe = m.nextProbe(now)
		actions = append(actions, Probe{})
	}
	return actions
}

func (m *Machine) heardInMaster(now time.Time, r Received) []Action {
	a := r.Advertisement
	own := m.Priority()
	switch {
	case m.cfg.OwnerIgnores && m.cfg.owner():
		return nil
	case a.Priority > own, a.Priority == own && m.source.Less(r.Source):
		return m.yield(now, r)
	case a.Priority == own && r.Source == m.source:
		return nil // our own, looped back, or a duplicate address: no answer would help
	case a.Priority > 0 && !m.preempts() && now.Sub(m.sent) > m.ownDownInterval():
		return m.yield(now, r) // we were asleep, and it has taken over by right
	case m.sent.Equal(now):
		return nil // answered already: it was waiting together with another one
	case a.Priority == 0:
		return m.advertise(now)
	default:
		return m.heardLower(now, r)
	}
}

// heardLower answers a master that loses: it has to hear of us, and hosts may believe it.
func (m *Machine) heardLower(now time.Time, r Received) []Action {
	var actions []Action
	if !m.cfg.NoLowerAdvert {
		actions = m.advertise(now)
	}
	if !m.garp.busy(now) {
		actions = append(actions, m.garp.burst(now, m.cfg.GARP.LowerRepeat, m.cfg.GARP.LowerDelay)...)
	}
	if m.rivals.worthTelling(now) {
		actions = append(actions, m.tell(now, HeardLower, ""))
	}
	return append(actions, m.tellRivals(now, m.rivals.lower(now, r, m.cfg.AdvertInterval))...)
}

// ownDownInterval is after how much silence of ours others take over.
func (m *Machine) ownDownInterval() time.Duration { return m.cfg.downAdverts() * m.cfg.AdvertInterval }

// yield makes way for a better master. The last advertisement loses against it and so makes it repeat its gratuitous
// ARP (keepalived: higher_prio_send_advert).
func (m *Machine) yield(now time.Time, r Received) []Action {
	var actions []Action
	if !m.cfg.NoHigherAdvert {
		actions = m.advertise(now)
	}
	m.handover.begin(now, m.adoptTime())
	m.handover.taken = true
	m.learnInterval(r.Advertisement)
	return append(actions, m.enterBackup(now, r.Source)...)
}

// release hands over to a backup. If there is none this router takes over again, and the addresses have not been away.
func (m *Machine) release(now time.Time, limit time.Duration) []Action {
	m.handover.begin(now, limit)
	return append([]Action{Advertise{Priority: 0}}, m.enterBackup(now, netip.Addr{})...)
}

// addressLost repairs, or lets another router take over.
func (m *Machine) addressLost(now time.Time) []Action {
	if m.cfg.OnAddressLoss == YieldAddress {
		m.released = true
		return m.release(now, forever)
	}
	return append([]Action{AddAddresses{}}, m.garp.first(now, 1)...)
}

// advertise sends an advertisement now and restarts Adver_Timer.
func (m *Machine) advertise(now time.Time) []Action {
	m.advert = now.Add(m.cfg.AdvertInterval)
	if p := m.Priority(); p != m.told || m.sent.IsZero() {
		m.told = p
		m.advertised[0] = Advertise{Priority: p} // made once: this is all that most intervals bring, and it is no garbage
	}
	m.sent = now
	return m.advertised[:1:1]
}

// announce begins a burst of gratuitous ARP, and plans a second one as keepalived does.
func (m *Machine) announce(now time.Time) []Action {
	return m.garp.burst(now, m.cfg.GARP.Repeat, m.cfg.GARP.Delay)
}
