package vrrp

import (
	"log/slog"
	"net/netip"
	"slices"
	"time"
)

// A router is a virtual router of a Driver, and belongs to its goroutine.
type router struct {
	cfg     Config
	log     *slog.Logger
	machine *Machine
	team    *team
	member  int // of the team
	conn    Conn
	worker  *worker
	placed  []Placed
	ending  bool // not wanted any more
	reaped  bool // at its end

	before  *Resumption // until the first change of state; nil: nothing is left of it
	resumed bool        // it has only gone on in the state that it had before

	index, transmit int    // interfaces that conn is attached to; 0: none
	present         []bool // for each of placed: on the host when looked at last
	auth            *authenticator
	packet          []byte // last advertisement sent, for its capacity
	state           State
	since           time.Time
	meter           meter
}

// A team is a group with the routers of its machines.
type team struct {
	*group
	routers []*router
	due     time.Time // its deadline
}

// route is what says for whom a packet is.
type route struct {
	index int // interface it came in by
	ipv6  bool
	vrid  uint8
}

// tracks reports whether the state of a tracker matters.
func (r *router) tracks(kind TrackerKind, name string) bool {
	return slices.ContainsFunc(r.cfg.Trackers, func(t Tracker) bool { return t.Kind == kind && t.Name == name })
}

// logNotice logs what happened.
func (r *router) logNotice(n Notice) {
	switch n.Kind {
	case StateChanged:
		if n.Resumed {
			r.log.Info("goes on", "state", n.To.String(), "since", n.At, "priority", n.Priority)
			return
		}
		r.log.Info("state changed", "from", n.From.String(), "to", n.To.String(), "priority", n.Priority)
	case PriorityChanged:
		r.log.Info("priority changed", "priority", n.Priority)
	case Conflict:
		r.log.Error("conflict", "what", n.Text)
	case ConflictOver:
		r.log.Info("conflict over", "what", n.Text)
	case HeardLower:
		r.log.Info("a master of lower priority was heard")
	}
}

// chooseSource returns the address that advertisements come from: the configured one, or the primary one of the
// interface; the zero address if there is none. Virtual addresses do not count, whoever added them, unless the router
// owns them. Behind one of those a secondary address will do: that is what an address becomes when it is removed and
// added again beside a virtual one.
func chooseSource(cfg *Config, own Interface, all Interfaces) netip.Addr {
	if cfg.Source.IsValid() {
		if cfg.TrackSource && !onHost(cfg.Source, all) {
			return netip.Addr{}
		}
		return cfg.Source
	}
	for _, addr := range own.Addresses {
		if addr.Is6() != cfg.IPv6 || cfg.IPv6 && !addr.IsLinkLocalUnicast() {
			continue
		}
		if cfg.owner() || !slices.Contains(cfg.Addresses, addr) {
			return addr
		}
	}
	return netip.Addr{}
}

// onHost reports whether an interface has the address.
func onHost(addr netip.Addr, all Interfaces) bool {
	for _, i := range all {
		if slices.Contains(i.Addresses, addr) {
			return true
		}
	}
	return false
}

// observe tells a router what the host's interfaces mean for it: what is lost before what is gained, so that a fault that
// replaces another one does not look like a recovery in between.
func (d *Driver) observe(now time.Time, r *router) {
	own := d.interfaces[r.cfg.Interface]
	d.attach(now, r, own)
	var lost, gained []Event
	sort := func(ev Event, good bool) {
		if good {
			gained = append(gained, ev)
		} else {
			lost = append(lost, ev)
		}
	}
	if up := own.Up; up == r.machine.linkDown {
		sort(LinkChanged{Up: up}, up)
	}
	if source := chooseSource(&r.cfg, own, d.interfaces); source != r.machine.Source() {
		sort(SourceChanged{Source: source}, false)
	}
	for _, t := range r.cfg.Trackers {
		if t.Kind != TrackInterface {
			continue
		}
		value := 0
		if d.interfaces[t.Name].Up {
			value = 1
		}
		if known, ok := r.machine.trackers.values[trackerID{t.Kind, t.Name}]; !ok || known != value {
			sort(Tracked{Track{Kind: t.Kind, Name: t.Name, Value: value}}, value != 0)
		}
	}
	for _, addr := range r.missed(d.interfaces) {
		gained = append(gained, AddressLost{addr})
	}
	for _, ev := range append(lost, gained...) {
		d.stepRouter(now, r, ev)
	}
}

// missed returns the placed addresses that have gone since the last look.
func (r *router) missed(all Interfaces) []netip.Addr {
	var gone []netip.Addr
	for i, p := range r.placed {
		there := slices.Contains(all[p.Interface].Addresses, p.Address)
		if r.present[i] && !there && r.machine.State() == Master {
			gone = append(gone, p.Address)
		}
		r.present[i] = there
	}
	return gone
}

// attach makes the connection use the interfaces that there are now.
func (d *Driver) attach(now time.Time, r *router, own Interface) {
	transmit := own.Index
	if r.cfg.Transmit != "" {
		transmit = d.interfaces[r.cfg.Transmit].Index
	}
	if own.Index == 0 || transmit == 0 || own.Index == r.index && transmit == r.transmit {
		return
	}
	if err := r.conn.Attach(own.Index, transmit); err != nil {
		d.warn(now, r, "attach", "interface not usable", "err", err)
		d.retry = now.Add(attachRetry)
		return
	}
	r.index, r.transmit = own.Index, transmit
	d.reroute()
}

// reroute finds out anew which packets are for whom.
func (d *Driver) reroute() {
	clear(d.byRoute)
	for _, r := range d.routers {
		if r.index != 0 {
			key := route{r.index, r.cfg.IPv6, r.cfg.VRID}
			d.byRoute[key] = append(d.byRoute[key], r)
		}
	}
}

// find returns the router of that name that is not ending; nil if there is none.
func (d *Driver) find(name string) *router {
	for _, r := range d.routers {
		if r.cfg.Name == name && !r.ending {
			return r
		}
	}
	return nil
}

// warn logs trouble that may come again and again, limited for each router and subject.
func (d *Driver) warn(now time.Time, r *router, subject, message string, attrs ...any) {
	if suppressed, ok := d.limiter.allow(now, r.cfg.Name+" "+subject); ok {
		r.log.Warn(message, append(attrs, "suppressed", suppressed)...) //nolint:sloglint // a constant of the caller
	}
}
