package vrrp

import (
	"fmt"
	"time"
)

// rivals are signs that the routers do not agree on who is master: split brain, or the way there.
type rivals struct {
	found [rivalKinds]rival

	// Losing advertisements that follow each other: their sender does not hear us.
	lowerFirst, lowerLast time.Time
	lowerCount            int
	lowerTold             time.Time // the last HeardLower

	// Answers to claims: each makes the next one wait longer, so that two masters do not talk without end.
	answered time.Time
	gap      time.Duration
}

// A rivalKind is a kind of sign.
type rivalKind int

const (
	twoMasters rivalKind = iota // a master of lower priority goes on
	deaf                        // advertisements that differ in what has to be equal
	lists                       // other addresses are advertised
	claims                      // another host answers for an address
	rivalKinds
)

// A rival is one sign.
type rival struct {
	text        string
	since, over time.Time // over: if it is not seen again
}

func (r *rival) active() bool { return !r.over.IsZero() }

// A verdict is a sign that has appeared or gone.
type verdict struct {
	kind NoticeKind // Conflict or ConflictOver
	text string
}

const (
	rivalHold   = 5 * time.Second  // for how long a sign counts, beside some intervals
	claimHold   = 12 * time.Second // the same for claims, which come with probes
	claimLook   = time.Minute      // between probes while there is none
	claimProbe  = 5 * time.Second  // the same while there is a claim
	yieldProbe  = 2 * time.Second  // the same while yielded
	yieldAnyhow = 10 * time.Second // who yields to a smaller MAC address, too
	lowerTwice  = time.Second      // between two notices of a losing master

	answerDelay = 20 * time.Millisecond
	answerFirst = 100 * time.Millisecond
	answerMost  = 5 * time.Second
)

// see notes a sign.
func (r *rivals) see(now time.Time, kind rivalKind, hold time.Duration, text string) []verdict {
	f := &r.found[kind]
	if f.active() {
		f.over = now.Add(hold)
		return nil
	}
	*f = rival{text: text, since: now, over: now.Add(hold)}
	return []verdict{{Conflict, text}}
}

// end forgets a sign.
func (r *rivals) end(kind rivalKind) []verdict {
	f := &r.found[kind]
	if !f.active() {
		return nil
	}
	text := f.text
	*f = rival{}
	return []verdict{{ConflictOver, text}}
}

// expire ends the signs that have not been seen for a while.
func (r *rivals) expire(now time.Time) []verdict {
	var over []verdict
	for kind := range r.found {
		if f := &r.found[kind]; f.active() && !now.Before(f.over) {
			over = append(over, r.end(rivalKind(kind))...)
		}
	}
	return over
}

// leave ends the signs that a router in that state cannot see.
func (r *rivals) leave(to State) []verdict {
	if to == Master {
		return nil
	}
	over := r.end(twoMasters)
	if to != Fault {
		over = append(over, r.end(claims)...)
	}
	if to == Initialize {
		over = append(append(over, r.end(deaf)...), r.end(lists)...)
	}
	return over
}

func (r *rivals) deadline() time.Time {
	var first time.Time
	for i := range r.found {
		first = earliest(first, r.found[i].over)
	}
	return first
}

// texts lists the signs for status.
func (r *rivals) texts() []string {
	var all []string
	for i := range r.found {
		if r.found[i].active() {
			all = append(all, r.found[i].text)
		}
	}
	return all
}

// lower counts losing advertisements. One or two come in the ordinary course of events.
func (r *rivals) lower(now time.Time, ev Received, interval time.Duration) []verdict {
	theirs := max(interval, ev.Advertisement.Interval)
	if now.Sub(r.lowerLast) > 3*theirs {
		r.lowerCount, r.lowerFirst = 0, now
	}
	r.lowerLast = now
	r.lowerCount++
	if r.lowerCount < 3 || now.Sub(r.lowerFirst) < 2*interval {
		return nil
	}
	return r.see(now, twoMasters, 3*theirs+rivalHold,
		fmt.Sprintf("two masters: %s, of priority %d, goes on advertising", ev.Source, ev.Advertisement.Priority))
}

// worthTelling reports whether a losing advertisement is to be told of.
func (r *rivals) worthTelling(now time.Time) bool {
	if now.Sub(r.lowerTold) < lowerTwice {
		return false
	}
	r.lowerTold = now
	return true
}

// refused notes a router that is not heard because of its configuration or ours.
func (r *rivals) refused(now time.Time, ev Refused) []verdict {
	return r.see(now, deaf, 2*rivalHold, fmt.Sprintf("%s is not heard: %s", ev.Source, ev.Reason.String()))
}

// mayAnswer reports whether a claim may be answered by an announcement.
func (r *rivals) mayAnswer(now time.Time) bool {
	quiet := now.Sub(r.answered)
	switch {
	case quiet > 2*answerMost:
		r.gap = answerFirst
	case quiet < r.gap:
		return false
	default:
		r.gap = min(2*r.gap, answerMost)
	}
	r.answered = now
	return true
}

// nextProbe returns when a master looks again for somebody with our addresses; the zero time means never. Who takes them
// later than a router that becomes master, which announces itself, is a back-end that has lost its ARP settings: nobody
// should yield to it.
func (m *Machine) nextProbe(now time.Time) time.Time {
	switch {
	case m.rivals.found[claims].active():
		return now.Add(claimProbe)
	case m.cfg.OnConflict == YieldConflict:
		return time.Time{}
	default:
		return now.Add(claimLook)
	}
}

// compareLists notes that another router has other addresses.
func (m *Machine) compareLists(now time.Time, ev Received) []Action {
	if !ev.OtherList || !m.started {
		return nil
	}
	return m.tellRivals(now, m.rivals.see(now, lists, 3*ev.Advertisement.Interval+rivalHold,
		fmt.Sprintf("%s advertises other addresses: %v", ev.Source, ev.Advertisement.Addresses)))
}

// claimed notes another host with one of our addresses. For a moment after a takeover that is the old master.
func (m *Machine) claimed(now time.Time, c Claim) []verdict {
	settled := m.state == Master && now.Sub(m.became) >= burstTime
	if !settled && !m.yielded {
		return nil
	}
	news := m.rivals.see(now, claims, claimHold, fmt.Sprintf("%s is at %s, too", c.Address, c.MAC))
	since := m.rivals.found[claims].since
	if m.cfg.OnConflict == YieldConflict && !m.cfg.owner() && (c.MAC > c.Own || now.Sub(since) >= yieldAnyhow) {
		m.yielded = true
	}
	m.probe = earliest(m.probe, now.Add(claimProbe))
	return news
}

// answerClaim has the hosts told again where the addresses are: a moment later, for the claim may come from a better
// master whose advertisement is still on its way.
func (m *Machine) answerClaim(now time.Time) {
	if m.rivals.mayAnswer(now) {
		m.garp.soon(now, answerDelay)
	}
}

// faultTimer looks whether the host that we have yielded to is still there.
func (m *Machine) faultTimer(now time.Time) []Action {
	if !m.yielded {
		return nil
	}
	if !m.rivals.found[claims].active() {
		return m.unyield(now)
	}
	if m.probe.IsZero() || now.Before(m.probe) {
		return nil
	}
	m.probe = now.Add(yieldProbe)
	return []Action{Probe{}}
}

// unyield takes part again, unless something else is in the way.
func (m *Machine) unyield(now time.Time) []Action {
	m.yielded, m.probe = false, time.Time{}
	if m.faulty() {
		return nil
	}
	return m.start(now)
}

// backUp makes a router that has yielded a backup of the master that it hears. It does not preempt one of lower priority,
// which may still not hear us: then there would be two masters again.
func (m *Machine) backUp(now time.Time, ev Received) []Action {
	if ev.Advertisement.Priority < m.Priority() {
		m.released = true
	}
	return m.unyield(now)
}

// tellRivals makes notices of verdicts.
func (m *Machine) tellRivals(now time.Time, all []verdict) []Action {
	var actions []Action
	for _, v := range all {
		actions = append(actions, m.tell(now, v.kind, v.text))
	}
	return actions
}
