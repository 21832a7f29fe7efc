package vrrp

import "time"

// A router that leaves Master keeps the addresses until its successor has them: make before break. keepalived takes them
// off the host at once, and for the skew of its successor nobody answers the clients.
const (
	// adoptMost is what a successor that has been heard may take to add the addresses and to announce them: mostly a few
	// milliseconds, but its kernel may be busy. adoptUnseen is the same where its announcements are not seen: they come from
	// the MAC address that both have, or are on another network. Two hosts that answer do harm there.
	adoptMost   = 500 * time.Millisecond
	adoptUnseen = 100 * time.Millisecond
	// settleTime is what hosts need to take in an announcement, and for the announcements of further addresses.
	settleTime = 20 * time.Millisecond
	// handoverLeast is the least time to wait for a successor, whose host may be busy.
	handoverLeast = 300 * time.Millisecond
	// forever is a limit for routers whose program has crashed: as long as nobody takes over, somebody must serve.
	forever = 100 * 365 * 24 * time.Hour
)

// A handover is the time between the last word of a master and the removal of its addresses.
type handover struct {
	deadline time.Time // the addresses go then; zero: no handover is running
	taken    bool      // a successor was heard
	news     []Action  // notifications that wait for it
}

func (h *handover) running() bool { return !h.deadline.IsZero() }

func (h *handover) begin(now time.Time, limit time.Duration) { h.deadline = now.Add(limit) }

// limit shortens it.
func (h *handover) limit(now time.Time, d time.Duration) {
	if h.running() && h.deadline.After(now.Add(d)) {
		h.deadline = now.Add(d)
	}
}

// heard gives a successor the time to announce the addresses.
func (h *handover) heard(now time.Time, adopt time.Duration) {
	h.taken = h.running()
	h.limit(now, adopt)
}

// announced lets the announcement of a successor sink in.
func (h *handover) announced(now time.Time) {
	h.taken = h.running()
	h.limit(now, settleTime)
}

// end returns the notifications that have waited.
func (h *handover) end() []Action {
	news := h.news
	*h = handover{}
	return news
}

// handoverLimit is how long a router that leaves waits for a successor that is not heard: twice its own skew and an
// interval, which is more than the skew of any other.
func (m *Machine) handoverLimit() time.Duration {
	return max(2*m.skew()+m.cfg.AdvertInterval, handoverLeast)
}

// adoptTime is what a successor has for its announcement.
func (m *Machine) adoptTime() time.Duration {
	if m.cfg.Transmit != "" || m.cfg.unicast() {
		return adoptUnseen
	}
	return adoptMost
}

// handoverTimer ends a handover that is over.
func (m *Machine) handoverTimer(now time.Time) []Action {
	if !m.handover.running() || now.Before(m.handover.deadline) {
		return nil
	}
	return m.letGo()
}

// letGo takes the addresses off the host if they may be there, and then tells what waited for that.
func (m *Machine) letGo() []Action {
	var actions []Action
	if m.held {
		m.held = false
		actions = append(actions, RemoveAddresses{})
	}
	return append(actions, m.handover.end()...)
}

// holds reports whether the router is master, or would be if it had not been abandoned.
func (m *Machine) holds() bool {
	return m.state == Master || m.state == Initialize && m.handover.running() && !m.handover.taken
}
