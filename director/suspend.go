package director

import (
	"context"
	"log/slog"
	"net/netip"
)

// addresses are those of this host; nil: not known, which suspends nobody.
type addresses map[netip.Addr]bool

func newAddresses(local []netip.Addr) addresses {
	a := make(addresses, len(local))
	for _, addr := range local {
		a[addr.Unmap().WithZone("")] = true
	}
	return a
}

// locate suspends the probes of the services that are not on this host. It
// returns the services in which this changes something.
func (p *pool) locate(local addresses) (turned []int) {
	for i, s := range p.services {
		was := s.suspended
		s.suspended = s.cfg.HASuspend && local != nil && !s.cfg.isOn(local)
		if s.suspended != was {
			turned = append(turned, i)
		}
	}
	return turned
}

// isOn reports whether one of the service's addresses is among them. Marked
// packets may be for any.
func (v *VirtualServer) isOn(local addresses) bool {
	for _, key := range v.Keys {
		if key.FWMark != 0 || local[key.Addr] {
			return true
		}
	}
	return false
}

// SetAddresses says which addresses this host has, for the virtual servers
// with HASuspend. Until it is called nothing is suspended. It never blocks.
func (d *Director) SetAddresses(local []netip.Addr) {
	a := newAddresses(local)
	d.local.Store(&a)
	select {
	case d.moved <- struct{}{}:
	default: // the owner has not come for the last token yet and will find this too
	}
}

// addresses returns what SetAddresses said last.
func (d *Director) addresses() addresses {
	if a := d.local.Load(); a != nil {
		return *a
	}
	return nil
}

// relocate suspends and resumes probes as the host's addresses say.
func (d *Director) relocate(ctx context.Context) {
	p := d.reconciler.pool
	turned := p.locate(d.addresses())
	if len(turned) == 0 {
		return
	}
	d.checker.Set(p.checks())
	for _, i := range turned {
		s := p.services[i]
		service := slog.String("service", s.cfg.name())
		if s.suspended {
			d.log.LogAttrs(ctx, slog.LevelInfo, "probes suspended, no address of the service is on this host", service)
		} else {
			d.log.LogAttrs(ctx, slog.LevelInfo, "probes resumed", service)
		}
	}
	d.publish(turned)
}
