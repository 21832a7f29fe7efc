package vrrp

import (
	"fmt"
	"time"
)

// stepMaster: https://www.rfc-editor.org/rfc/rfc9568#section-6.4.3
func (m *Machine) stepMaster(now time.Time, ev Event) []Action {
	switch ev := ev.(type) {
	case Timer:
		return m.masterTimer(now)
	case Received:
		return m.heardInMaster(now, ev)
	case LinkChanged, SourceChanged:
		m.observe(ev)
		if m.faulty() {
			return m.enterFault(now)
		}
		m.master = m.source
		return nil
	case Shutdown:
		return m.stop(now)
	case Startup:
		return nil
	default:
		panic(fmt.Sprintf("vrrp: impossible event %T", ev))
	}
}

// enterMaster takes over. The advertisement goes first, so that another master gives way before hosts learn of us; ARP
// goes after the addresses, so that we can answer for what it promises.
func (m *Machine) enterMaster(now time.Time) []Action {
	notify := m.enter(now, Master)
	m.master = m.source
	m.masterInterval = m.cfg.AdvertInterval
	m.held = true
	actions := append(m.advertise(now), AddAddresses{})
	actions = append(actions, m.announce(now)...)
	return append(actions, notify)
}

// masterTimer advertises and announces when it is time to.
func (m *Machine) masterTimer(now time.Time) []Action {
	var actions []Action
	if !now.Before(m.advert) {
		due := m.advert
		actions = m.advertise(now)
		// From the deadline, not from now: otherwise every late wake-up would make the interval longer.
		if next := due.Add(m.cfg.AdvertInterval); next.After(now) {
			m.advert = next
		}
	}
	if !m.garp.IsZero() && !now.Before(m.garp) {
		m.garp = time.Time{}
		actions = append(actions, Announce{Rounds: m.cfg.GARP.Repeat})
	}
	return actions
}

func (m *Machine) heardInMaster(now time.Time, r Received) []Action {
	a := &r.Advertisement
	own := m.Priority()
	switch {
	case a.Priority > own, a.Priority == own && m.source.Less(r.Source):
		return m.yield(now, r)
	case a.Priority == own && r.Source == m.source:
		return nil // our own, looped back, or a duplicate address: no answer would help
	case m.sent.Equal(now):
		return nil // answered already: it was waiting together with another one
	case a.Priority == 0:
		return m.advertise(now)
	default:
		return append(m.advertise(now), m.announce(now)...)
	}
}

// yield makes way for a better master. The last advertisement loses against it and so makes it repeat its gratuitous
// ARP (keepalived: higher_prio_send_advert).
func (m *Machine) yield(now time.Time, r Received) []Action {
	actions := append(m.advertise(now), m.release()...)
	m.learnInterval(&r.Advertisement)
	return append(actions, m.enterBackup(now, r.Source)...)
}

// advertise sends an advertisement now and restarts Adver_Timer.
func (m *Machine) advertise(now time.Time) []Action {
	m.sent = now
	m.advert = now.Add(m.cfg.AdvertInterval)
	return []Action{Advertise{Priority: m.Priority()}}
}

// announce sends a burst of gratuitous ARP now and plans a second one, as keepalived does after a takeover and after
// hearing a master that loses.
func (m *Machine) announce(now time.Time) []Action {
	if m.cfg.GARP.Repeat == 0 {
		return nil
	}
	if m.cfg.GARP.Delay > 0 {
		m.garp = now.Add(m.cfg.GARP.Delay)
	}
	return []Action{Announce{Rounds: m.cfg.GARP.Repeat}}
}
