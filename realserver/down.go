package realserver

import (
	"errors"
	"fmt"
	"os"
	"slices"
)

// removeAddresses removes what Up added of the addresses, last one first. Those
// that are gone then are no longer served.
func (r *record) removeAddresses(h Host, leaving []vip) error {
	var errs []error
	leaving = slices.Clone(leaving) // may be r.VIPs
	for _, p := range slices.Backward(slices.Clone(r.Addresses)) {
		i := slices.IndexFunc(leaving, func(v vip) bool { return v.Addr == p.Addr })
		if i < 0 {
			continue
		}
		if err := h.RemoveAddress(p.Device, p.prefix()); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, fmt.Errorf("remove %s from %s: %w", p.prefix(), p.Device, err))
			leaving = slices.Delete(leaving, i, i+1)
			continue
		}
		r.Addresses = slices.DeleteFunc(r.Addresses, func(o place) bool { return o == p })
	}
	r.VIPs = slices.DeleteFunc(r.VIPs, func(o vip) bool {
		return slices.ContainsFunc(leaving, func(v vip) bool { return v.Addr == o.Addr })
	})
	return errors.Join(errs...)
}

// restoreSysctls puts back the values of the sysctls that are no longer needed.
func (r *record) restoreSysctls(h Host, n needs) error {
	var errs []error
	r.Sysctls = slices.DeleteFunc(r.Sysctls, func(s sysctl) bool {
		if n.sysctl(s.Name) {
			return false
		}
		value, err := h.Sysctl(s.Name)
		if err == nil && value == s.Set {
			err = h.SetSysctl(s.Name, s.Before)
		}
		if err == nil || errors.Is(err, os.ErrNotExist) { // gone with its device
			return true
		}
		errs = append(errs, fmt.Errorf("set %s back to %s: %w", dotted(s.Name), s.Before, err))
		return false
	})
	return errors.Join(errs...)
}

// restoreTunnels removes or sets down the tunnel devices that are no longer needed.
func (r *record) restoreTunnels(h Host, n needs) error {
	var errs []error
	r.Tunnels = slices.DeleteFunc(r.Tunnels, func(t tunnel) bool {
		if slices.Contains(n.tunnels, t.Device) {
			return false
		}
		var err error
		if t.Created {
			err = h.RemoveTunnel(t.Device)
		}
		if err == nil {
			err = h.SetLinkUp(t.Device, false) // the module's own device cannot be removed
		}
		if err == nil || errors.Is(err, os.ErrNotExist) {
			return true
		}
		errs = append(errs, fmt.Errorf("take back %s: %w", t.Device, err))
		return false
	})
	return errors.Join(errs...)
}
