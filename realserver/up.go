package realserver

import (
	"errors"
	"fmt"
	"os"
	"slices"
)

// addTunnels creates the tunnel devices that do not exist.
func (r *record) addTunnels(h Host, n needs) error {
	var absent []string
	for _, device := range n.tunnels {
		up, err := h.LinkUp(device)
		switch {
		case errors.Is(err, os.ErrNotExist):
			absent = append(absent, device)
			r.remember(tunnel{Device: device, Created: true})
		case err != nil:
			return fmt.Errorf("read state of %s: %w", device, err)
		case !up:
			r.remember(tunnel{Device: device})
		}
	}
	errs := []error{r.save()}
	if errs[0] != nil {
		return errs[0]
	}
	for _, device := range absent {
		if err := h.AddTunnel(device); err != nil {
			errs = append(errs, fmt.Errorf("create %s: %w", device, err))
		}
	}
	return errors.Join(errs...)
}

// remember records a change of a tunnel device, unless one is recorded.
func (r *record) remember(t tunnel) {
	if !slices.ContainsFunc(r.Tunnels, func(o tunnel) bool { return o.Device == t.Device }) {
		r.Tunnels = append(r.Tunnels, t)
	}
}

// writeSysctls gives the sysctls the values they need.
func (r *record) writeSysctls(h Host, n needs) error {
	var writes []setting
	for _, s := range n.sysctls {
		value, err := h.Sysctl(s.name)
		if err != nil {
			return fmt.Errorf("read %s: %w", dotted(s.name), err)
		}
		if s.accepts(value) {
			continue
		}
		writes = append(writes, s)
		i := slices.IndexFunc(r.Sysctls, func(o sysctl) bool { return o.Name == s.name })
		if i < 0 {
			r.Sysctls = append(r.Sysctls, sysctl{Name: s.name, Before: value, Set: s.want})
		} else {
			r.Sysctls[i].Before = value
		}
	}
	errs := []error{r.save()}
	if errs[0] != nil {
		return errs[0]
	}
	for _, s := range writes {
		if err := h.SetSysctl(s.name, s.want); err != nil {
			errs = append(errs, fmt.Errorf("set %s to %s: %w", dotted(s.name), s.want, err))
		}
	}
	return errors.Join(errs...)
}

// setTunnelsUp sets the tunnel devices up that are down.
func (r *record) setTunnelsUp(h Host, n needs) error {
	var errs []error
	for _, device := range n.tunnels {
		up, err := h.LinkUp(device)
		if err == nil && !up {
			err = h.SetLinkUp(device, true)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("set %s up: %w", device, err))
		}
	}
	return errors.Join(errs...)
}

// addAddresses adds the addresses that their devices do not have.
func (r *record) addAddresses(h Host, n needs) error {
	var errs []error
	var absent []place
	labels := make(map[string]bool)
	have := make(map[string][]Address)
	for _, p := range n.addresses {
		if _, read := have[p.Device]; !read {
			addrs, err := h.Addresses(p.Device)
			if err != nil {
				return fmt.Errorf("list addresses of %s: %w", p.Device, err)
			}
			have[p.Device] = addrs
			for _, a := range addrs {
				labels[a.Label] = true
			}
		}
		if found, ok := p.find(have[p.Device]); !ok {
			absent = append(absent, p)
		} else if found != p.prefix() {
			errs = append(errs, fmt.Errorf("%s already has %s, which makes that whole network local: remove it (ip addr del %s dev %s)",
				p.Device, found, found, p.Device))
		}
	}
	for _, p := range absent {
		if !slices.Contains(r.Addresses, p) {
			r.Addresses = append(r.Addresses, p)
		}
	}
	if err := r.save(); err != nil {
		return errors.Join(append(errs, err)...)
	}
	for _, p := range absent {
		a := Address{Prefix: p.prefix()}
		if p.Addr.Is4() {
			a.Label = freeLabel(p.Device, labels)
			labels[a.Label] = true
		}
		if err := h.AddAddress(p.Device, a); err != nil {
			errs = append(errs, fmt.Errorf("add %s to %s: %w", a.Prefix, p.Device, err))
		}
	}
	return errors.Join(errs...)
}
