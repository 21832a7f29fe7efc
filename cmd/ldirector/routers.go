package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"

	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/internal/notify"
	"github.com/ldirector/ldirector/internal/plan"
	"github.com/ldirector/ldirector/vrrp"
)

// routers are the VRRP instances of the daemon. open, start, replace and stop
// belong to one goroutine.
type routers struct {
	notifier *notify.Notifier
	log      *slog.Logger

	mu      sync.Mutex
	all     []*router
	links   map[string]bool       // by interface: up
	states  map[string]vrrp.State // by instance
	follow  string                // the instance whose master role is told to leads
	leading func(master bool)
}

func newRouters(notifier *notify.Notifier, log *slog.Logger) *routers {
	return &routers{
		notifier: notifier, log: log,
		links: make(map[string]bool), states: make(map[string]vrrp.State),
	}
}

// open returns routers for the configured instances: those that can go on as
// they are, and new ones that are open but not started. After an error nothing
// new is open.
func (rs *routers) open(instances []config.VRRPInstance) (next []*router, err error) {
	var opened []*router
	defer func() {
		if err == nil {
			return
		}
		err = errors.Join(err, stopAll(opened))
	}()
	for _, cfg := range instances {
		if r := rs.find(cfg.Name); r != nil && r.same(cfg) {
			next = append(next, r)
			continue
		}
		r, err := newRouter(cfg, rs.notifier, rs.moved, rs.log)
		if err != nil {
			return nil, err
		}
		opened = append(opened, r)
		next = append(next, r)
	}
	return next, nil
}

// find returns the running router of that name, nil if there is none.
func (rs *routers) find(name string) *router {
	for _, r := range rs.list() {
		if r.cfg.Name == name {
			return r
		}
	}
	return nil
}

// compare says how next, from open, differs from what runs.
func (rs *routers) compare(next []*router) []plan.Instance {
	changes := []plan.Instance{}
	kept := make(map[string]bool)
	for _, r := range next {
		kept[r.cfg.Name] = true
		switch old := rs.find(r.cfg.Name); {
		case old == nil:
			changes = append(changes, plan.Instance{Action: plan.Create, Name: r.cfg.Name})
		case old != r:
			changes = append(changes, plan.Instance{Action: plan.Update, Name: r.cfg.Name})
		}
	}
	for _, r := range rs.list() {
		if !kept[r.cfg.Name] {
			changes = append(changes, plan.Instance{Action: plan.Delete, Name: r.cfg.Name})
		}
	}
	return changes
}

// replace ends the routers that are not in next, starts those that are new and
// gives all of them the scripts of cfg.
func (rs *routers) replace(ctx context.Context, next []*router, instances []config.VRRPInstance) error {
	var gone []*router
	for _, r := range rs.list() {
		if !slices.Contains(next, r) {
			gone = append(gone, r)
		}
	}
	err := stopAll(gone)
	for i, r := range next {
		r.scripts.Store(&instances[i].Notify)
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.all = next
	for _, r := range gone {
		delete(rs.states, r.cfg.Name)
	}
	for _, r := range next {
		if r.ended != nil {
			continue
		}
		for name, up := range rs.links {
			r.instance.LinkChanged(name, up)
		}
		r.start(ctx, rs.log)
	}
	return err
}

// stop ends all routers at once.
func (rs *routers) stop() error {
	all := rs.list()
	rs.mu.Lock()
	rs.all = nil
	rs.mu.Unlock()
	return stopAll(all)
}

// stopAll lets all of them give up their addresses at the same time.
func stopAll(all []*router) error {
	for _, r := range all {
		if r.cancel != nil {
			r.cancel()
		}
	}
	var errs []error
	for _, r := range all {
		errs = append(errs, r.wait())
	}
	return errors.Join(errs...)
}

// list returns the running routers.
func (rs *routers) list() []*router {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return slices.Clone(rs.all)
}

// linkChanged tells every router of a link that went up or down.
func (rs *routers) linkChanged(name string, up bool) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.links[name] = up
	for _, r := range rs.all {
		r.instance.LinkChanged(name, up)
	}
}

// lead makes leading hear whether the instance of that name is master, now and
// after every transition; with "" it hears nothing. leading must not block.
func (rs *routers) lead(instance string, leading func(master bool)) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.follow, rs.leading = instance, leading
	rs.tell()
}

// master reports whether the instance of that name is.
func (rs *routers) master(name string) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return rs.states[name] == vrrp.Master
}

// moved takes in a transition of an instance.
func (rs *routers) moved(t vrrp.Transition) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.states[t.Instance] = t.To
	if t.Instance == rs.follow {
		rs.tell()
	}
}

// tell is called with the lock held.
func (rs *routers) tell() {
	if rs.follow != "" {
		rs.leading(rs.states[rs.follow] == vrrp.Master)
	}
}

// drop closes those of next, from open, that are not running.
func (rs *routers) drop(next []*router) error {
	return stopAll(slices.DeleteFunc(slices.Clone(next), func(r *router) bool { return r.ended != nil }))
}
