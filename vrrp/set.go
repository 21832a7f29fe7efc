package vrrp

import (
	"reflect"
	"slices"
	"sync"
	"time"
)

// Set makes the driver run other routers. One that is there under the same name goes on, with the state it has, if VRID,
// interface, family and version are the same. Others begin; those that are missing hand over and stop. The channel is
// closed when these have taken their addresses off the host, or Run has ended.
func (d *Driver) Set(set Set) <-chan struct{} {
	done := make(chan struct{})
	d.post(func(now time.Time) {
		gone := d.dismiss(now, set.Routers)
		var fresh []*router
		for _, wanted := range set.Routers {
			if r := d.find(wanted.Config.Name); r != nil {
				d.keep(now, r, wanted)
			} else {
				r := d.add(wanted)
				fresh = append(fresh, r)
			}
		}
		d.regroup(now, set.Groups)
		d.reroute()
		for _, t := range set.Resume.Tracks {
			id := trackerID{t.Kind, t.Name}
			if _, known := d.tracks[id]; !known {
				d.tracks[id] = t.Value
			}
		}
		for _, r := range fresh {
			d.begin(now, r, &set)
		}
		go func() {
			gone.Wait()
			close(done)
		}()
	})
	return done
}

// dismiss stops the routers that are not wanted any more. It returns what they count down when they have ended.
func (d *Driver) dismiss(now time.Time, wanted []Router) *sync.WaitGroup {
	gone := new(sync.WaitGroup)
	for _, r := range d.routers {
		i := slices.IndexFunc(wanted, func(w Router) bool { return w.Config.Name == r.cfg.Name })
		if r.ending || i >= 0 && (wanted[i].Conn == nil || r.cfg.SameRouter(&wanted[i].Config)) {
			continue
		}
		r.ending = true
		gone.Go(func() { <-r.worker.finished })
		d.isolate(r)
		d.stepRouter(now, r, Shutdown{})
	}
	return gone
}

// isolate takes a router out of its team.
func (d *Driver) isolate(r *router) {
	old := r.team
	if len(old.members) == 1 {
		return
	}
	old.members = slices.Delete(old.members, r.member, r.member+1)
	old.routers = slices.Delete(old.routers, r.member, r.member+1)
	for i, other := range old.routers {
		other.member = i
	}
	d.join("", r)
}

// add makes a router, which belongs to no group yet.
func (d *Driver) add(wanted Router) *router {
	cfg := wanted.Config
	r := &router{
		cfg:     cfg,
		log:     d.log.With("instance", cfg.Name, "interface", cfg.Interface),
		machine: NewMachine(cfg),
		auth:    newAuthenticator(&cfg),
		conn:    wanted.Conn,
		placed:  wanted.Placed,
		present: make([]bool, len(wanted.Placed)),
	}
	r.worker = newWorker(wanted.Host, d.notify, func(verb string, err error) { d.hostFailed(r, verb, err) })
	d.routers = append(d.routers, r)
	d.workers.Go(r.worker.run)
	return r
}

// hostFailed reports an error of the host. It is called by the router's worker.
func (d *Driver) hostFailed(r *router, verb string, err error) {
	d.post(func(now time.Time) {
		r.meter.HostErrors++
		d.warn(now, r, verb, "host call failed", "call", verb, "err", err)
	})
}

// keep gives a running router another configuration.
func (d *Driver) keep(now time.Time, r *router, wanted Router) {
	if wanted.Conn == nil {
		return
	}
	before, conn := r.cfg, r.conn
	r.conn, r.index, r.transmit = wanted.Conn, 0, 0
	r.cfg = wanted.Config
	if !reflect.DeepEqual(before.HMAC, r.cfg.HMAC) {
		r.auth = newAuthenticator(&r.cfg)
	}
	r.placed, r.present = wanted.Placed, make([]bool, len(wanted.Placed))
	r.worker.replace(wanted.Host)
	d.observe(now, r)
	if err := conn.Close(); err != nil { // after the new one has joined the network, so that nothing is missed
		d.warn(now, r, "close", "connection not closed", "err", err)
	}
	for _, t := range r.cfg.Trackers {
		if value, known := d.tracks[trackerID{t.Kind, t.Name}]; known {
			r.machine.trackers.set(Track{Kind: t.Kind, Name: t.Name, Value: value})
		}
	}
	d.do(now, r, r.machine.Reconfigure(now, wanted.Config))
}

// begin starts a router of a set with what is known.
func (d *Driver) begin(now time.Time, r *router, set *Set) {
	start := Startup{NotBefore: set.NotBefore}
	if left := set.Resume.find(r.cfg.Name); left != nil {
		start = r.resume(left)
	}
	d.observe(now, r)
	for _, t := range r.cfg.Trackers {
		if value, known := d.tracks[trackerID{t.Kind, t.Name}]; known {
			d.stepRouter(now, r, Tracked{Track{Kind: t.Kind, Name: t.Name, Value: value}})
		}
	}
	d.stepRouter(now, r, start)
}

// regroup makes the groups; a router that is in none is one by itself.
func (d *Driver) regroup(now time.Time, groups []GroupConfig) {
	old := d.teams
	d.teams = nil
	for _, r := range d.routers {
		if r.ending {
			d.teams = append(d.teams, r.team)
		}
	}
	grouped := make(map[*router]bool)
	for _, g := range groups {
		var members []*router
		for _, name := range g.Members {
			if r := d.find(name); r != nil {
				members = append(members, r)
				grouped[r] = true
			}
		}
		if len(members) > 0 {
			next := d.join(g.Name, members...)
			if i := slices.IndexFunc(old, func(o *team) bool { return o.name == g.Name }); i >= 0 {
				next.state = old[i].state
			}
		}
	}
	for _, r := range d.routers {
		if !r.ending && !grouped[r] {
			d.join("", r)
		}
	}
	for _, t := range d.teams {
		for _, s := range t.spreadFaults(now) {
			d.do(now, t.routers[s.member], s.actions)
		}
		t.due = t.deadline()
	}
}

// join makes a team of routers.
func (d *Driver) join(name string, members ...*router) *team {
	machines := make([]*Machine, len(members))
	for i, r := range members {
		machines[i] = r.machine
	}
	t := &team{group: newGroup(name, machines...), routers: members}
	for i, r := range members {
		r.team, r.member = t, i
	}
	d.teams = append(d.teams, t)
	return t
}

// reap lets go of routers that have come to their end.
func (d *Driver) reap() {
	reaped := false
	for _, r := range d.routers {
		if !r.machine.Done() || !r.ending && !d.stopping {
			continue
		}
		r.worker.stop()
		if err := r.conn.Close(); err != nil {
			d.warn(time.Now(), r, "close", "connection not closed", "err", err)
		}
		d.isolate(r)
		d.teams = slices.DeleteFunc(d.teams, func(t *team) bool { return t == r.team })
		r.reaped, reaped = true, true
	}
	if reaped {
		d.routers = slices.DeleteFunc(d.routers, func(r *router) bool { return r.reaped })
		d.reroute()
	}
}
