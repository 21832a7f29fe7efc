package director

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
)

// ErrUnknownServer is matched by the error of Director.Override if there is no
// such virtual server or real server.
var ErrUnknownServer = errors.New("no such real server")

// An Override is what an operator has said of a real server of one virtual
// server. It counts more than the configuration until it is taken back.
//
// A server that drains or is disabled has no part in the quorum, as one with
// weight 0 has none: when the last one drains, the sorry server comes. Its
// checks go on, so that it comes back only if it is well.
type Override struct {
	Kind   OverrideKind
	Weight uint32 // of SetWeight, up to 2³¹-1
	// Since is when the operator said so. Director.Override fills it in.
	Since time.Time
	// Until is when a Drain takes the server out of the table with the
	// connections that are left; zero: it waits for them as long as it takes.
	Until time.Time
	// Over says that a Drain has ended: the server is out of the table.
	Over bool
}

// OverrideKind is what an operator wants.
type OverrideKind uint8

// The kinds of overrides. Under mh, where every server stays in the table, out of
// it means weight 0.
const (
	// NoOverride leaves the server to the configuration and its checks.
	NoOverride OverrideKind = iota
	// Drain gives the server weight 0, so that nobody new comes, until its
	// connections have ended or a deadline has passed; then it leaves the table.
	Drain
	// Disable takes the server out of the table at once.
	Disable
	// SetWeight is another weight in place of the configured one. Checks change
	// it as they would change that.
	SetWeight
)

// String returns the word for it, "none" for NoOverride.
func (k OverrideKind) String() string {
	switch k {
	case Drain:
		return "drain"
	case Disable:
		return "disable"
	case SetWeight:
		return "weight"
	default:
		return "none"
	}
}

// closed reports whether the server may take no new connections.
func (o Override) closed() bool { return o.Kind == Drain || o.Kind == Disable }

// out reports whether the server may not be in the table.
func (o Override) out() bool { return o.Kind == Disable || o.Kind == Drain && o.Over }

// draining reports whether connections are waited for.
func (o Override) draining() bool { return o.Kind == Drain && !o.Over }

// ordered is what the last operator has said of the server.
func (r *realServer) ordered() Override {
	if r.override == nil {
		return Override{}
	}
	return *r.override
}

// obey makes an override the one that counts.
func (r *realServer) obey(o Override) {
	r.override = nil // most servers have none all their life
	if o.Kind != NoOverride {
		r.override = &o
	}
}

// order makes an operator's word the last one, and returns what an operator
// should hear of it.
func (r *realServer) order(o Override, known results) Event {
	was := r.ordered()
	o.Over = o.Kind == Drain && was.out() // it does not come back to drain
	r.obey(o)
	if was.Kind == SetWeight || o.Kind == SetWeight {
		r.reweigh(known)
	}
	if was.out() && !o.out() {
		r.reopen(o.Since)
	}
	return r.orderEvent(was)
}

// reweigh finds the weight that the checks want after another base.
func (r *realServer) reweigh(known results) {
	if now := combine(r.cfg, r.base(), known); r.kept && now.state == healthcheck.Unknown {
		r.weight = r.base()
	} else {
		r.weight = now.weight
	}
	if r.ramp != nil {
		r.ramp.climb(r.weight, r.cfg.SlowStart)
	}
}

// reopen begins the slow start of a server that was out of the table: it is as
// cold as one that was down.
func (r *realServer) reopen(now time.Time) {
	switch {
	case r.cfg.SlowStart <= 0:
	case r.state == healthcheck.Up:
		r.ramp = &ramp{begin: now}
		r.ramp.climb(r.weight, r.cfg.SlowStart)
	default:
		r.fallen = true
	}
}

// orderEvent tells of the override in place of the one that was.
func (r *realServer) orderEvent(was Override) Event {
	switch o := r.ordered(); o.Kind {
	case Drain:
		reason := "until its connections end"
		if !o.Until.IsZero() {
			reason += fmt.Sprintf(", %s at most", o.Until.Sub(o.Since).Round(time.Second))
		}
		return r.event(ServerDrains, reason)
	case Disable:
		return r.event(ServerDisabled, "by command")
	case SetWeight:
		return r.event(ServerWeightSet, fmt.Sprintf("%d; configured is %d", o.Weight, r.cfg.Destination.Weight))
	default:
		return r.event(ServerEnabled, fmt.Sprintf("%s is taken back", was.Kind))
	}
}

// Override makes an operator's word count more than the configuration for a
// real server, and returns when the table has been written. A NoOverride takes
// the last one back. An error that matches ErrUnknownServer means that there is
// no such server; after any other but those of ctx and ErrStopped the override
// is in force, but not recorded.
//
// Override waits for the first pass, see Ready. A kernel that does not take the
// change is asked again, see Status.
func (d *Director) Override(ctx context.Context, virtualServer string, realServer netip.AddrPort, o Override) error {
	reply := make(chan error, 1)
	order := func(ctx context.Context) { reply <- d.override(ctx, virtualServer, realServer, o) }
	select {
	case d.orders <- order:
		return <-reply
	case <-ctx.Done():
		return ctx.Err()
	case <-d.done:
		return ErrStopped
	}
}

// override is Override in the owner's goroutine.
func (d *Director) override(ctx context.Context, virtualServer string, realServer netip.AddrPort, o Override) error {
	o.Since = time.Now()
	i, events, err := d.reconciler.pool.order(virtualServer, realServer, o)
	if err != nil {
		return err
	}
	recorded := d.record.save(d.reconciler.pool.orders()) // first: a crash must not undo what has been done
	touched := d.rewrite(ctx, []int{i})
	d.tell(ctx, events)
	d.publish(touched)
	return recorded
}

// order makes an operator's word the last one. It returns the service that it
// concerns and what an operator should hear.
func (p *pool) order(virtualServer string, realServer netip.AddrPort, o Override) (int, []Event, error) {
	for i, s := range p.services[:p.visible] {
		if s.cfg.name() != virtualServer {
			continue
		}
		r := s.byAddr()[realServer]
		if r == nil {
			return 0, nil, fmt.Errorf("%w: %s has no %s", ErrUnknownServer, virtualServer, realServer)
		}
		if r.override == nil && o.Kind == NoOverride {
			return i, nil, nil
		}
		events := append([]Event{r.order(o, p.known)}, s.weigh()...)
		p.schedule(i)
		p.drains.due = o.Since
		return i, s.named(events), nil
	}
	return 0, nil, fmt.Errorf("%w: there is no virtual server %s", ErrUnknownServer, virtualServer)
}
