package vrrp

import (
	"errors"
	"fmt"
	"time"
)

// drainMost bounds how many packets are taken before the timers get their turn, so that a flood cannot hold up the
// advertisements. It is more than a socket's default buffer holds of the smallest ones.
const drainMost = 512

// drain handles the packets that are waiting. It reports whether there may be more.
func (i *Instance) drain(now time.Time) (more bool) {
	for range drainMost {
		p, ok, err := i.conn.Receive()
		switch {
		case err != nil:
			i.count(func(m *meter) { m.ReceiveErrors++ })
			i.warn(now, "receive", "receive failed", "err", err)
		case !ok:
			return false
		default:
			i.receive(now, p)
		}
	}
	return true
}

// receive checks a packet and tells the machine of it. A refused one is counted and touches nothing else.
func (i *Instance) receive(now time.Time, p Packet) {
	a, form, err := i.cfg.check(p, i.machine.Source())
	if err != nil {
		i.refuse(now, p, err)
		return
	}
	sameAddresses := i.cfg.sameAddresses(&a)
	sameInterval := a.Interval == i.cfg.AdvertInterval
	i.count(func(m *meter) {
		m.AdvertsReceived++
		if a.Priority == 0 {
			m.PriorityZeroReceived++
		}
		if a.Version == 3 && form == ChecksumMessage {
			m.ChecksumMessage++
		}
		if !sameAddresses {
			m.AddressMismatch++
		}
		if !sameInterval {
			m.IntervalMismatch++
		}
	})
	if !sameAddresses {
		i.warn(now, "addresses", "advertised addresses differ", "source", p.Source, "theirs", a.Addresses, "ours", i.cfg.Addresses)
	}
	if !sameInterval {
		i.warn(now, "interval", "advertisement interval differs", "source", p.Source, "theirs", a.Interval, "ours", i.cfg.AdvertInterval)
	}
	i.step(now, Received{Source: p.Source, Advertisement: a})
}

// refuse counts a packet and drops it.
func (i *Instance) refuse(now time.Time, p Packet, err error) {
	reason, ok := errors.AsType[Refusal](err)
	if !ok {
		panic(fmt.Sprintf("vrrp: impossible refusal %v", err))
	}
	i.count(func(m *meter) { m.refused[reason]++ })
	message := "advertisement refused"
	if reason.splits() {
		message = "advertisement refused, there may be two masters"
	}
	i.warn(now, reason.String(), message, "reason", reason.String(), "source", p.Source)
}
