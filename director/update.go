package director

import (
	"context"
	"fmt"
	"time"
)

// An update is a request to the owner.
type update struct {
	cfg   Config
	reply chan<- updated
}

// updated is the answer to it.
type updated struct {
	plan Plan
	err  error
}

func (u update) answer(plan Plan, err error) {
	u.reply <- updated{plan, err}
}

// Update makes the director go on with another configuration, and returns what
// it changed in the kernel for that. Virtual servers are the same as before if
// they have the same name, or else one of the keys; real servers of such are
// the same if they have the same address. What is the same keeps its state,
// and what is not changed is not touched: no connection is lost.
//
// With an error of the kernel the configuration is in force all the same: the
// plan says what is to be changed, and is tried again as always. If ctx is
// done before the answer comes, the configuration may be in force or not.
// Right afterwards the table is read, so that what others changed is repaired.
// Update waits for the first pass, see Ready. After the end of Run, or if that
// ends while the table is written, the error matches ErrStopped.
func (d *Director) Update(ctx context.Context, cfg Config) (Plan, error) {
	reply := make(chan updated, 1)
	select {
	case d.updates <- update{cfg.normal(), reply}:
	case <-ctx.Done():
		return Plan{}, ctx.Err()
	case <-d.done:
		return Plan{}, ErrStopped
	}
	select {
	case u := <-reply:
		return u.plan, u.err
	case <-ctx.Done():
		return Plan{}, ctx.Err()
	}
}

// update is Update in the owner's goroutine.
func (d *Director) update(ctx context.Context, cfg Config) (Plan, error) {
	before := d.reconciler.pool.orders()
	plan, events, err := d.reconciler.reload(ctx, cfg, func(p *pool) {
		p.locate(d.addresses())
		d.checker.Set(p.checks())
	})
	d.keepOrders(before)
	d.onExit = cfg.OnExit
	d.agenda.interval = cfg.Resync
	switch {
	case err != nil:
		d.finish(ctx, err, d.agenda.retrySoon)
	case d.agenda.delay > 0: // it has cured an older error
		d.finish(ctx, nil, nil)
	default:
		d.agenda.soon()
	}
	d.log.Info("configuration changed", "virtual_servers", len(cfg.VirtualServers), "services_changed", len(plan.Services))
	d.tell(ctx, events)
	d.noteProbed()
	d.publish(d.everything())
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("%w: %w", ErrStopped, err)
	}
	return plan, err
}

// reload goes on with another configuration. begin is called with the new
// model before the table is written.
func (r *reconciler) reload(ctx context.Context, cfg Config, begin func(*pool)) (Plan, []Event, error) {
	look := r.mustLook(cfg)
	r.exclusive = cfg.Exclusive
	r.claim.reconfigure(cfg.VirtualServers)
	if !r.exclusive {
		r.have = r.claim.covered(r.have)
	}
	var unread error
	if look {
		unread = r.look(ctx)
	}
	old := r.pool
	next, events := old.reload(cfg.VirtualServers, r.have, time.Now())
	r.pool = next
	begin(next)

	want := next.desired()
	changes := diff(r.have, want)
	plan := newPlan(r.have, changes, next, old)
	if unread != nil { // the retry, which reads the table first, does it
		return plan, events, r.failed(unread)
	}
	return plan, events, r.reach(ctx, want, changes)
}

// mustLook reports whether the kernel may have something that the new
// configuration claims and the old one does not, or is not known at all.
func (r *reconciler) mustLook(cfg Config) bool {
	if r.stale || cfg.Exclusive && !r.exclusive {
		return true
	}
	for key := range keysOf(cfg.VirtualServers) {
		if !r.claim.covers(key) {
			return true
		}
	}
	return false
}

// look reads the table under a claim that has just changed.
func (r *reconciler) look(ctx context.Context) error {
	have, err := r.read(ctx)
	if err != nil {
		r.stale = true
		return err
	}
	if !r.stale {
		before := make(table, len(r.have))
		for key := range r.have {
			if s, ok := have[key]; ok {
				before[key] = s
			}
		}
		r.noteDrift(before)
	}
	r.have, r.stale = have, false
	r.noteForeign()
	return nil
}
