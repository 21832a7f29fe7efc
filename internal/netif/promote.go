package netif

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// protectOthers makes sure that the deletion of objects deletes no other
// address. The kernel makes the first IPv4 address of a subnet the primary one
// and deletes all secondary ones with it, unless the sysctl promote_secondaries
// of the interface is set (net/ipv4/devinet.c, __inet_del_ifa). Where it matters
// protectOthers sets it; restore puts the old values back. In between nobody
// else may do the same.
func (c *rtnetlink) protectOthers(objects []object) (restore func() error, err error) {
	owned := make(map[string]map[netip.Prefix]bool) // by interface
	for _, o := range objects {
		if a, ok := o.(Address); ok && a.Prefix.Addr().Is4() {
			if owned[a.Device] == nil {
				owned[a.Device] = make(map[netip.Prefix]bool)
			}
			owned[a.Device][a.Prefix] = true
		}
	}
	var restores []func() error
	var errs []error
	for device, prefixes := range owned {
		restore, err := c.protectOthersOn(device, prefixes)
		errs = append(errs, err)
		restores = append(restores, restore)
	}
	return func() error {
		var errs []error
		for _, restore := range restores {
			errs = append(errs, restore())
		}
		return errors.Join(errs...)
	}, errors.Join(errs...)
}

func (c *rtnetlink) protectOthersOn(device string, owned map[netip.Prefix]bool) (restore func() error, err error) {
	nothing := func() error { return nil }
	name := "net/ipv4/conf/" + device + "/promote_secondaries"
	old, err := ReadSysctl(name)
	if err != nil || old == "1" {
		return nothing, ignoreMissing(err) // without an interface there is nothing to protect
	}
	l, err := c.link(device)
	if err != nil {
		return nothing, fmt.Errorf("protect other addresses of %s: %w", device, err)
	}
	present, err := c.addresses(unix.AF_INET)
	if err != nil {
		return nothing, err
	}
	present = slices.DeleteFunc(present, func(a assigned) bool { return a.index != l.index })
	if !ownsPrimaryOfOthers(owned, present) {
		return nothing, nil
	}
	if err := WriteSysctl(name, "1"); err != nil {
		return nothing, err
	}
	return func() error { return WriteSysctl(name, old) }, nil
}

// ownsPrimaryOfOthers reports whether an owned address is the primary one of a
// subnet in which somebody else has a secondary address.
func ownsPrimaryOfOthers(owned map[netip.Prefix]bool, present []assigned) bool {
	ownPrimary := make(map[netip.Prefix]bool)
	others := make(map[netip.Prefix]bool)
	for _, p := range present {
		switch {
		case !owned[p.prefix]:
			others[p.prefix.Masked()] = true
		case p.flags&unix.IFA_F_SECONDARY == 0:
			ownPrimary[p.prefix.Masked()] = true
		}
	}
	for subnet := range ownPrimary {
		if others[subnet] {
			return true
		}
	}
	return false
}

// ignoreMissing drops the error of a sysctl that does not exist.
func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
