package guardian

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ldirector/ldirector/internal/netif"
	"github.com/ldirector/ldirector/vrrp"
)

// Prepare implements Service.
func (e *Engine) Prepare(ctx context.Context, s Setup) error {
	if err := s.check(); err != nil {
		return err
	}
	if err := e.known.await(ctx); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ending != running {
		return errEnded
	}
	s = s.expand()
	p := &prepared{setup: s, conns: make(map[string]vrrp.Conn)}
	for i := range s.Routers {
		r := &s.Routers[i]
		if e.current.has(r) {
			continue
		}
		conn, err := e.system.Open(r.Config)
		if err != nil {
			return errors.Join(fmt.Errorf("vrrp_instance %q: %w", r.Config.Name, err), p.close())
		}
		p.conns[r.Config.Name] = conn
	}
	e.discard()
	e.next = p
	return nil
}

// Discard implements Service.
func (e *Engine) Discard() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.discard()
}

func (e *Engine) discard() {
	if e.next == nil {
		return
	}
	if err := e.next.close(); err != nil {
		e.log.Warn("VRRP connection not closed", "err", err)
	}
	e.next = nil
}

// Commit implements Service.
func (e *Engine) Commit(ctx context.Context) error {
	e.mu.Lock()
	unprepared := e.next == nil
	e.mu.Unlock()
	if unprepared {
		return errUnprepared
	}
	return e.commit(ctx, e.before.leave(ctx))
}

// commit is Commit after another engine has left.
func (e *Engine) commit(ctx context.Context, l legacy) error {
	tidied := make(chan error, 1)
	gone, err := e.change(ctx, l)
	if gone == nil {
		return err
	}
	go func() {
		select {
		case <-gone:
			tidied <- e.tidy()
		case <-e.ended:
			tidied <- errEnded
		}
	}()
	select {
	case tidyErr := <-tidied:
		return errors.Join(err, tidyErr)
	case <-ctx.Done():
		return errors.Join(err, fmt.Errorf("wait for virtual routers to hand over: %w", ctx.Err()))
	}
}

// change makes the driver do what was prepared. Gone is closed when routers that
// are missing have ended; nil: nothing was done.
func (e *Engine) change(ctx context.Context, l legacy) (gone <-chan struct{}, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ending != running {
		return nil, errEnded
	}
	p := e.next
	if p == nil {
		return nil, errUnprepared
	}
	e.next = nil
	err = e.furnish(ctx, p.setup)
	set := vrrp.Set{Groups: p.setup.Groups, NotBefore: p.setup.NotBefore, Resume: l.resume()}
	hosts := make(map[string]vrrp.Host)
	for i := range p.setup.Routers {
		r := &p.setup.Routers[i]
		name := r.Config.Name
		router := vrrp.Router{Config: r.Config, Placed: r.placed()}
		hosts[name] = e.hosts[name]
		if conn := p.conns[name]; conn != nil {
			hosts[name] = e.system.NewHost(r.Master, e.previous(r, l))
			router.Conn, router.Host = conn, hosts[name]
		}
		set.Routers = append(set.Routers, router)
	}
	gone = e.driver.Set(set)
	e.system.WatchClaims(p.setup.claimable())
	e.current, e.hosts = p.setup, hosts
	return gone, errors.Join(err, e.clear(l))
}

// previous returns the host that one of r replaces, so that it takes off what only
// that has put on; nil if there is none.
func (e *Engine) previous(r *Router, l legacy) vrrp.Host {
	if old := e.current.find(r.Config.Name); old != nil {
		if old.Config.SameRouter(&r.Config) {
			return e.hosts[r.Config.Name]
		}
		return nil
	}
	if i := slices.IndexFunc(l.Hosts, func(m netif.Master) bool { return m.Name == r.Config.Name }); i >= 0 {
		return e.system.NewHost(l.Hosts[i], nil)
	}
	return nil
}

// clear takes off what another engine has left of routers that are not there any
// more: nobody has taken over their addresses.
func (e *Engine) clear(l legacy) error {
	var errs []error
	for _, m := range l.Hosts {
		if e.current.find(m.Name) == nil {
			h := e.system.NewHost(m, nil)
			errs = append(errs, h.RemoveAddresses(), h.Close())
		}
	}
	return errors.Join(errs...)
}

// furnish puts on the host what routers need and what is there in any case.
// Macvlans that are not needed any more stay: routers are still to say goodbye
// by them.
func (e *Engine) furnish(ctx context.Context, s Setup) error {
	masters := s.masters()
	macvlans := namesOfVMACs(masters)
	for _, old := range e.current.masters() {
		if old.VMAC != nil && !slices.Contains(macvlans, old.VMAC.Name) {
			masters = append(masters, old)
		}
	}
	err := e.system.Ensure(masters)
	if err == nil && len(macvlans) > 0 {
		wait, cancel := context.WithTimeout(ctx, interfaceTimeout)
		err = e.known.await(wait, macvlans...)
		cancel()
	}
	return errors.Join(err, e.place(s))
}

// place puts what is static on the host, as far as it is missing, and tells the
// driver of what cannot be had.
func (e *Engine) place(s Setup) error {
	missing, err := e.system.SetStatic(s.Static)
	e.driver.SetTracks(s.groupTracks(missing)...)
	return err
}

// namesOfVMACs returns the names of the macvlans of masters.
func namesOfVMACs(masters []netif.Master) []string {
	var names []string
	for _, m := range masters {
		if m.VMAC != nil {
			names = append(names, m.VMAC.Name)
		}
	}
	return names
}

// tidy removes macvlans that nothing needs any more.
func (e *Engine) tidy() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ending != running {
		return nil
	}
	return e.system.Ensure(e.current.masters())
}
