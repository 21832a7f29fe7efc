package main

import (
	"context"
	"errors"
	"net/netip"
	"slices"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/internal/guardian"
	"github.com/ldirector/ldirector/internal/plan"
)

// errNotInStep is the health of a daemon that has not gone through the table yet.
var errNotInStep = errors.New("the kernel's table has not been gone through yet")

// Health returns why the kernel's table is not as configured.
func (d *daemon) Health() error {
	b := d.current.Load().balancer
	if b == nil {
		return nil
	}
	switch st := b.director.Status(); {
	case st.Error != "":
		return errors.New(st.Error)
	case st.Synced.IsZero():
		return errNotInStep
	default:
		return nil
	}
}

// Override makes an operator's word count for a real server.
func (d *daemon) Override(ctx context.Context, virtual, real string, o director.Override) error {
	b := d.current.Load().balancer
	if b == nil {
		return api.NotFound("virtual_server", virtual, nil)
	}
	addr, err := endpoint(b.director.Status(), virtual, real)
	if err != nil {
		return err
	}
	err = b.director.Override(ctx, virtual, addr, o)
	if errors.Is(err, director.ErrUnknownServer) { // a reload came between
		return api.NotFound("real_server of "+virtual, real, nil)
	}
	return err
}

// endpoint finds the real server with an address as the API has it.
func endpoint(st director.Status, virtual, real string) (netip.AddrPort, error) {
	for _, v := range st.VirtualServers {
		if v.Name != virtual {
			continue
		}
		for _, r := range v.RealServers {
			if plan.Endpoint(r.Addr) == real {
				return r.Addr, nil
			}
		}
	}
	return netip.AddrPort{}, api.NotFound("real_server of "+virtual, real, nil)
}

// Probe makes the probes of a real server due now.
func (d *daemon) Probe(_ context.Context, virtual, real string) error {
	now := d.current.Load()
	checks := checksOf(now.cfg.Director, virtual, real)
	if now.balancer == nil || len(checks) == 0 {
		return errors.New(real + " of " + virtual + " has no probes")
	}
	now.balancer.engine.Hurry(func(c healthcheck.Check) bool { return slices.Contains(checks, c) })
	return nil
}

// Probes returns what the probes of a real server said last.
func (d *daemon) Probes(ctx context.Context, virtual, real string) (probes []api.Probe) {
	now := d.current.Load()
	if now.balancer == nil {
		return nil
	}
	checks := checksOf(now.cfg.Director, virtual, real)
	said, before := now.balancer.engine.Status(ctx), now.balancer.engine.History(ctx, checks)
	if before == nil {
		return nil
	}
	for i, c := range checks {
		probes = append(probes, api.NewProbe(c, said[c], before[i]))
	}
	return probes
}

// checksOf returns the checks of a real server.
func checksOf(cfg director.Config, virtual, real string) []healthcheck.Check {
	for _, v := range cfg.VirtualServers {
		for _, r := range v.RealServers {
			if v.Name == virtual && plan.Endpoint(r.Destination.Addr) == real {
				return r.Checks
			}
		}
	}
	return nil
}

// Release makes a virtual router hand over to a backup.
func (d *daemon) Release(ctx context.Context, instance string) error {
	return d.onInstance(instance, func(s guardian.Service) error { return s.Release(ctx, instance) })
}

// Preempt takes a Release back.
func (d *daemon) Preempt(ctx context.Context, instance string) error {
	return d.onInstance(instance, func(s guardian.Service) error { return s.Preempt(ctx, instance) })
}

// SetPriority sets a priority in place of the configured one.
func (d *daemon) SetPriority(ctx context.Context, instance string, priority uint8) error {
	return d.onInstance(instance, func(s guardian.Service) error { return s.SetPriority(ctx, instance, priority) })
}

// onInstance does something with a virtual router.
func (d *daemon) onInstance(name string, do func(guardian.Service) error) error {
	all := d.current.Load().cfg.VRRP.Instances
	if !slices.ContainsFunc(all, func(i config.VRRPInstance) bool { return i.Name == name }) {
		known := make([]string, len(all))
		for i := range all {
			known[i] = all[i].Name
		}
		return api.NotFound("vrrp_instance", name, known)
	}
	return d.routers.command(do)
}
