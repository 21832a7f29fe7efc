package vrrp

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// drainMost bounds how many packets are taken before the timers get their turn, so that a flood cannot hold up the
// advertisements. It is more than a socket's default buffer holds of the smallest ones.
const drainMost = 512

// foreignMost bounds the memory for virtual routers that are not ours.
const foreignMost = 256

// foreignRouter is a virtual router that none of the driver's is a member of.
type foreignRouter struct {
	index int
	ipv6  bool
	vrid  uint8
}

// drain handles the packets that are waiting. It reports whether there may be more.
func (d *Driver) drain(now time.Time) (more bool) {
	for range drainMost {
		p, ok, err := d.network.Receive()
		switch {
		case err != nil:
			if suppressed, ok := d.limiter.allow(now, "receive"); ok {
				d.log.Warn("receive failed", "err", err, "suppressed", suppressed)
			}
		case !ok:
			return false
		default:
			d.receive(now, p)
		}
	}
	return true
}

// receive finds out for whom a packet is.
func (d *Driver) receive(now time.Time, p Packet) {
	if len(p.Payload) < headerLen {
		return
	}
	key := route{p.Index, p.Source.Is6(), p.Payload[1]}
	routers := d.byRoute[key]
	if len(routers) == 0 {
		d.noteForeign(now, key, p)
		return
	}
	for _, r := range routers {
		if len(routers) == 1 || r.cfg.checkEnvelope(&p) == nil { // several have peers of their own
			d.deliver(now, r, p)
		}
	}
}

// deliver checks a packet and tells the machine of it. A refused one is counted and touches no timer.
func (d *Driver) deliver(now time.Time, r *router, p Packet) {
	a := &d.scratch
	err := r.cfg.check(a, &p, r.machine.Source())
	if err == nil {
		err = r.auth.verify(&p, now)
	}
	if err != nil {
		d.refuse(now, r, p, err)
		return
	}
	other := !r.cfg.SkipAddressCheck && !r.cfg.sameAddresses(a)
	r.meter.received(a, other, a.Interval != r.cfg.AdvertInterval)
	if other {
		d.warn(now, r, "addresses", "advertised addresses differ", "source", p.Source, "theirs", a.Addresses, "ours", r.cfg.Addresses)
	}
	if a.Interval != r.cfg.AdvertInterval {
		d.warn(now, r, "interval", "advertisement interval differs", "source", p.Source, "theirs", a.Interval, "ours", r.cfg.AdvertInterval)
	}
	d.stepRouter(now, r, Received{Source: p.Source, Advertisement: a, OtherList: other})
}

// refuse counts a packet and drops it.
func (d *Driver) refuse(now time.Time, r *router, p Packet, err error) {
	reason, ok := errors.AsType[Refusal](err)
	if !ok {
		panic(fmt.Sprintf("vrrp: impossible refusal %v", err))
	}
	r.meter.refused[reason]++
	if !reason.splits() {
		d.warn(now, r, reason.String(), "advertisement refused", "reason", reason.String(), "source", p.Source)
		return
	}
	d.warn(now, r, reason.String(), "advertisement refused, there may be two masters", "reason", reason.String(), "source", p.Source)
	d.stepRouter(now, r, Refused{Source: p.Source, Reason: reason})
}

// noteForeign remembers a virtual router that shares a network with ours (keepalived: log_unknown_vrids).
func (d *Driver) noteForeign(now time.Time, key route, p Packet) {
	f := d.foreign[foreignRouter(key)]
	if f == nil {
		if len(d.foreign) >= foreignMost {
			return
		}
		f = &Foreign{Interface: d.interfaceName(key.index), VRID: key.vrid, IPv6: key.ipv6}
		d.foreign[foreignRouter(key)] = f
		d.log.Info("another virtual router is on the network", "interface", f.Interface, "vrid", f.VRID, "source", p.Source)
	}
	f.Source, f.Last = p.Source, now
}

// interfaceName returns the name of an interface, "" if it is gone.
func (d *Driver) interfaceName(index int) string {
	for name, i := range d.interfaces {
		if i.Index == index {
			return name
		}
	}
	return ""
}

// advertise sends an advertisement, as far as possible. A failure changes nothing: the next one may get through.
func (d *Driver) advertise(now time.Time, r *router, priority uint8) {
	source := r.machine.Source()
	if !source.IsValid() || r.index == 0 {
		return // Fault: there is nothing to send from
	}
	if len(r.cfg.Peers) == 0 {
		d.send(now, r, priority, source, r.cfg.group())
	}
	for i := range r.cfg.Peers {
		d.send(now, r, priority, source, r.cfg.Peers[i].Addr)
	}
	if priority == 0 {
		r.meter.PriorityZeroSent++
	}
	r.meter.AdvertsSent++
}

// send sends an advertisement to one destination.
func (d *Driver) send(now time.Time, r *router, priority uint8, source, destination netip.Addr) {
	packet, err := r.encode(now, priority, source, destination)
	if err == nil {
		err = r.conn.Send(packet, source, destination)
	}
	if err != nil {
		r.meter.SendErrors++
		d.warn(now, r, "send", "send failed", "destination", destination, "err", err)
	}
}

// encode returns an advertisement of this router, which is valid until the next call.
func (r *router) encode(now time.Time, priority uint8, source, destination netip.Addr) ([]byte, error) {
	a := r.cfg.advertisement(priority)
	packet, err := a.Append(r.packet[:0], source, destination)
	if err != nil {
		return nil, err
	}
	r.packet = r.auth.seal(packet, source, destination, now)
	return r.packet, nil
}
