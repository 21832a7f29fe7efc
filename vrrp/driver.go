package vrrp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// attachRetry is the time after which a connection that could not be made is tried again.
const attachRetry = time.Second

// A Router is one virtual router for a Driver.
type Router struct {
	Config Config

	// Conn and Host are what the router sends and works with; the Driver closes them. Nil ones mean that the router goes
	// on as it is.
	Conn Conn
	Host Host

	// Placed are the addresses whose loss matters.
	Placed []Placed
}

// Placed is an address on an interface of this host.
type Placed struct {
	Interface string
	Address   netip.Addr
}

// A Set is everything that a Driver is to run.
type Set struct {
	Routers []Router
	Groups  []GroupConfig

	// NotBefore is when new routers begin (keepalived: vrrp_startup_delay); zero: at once.
	NotBefore time.Time
	// Resume is what a driver in another process had until a moment ago: new routers go on where that one was.
	Resume Legacy
}

// A Driver runs virtual routers: it feeds their machines with packets, time and what happens on the host, and does what
// they say. One goroutine, that of Run, owns all of them, so that members of a group change together and hundreds share
// its wake-ups. The other methods may be called from any goroutine, before Run too; they do not wait for it unless they
// return something.
type Driver struct {
	network Network
	notify  func(Notice)
	log     *slog.Logger
	ended   chan struct{}

	mu    sync.Mutex
	inbox []func(now time.Time) // for the goroutine of Run

	// The rest belongs to it.
	routers    []*router
	teams      []*team
	byRoute    map[route][]*router
	interfaces Interfaces
	tracks     map[trackerID]int
	limiter    limiter
	foreign    map[foreignRouter]*Foreign
	retry      time.Time // when to attach again what could not be
	stopping   bool      // no router goes on
	final      bool      // nor waits for a successor
	left       bool      // Run returns
	scratch    Advertisement
	workers    sync.WaitGroup
}

// NewDriver returns a driver without routers. Notify is told the news after the hosts have followed: that of one router
// in order, that of several from several goroutines. Neither it nor the handler of log may block.
func NewDriver(network Network, notify func(Notice), log *slog.Logger) *Driver {
	return &Driver{
		network: network,
		notify:  notify,
		log:     log,
		ended:   make(chan struct{}),
		byRoute: make(map[route][]*router),
		tracks:  make(map[trackerID]int),
		foreign: make(map[foreignRouter]*Foreign),
	}
}

// Run works until ctx is done; then all routers hand over and stop, and Run returns when their addresses are off the
// host. It also returns after Leave, and once all routers have ended after Abandon.
func (d *Driver) Run(ctx context.Context) {
	defer close(d.ended)
	defer d.workers.Wait()
	defer context.AfterFunc(ctx, d.network.Wake)()
	more := false // packets are waiting
	for !d.left && (!d.stopping || len(d.routers) > 0) {
		d.wait(more)
		now := time.Now()
		// Packets come before the timers: a late loop must hear what arrived in time before it believes that nothing did.
		more = d.drain(now)
		d.take(now)
		if ctx.Err() != nil {
			d.end(now, Shutdown{})
		}
		d.fire(now)
		d.reap()
	}
}

// wait waits for something to do.
func (d *Driver) wait(more bool) {
	deadline := d.retry
	for _, g := range d.teams {
		deadline = earliest(deadline, g.due)
	}
	if more {
		deadline = time.Now()
	}
	d.network.Wait(deadline)
}

// post has f called by the goroutine of Run.
func (d *Driver) post(f func(now time.Time)) {
	d.mu.Lock()
	d.inbox = append(d.inbox, f)
	d.mu.Unlock()
	d.network.Wake()
}

// take does what was posted.
func (d *Driver) take(now time.Time) {
	for {
		d.mu.Lock()
		todo := d.inbox
		d.inbox = nil
		d.mu.Unlock()
		if len(todo) == 0 {
			return
		}
		for _, f := range todo {
			f(now)
		}
	}
}

// ask is post for those who wait. The error says that Run has ended.
func (d *Driver) ask(ctx context.Context, f func(now time.Time)) error {
	done := make(chan struct{})
	d.post(func(now time.Time) {
		f(now)
		close(done)
	})
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-d.ended:
	}
	select {
	case <-done: // it was the last thing that Run did
		return nil
	default:
		return errEnded
	}
}

var errEnded = errors.New("VRRP has ended")

// fire steps the groups that are due.
func (d *Driver) fire(now time.Time) {
	if !d.retry.IsZero() && !now.Before(d.retry) {
		d.retry = time.Time{}
		for _, r := range d.routers {
			d.observe(now, r)
		}
	}
	for _, g := range d.teams {
		if g.due.IsZero() || now.Before(g.due) {
			continue
		}
		for i, m := range g.members {
			if deadline := m.Deadline(); !deadline.IsZero() && !now.Before(deadline) {
				d.step(now, g, i, Timer{})
			}
		}
		g.due = g.deadline()
	}
}

// step feeds an event to a router and does what follows for all of its group.
func (d *Driver) step(now time.Time, g *team, member int, ev Event) {
	for _, s := range g.step(now, member, ev) {
		d.do(now, g.routers[s.member], s.actions)
	}
	g.due = g.deadline()
	if from, to, ok := g.changed(); ok {
		d.log.Info("group changed", "group", g.name, "from", from.String(), "to", to.String())
		g.routers[0].worker.do(Notify{Notice{Kind: StateChanged, Group: true, Name: g.name, From: from, To: to, At: now, Resumed: g.resumed()}})
	}
}

// stepRouter is step for a router.
func (d *Driver) stepRouter(now time.Time, r *router, ev Event) { d.step(now, r.team, r.member, ev) }

// do does what a machine wants.
func (d *Driver) do(now time.Time, r *router, actions []Action) {
	for _, action := range actions {
		switch a := action.(type) {
		case Advertise:
			d.advertise(now, r, a.Priority)
		case Notify:
			if a.Notice.Kind == StateChanged && r.goesOn(a.Notice.To) {
				a.Notice.Resumed, a.Notice.At = true, r.before.Since
			}
			r.logNotice(a.Notice)
			r.worker.do(a)
		case AddAddresses, RemoveAddresses, Announce, Probe:
			r.worker.do(a)
		}
	}
	if state := r.machine.State(); state != r.state {
		r.enter(now, state)
	}
}

// SetInterfaces says what interfaces the host has. It is to be called before the first Set. The driver keeps all.
func (d *Driver) SetInterfaces(all Interfaces) {
	d.post(func(now time.Time) {
		d.interfaces = all
		for _, r := range d.routers {
			d.observe(now, r)
		}
	})
}

// SetTracks says what is known of trackers; others stay as they are.
func (d *Driver) SetTracks(tracks ...Track) {
	d.post(func(now time.Time) {
		for _, t := range tracks {
			d.tracks[trackerID{t.Kind, t.Name}] = t.Value
			for _, r := range d.routers {
				if r.tracks(t.Kind, t.Name) {
					d.stepRouter(now, r, Tracked{t})
				}
			}
		}
	})
}

// Lost tells that a router has lost what its host has added, other than addresses: those the driver misses itself. It
// counts only if the router is a master, and has been since that time, Status.Since.
func (d *Driver) Lost(name string, since time.Time) {
	d.post(func(now time.Time) {
		if r := d.find(name); r != nil && r.state == Master && r.since.Equal(since) {
			d.stepRouter(now, r, AddressLost{})
		}
	})
}

// Claimed tells of another host with a virtual address.
func (d *Driver) Claimed(c Claim) {
	d.post(func(now time.Time) {
		for _, r := range d.routers {
			if slices.Contains(r.cfg.Addresses, c.Address) || slices.ContainsFunc(r.placed, func(p Placed) bool { return p.Address == c.Address }) {
				d.stepRouter(now, r, Claimed{c})
			}
		}
	})
}

// Release makes a master hand over to a backup, which it then does not preempt until Preempt. A backup is only kept from
// preempting. If no other router takes over, this one does again.
func (d *Driver) Release(ctx context.Context, name string) error {
	return d.command(ctx, name, func(*router) (Event, error) { return Release{}, nil })
}

// Preempt takes a Release back.
func (d *Driver) Preempt(ctx context.Context, name string) error {
	return d.command(ctx, name, func(*router) (Event, error) { return Preempt{}, nil })
}

// SetPriority sets a priority from 1 to 254 in place of the configured one; 0 takes it back.
func (d *Driver) SetPriority(ctx context.Context, name string, priority uint8) error {
	return d.command(ctx, name, func(r *router) (Event, error) {
		if r.cfg.owner() || priority == priorityOwner {
			return nil, fmt.Errorf("%s: priority 255 belongs to the owner of the addresses and is fixed", name)
		}
		return SetPriority{priority}, nil
	})
}

// command feeds an event to the router of that name.
func (d *Driver) command(ctx context.Context, name string, event func(*router) (Event, error)) error {
	var err error
	asked := d.ask(ctx, func(now time.Time) {
		r := d.find(name)
		if r == nil || r.ending {
			err = fmt.Errorf("no vrrp_instance %q", name)
			return
		}
		var ev Event
		if ev, err = event(r); err == nil {
			d.stepRouter(now, r, ev)
		}
	})
	return errors.Join(asked, err)
}

// Abandon makes all masters hand over, but keep their addresses for as long as no other router takes over.
func (d *Driver) Abandon() { d.post(func(now time.Time) { d.end(now, Abandon{}) }) }

// Stop makes all routers hand over and stop, as the end of Run's context does.
func (d *Driver) Stop() { d.post(func(now time.Time) { d.end(now, Shutdown{}) }) }

// end stops all routers.
func (d *Driver) end(now time.Time, ev Event) {
	_, abandon := ev.(Abandon)
	if d.stopping && abandon || d.final {
		return
	}
	d.stopping, d.final = true, !abandon
	for _, r := range d.routers {
		d.stepRouter(now, r, ev)
	}
}
