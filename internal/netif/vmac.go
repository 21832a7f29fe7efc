package netif

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

func (v VMAC) equal(o VMAC) bool {
	return v.Name == o.Name && v.Base == o.Base && bytes.Equal(v.MAC, o.MAC) && v.IPv6 == o.IPv6
}

// ensure makes the macvlan, unless it is there as it must be, and sets it up. In
// private mode it hears only the network, not its siblings.
func (v VMAC) ensure(log *slog.Logger) error {
	if err := v.build(log); err != nil {
		return fmt.Errorf("make %s on %s: %w", v.Name, v.Base, err)
	}
	return nil
}

func (v VMAC) build(log *slog.Logger) error {
	base, err := netlink.LinkByName(v.Base)
	if err != nil {
		return err
	}
	there, err := netlink.LinkByName(v.Name)
	_, missing := errors.AsType[netlink.LinkNotFoundError](err)
	switch {
	case missing:
	case err != nil:
		return err
	case v.matches(there, base):
		return errors.Join(v.configure(), netlink.LinkSetUp(there))
	default:
		if err := removeMacvlan(v.Name); err != nil {
			return err
		}
	}
	fresh := &netlink.Macvlan{
		LinkAttrs: netlink.LinkAttrs{Name: v.Name, ParentIndex: base.Attrs().Index, HardwareAddr: v.MAC},
		Mode:      netlink.MACVLAN_MODE_PRIVATE,
	}
	if err := netlink.LinkAdd(fresh); err != nil {
		return err
	}
	// No address that would be made of the virtual MAC (RFC 9568, section 7.4).
	if err := netlink.LinkSetIP6AddrGenMode(fresh, nl.IN6_ADDR_GEN_MODE_NONE); err != nil && v.IPv6 {
		return errors.Join(err, netlink.LinkDel(fresh))
	}
	if err := errors.Join(v.configure(), netlink.LinkSetUp(fresh)); err != nil {
		return errors.Join(err, netlink.LinkDel(fresh))
	}
	log.Info("virtual MAC made", "interface", v.Name, "base", v.Base, "mac", v.MAC)
	return nil
}

func (v VMAC) matches(there, base netlink.Link) bool {
	m, ok := there.(*netlink.Macvlan)
	return ok && m.Mode == netlink.MACVLAN_MODE_PRIVATE && m.ParentIndex == base.Attrs().Index &&
		bytes.Equal(m.HardwareAddr, v.MAC)
}

// configure sets the sysctls of the macvlan: it answers for its own addresses
// only, takes packets from addresses of this host, which the interface below it
// has in the same subnet, and for which the way back is not through it.
func (v VMAC) configure() error {
	all := []setting{
		{ipv4Conf + v.Name + "/arp_ignore", "1"},
		{ipv4Conf + v.Name + "/accept_local", "1"},
		{ipv4Conf + v.Name + "/rp_filter", "0"},
		{ipv4Conf + v.Name + "/promote_secondaries", "1"},
	}
	ipv6 := "net/ipv6/conf/" + v.Name
	if v.IPv6 {
		all = append(all, setting{ipv6 + "/accept_ra", "0"}, setting{ipv6 + "/autoconf", "0"})
	} else {
		all = append(all, setting{ipv6 + "/disable_ipv6", "1"})
	}
	var errs []error
	for _, s := range all {
		errs = append(errs, ignoreMissing(WriteSysctl(s.name, s.value))) // a kernel without IPv6
	}
	return errors.Join(errs...)
}

// removeMacvlan removes a macvlan; it is no error if there is none. An interface
// of another kind is left alone.
func removeMacvlan(name string) error {
	there, err := netlink.LinkByName(name)
	if _, missing := errors.AsType[netlink.LinkNotFoundError](err); missing {
		return nil
	}
	if err != nil {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	if _, ok := there.(*netlink.Macvlan); !ok {
		return fmt.Errorf("remove %s: it is a %s, not a macvlan", name, there.Type())
	}
	if err := netlink.LinkDel(there); err != nil && !errors.Is(err, unix.ENODEV) {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	return nil
}
