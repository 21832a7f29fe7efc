package netif

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// An Address is a virtual address on an interface.
type Address struct {
	Prefix    netip.Prefix // the address with the length of its subnet's prefix
	Device    string       // interface
	Label     string       // IPv4 only, "eth0:1"; "": the interface's name
	Broadcast netip.Addr   // IPv4 only; zero: none
	Scope     int          // RT_SCOPE_ of rtnetlink(7), IPv4 only; 0: global

	Peer              netip.Prefix  // far end of a point-to-point link; not valid: none
	PreferredLifetime time.Duration // with HasLifetime; 0: never a source by itself (keepalived: preferred_lft)
	HasLifetime       bool
	Home              bool // IPv6 (keepalived: home)
	DAD               bool // IPv6: detect duplicates (keepalived: -nodad)
	ManageTempAddr    bool // IPv6 (keepalived: mngtmpaddr)
	NoPrefixRoute     bool // no route to the prefix (keepalived: noprefixroute)
	AutoJoin          bool // join a multicast address's group (keepalived: autojoin)

	NoTrack    bool   // its loss does not matter (keepalived: no_track)
	TrackGroup string // static addresses: instances that are in Fault without it (keepalived: track_group)
}

// VIPs are the virtual addresses of one virtual router. Its methods act on all
// of them and go on after an error; they are for one goroutine at a time.
type VIPs struct {
	devices   []device
	announcer announcer
}

// device is an interface with the addresses that belong on it.
type device struct {
	name  string
	addrs []Address
}

// NewVIPs returns the given addresses, without touching an interface.
func NewVIPs(addrs []Address) *VIPs {
	v := &VIPs{}
	for _, a := range addrs {
		i := slices.IndexFunc(v.devices, func(d device) bool { return d.name == a.Device })
		if i < 0 {
			i = len(v.devices)
			v.devices = append(v.devices, device{name: a.Device})
		}
		v.devices[i].addrs = append(v.devices[i].addrs, a)
	}
	return v
}

// Close releases the socket that Announce keeps open. The addresses stay, and
// v can be used again.
func (v *VIPs) Close() error { return v.announcer.close() }

// AddAddresses adds the addresses to their interfaces, in order. An address
// that is there already is left as it is. IPv6 addresses are usable at once,
// without duplicate address detection: until the former master has removed it,
// the address is in use by right.
func (v *VIPs) AddAddresses() error {
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("add addresses: open netlink socket: %w", err)
	}
	defer h.Close()
	var errs []error
	for _, d := range v.devices {
		link, err := findLink(h, d.name)
		if err != nil {
			errs = append(errs, fmt.Errorf("add addresses to %s: %w", d.name, err))
			continue
		}
		for _, a := range d.addrs {
			if err := h.AddrAdd(link, a.create()); err != nil && !errors.Is(err, unix.EEXIST) {
				errs = append(errs, fmt.Errorf("add %s to %s: %w", a.Prefix, d.name, err))
			}
		}
	}
	return errors.Join(errs...)
}

// RemoveAddresses removes the addresses from their interfaces, last one first.
// An address or interface that is not there is no error. Only an address with
// the configured prefix length is removed, and no other one disappears with it.
func (v *VIPs) RemoveAddresses() error {
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("remove addresses: open netlink socket: %w", err)
	}
	defer h.Close()
	var errs []error
	for _, d := range v.devices {
		errs = append(errs, d.remove(h))
	}
	return errors.Join(errs...)
}

func (d device) remove(h *netlink.Handle) error {
	link, err := findLink(h, d.name)
	if errors.Is(err, unix.ENODEV) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("remove addresses from %s: %w", d.name, err)
	}
	restore, err := d.protectOthers(h, link)
	errs := []error{err}
	for _, a := range slices.Backward(d.addrs) {
		if err := h.AddrDel(link, a.key()); err != nil && !isMissing(err) {
			errs = append(errs, fmt.Errorf("remove %s from %s: %w", a.Prefix, d.name, err))
		}
	}
	return errors.Join(append(errs, restore())...)
}

// findLink returns an interface; the error for one that does not exist matches
// [unix.ENODEV].
func findLink(h *netlink.Handle, name string) (netlink.Link, error) {
	link, err := h.LinkByName(name)
	if _, missing := errors.AsType[netlink.LinkNotFoundError](err); missing {
		return nil, unix.ENODEV
	}
	return link, err
}

// isMissing reports whether a deletion failed because there was no such
// address, or no longer an interface for it.
func isMissing(err error) bool {
	return errors.Is(err, unix.EADDRNOTAVAIL) || errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ENXIO)
}

// protectOthers makes sure that the deletion of d's addresses deletes no other
// address. The kernel makes the first IPv4 address of a subnet the primary one
// and deletes all secondary ones with it, unless the sysctl promote_secondaries
// of the interface is set (net/ipv4/devinet.c, __inet_del_ifa). Where it matters
// protectOthers sets it; restore puts the old value back.
func (d device) protectOthers(h *netlink.Handle, link netlink.Link) (restore func() error, err error) {
	nothing := func() error { return nil }
	present, err := dump(func() ([]netlink.Addr, error) { return h.AddrList(link, netlink.FAMILY_V4) })
	if err != nil {
		return nothing, fmt.Errorf("list addresses of %s: %w", d.name, err)
	}
	if !d.ownsPrimaryOfOthers(present) {
		return nothing, nil
	}
	name := "net/ipv4/conf/" + d.name + "/promote_secondaries"
	old, err := ReadSysctl(name)
	if err != nil || old == "1" {
		return nothing, err
	}
	if err := WriteSysctl(name, "1"); err != nil {
		return nothing, err
	}
	return func() error { return WriteSysctl(name, old) }, nil
}

// ownsPrimaryOfOthers reports whether one of d's addresses is the primary one
// of a subnet in which somebody else has a secondary address.
func (d device) ownsPrimaryOfOthers(present []netlink.Addr) bool {
	owned := make(map[netip.Prefix]bool, len(d.addrs))
	for _, a := range d.addrs {
		owned[a.Prefix] = true
	}
	ownPrimary := make(map[netip.Prefix]bool)
	others := make(map[netip.Prefix]bool)
	for _, p := range present {
		prefix := prefixOf(p)
		switch {
		case !owned[prefix]:
			others[prefix.Masked()] = true
		case p.Flags&unix.IFA_F_SECONDARY == 0:
			ownPrimary[prefix.Masked()] = true
		}
	}
	for subnet := range ownPrimary {
		if others[subnet] {
			return true
		}
	}
	return false
}

// prefixOf returns the address and prefix length of an IPv4 address.
func prefixOf(a netlink.Addr) netip.Prefix {
	ip, _ := netip.AddrFromSlice(a.IP.To4())
	ones, _ := a.Mask.Size()
	return netip.PrefixFrom(ip, ones)
}

// key returns what identifies the address to the kernel. The label is left
// out, because the kernel would not delete an address that has another one.
func (a Address) key() *netlink.Addr {
	ip := a.Prefix.Addr()
	return &netlink.Addr{
		IPNet:     &net.IPNet{IP: ip.AsSlice(), Mask: net.CIDRMask(a.Prefix.Bits(), ip.BitLen())},
		Broadcast: net.IPv4zero, // the library's word for none
	}
}

// infinity is the lifetime of an address that stays (INFINITY_LIFE_TIME).
const infinity = 1<<32 - 1

// create returns the address with all that is configured.
func (a Address) create() *netlink.Addr {
	addr := a.key()
	if a.Prefix.Addr().Is6() {
		addr.Flags = unix.IFA_F_NODAD
		if a.Prefix.IsSingleIP() { // it would be preferred as a source, also for probes of back-ends that have it, too
			addr.ValidLft, addr.PreferedLft = infinity, 0
		}
		return addr
	}
	addr.Label = a.Label
	addr.Scope = a.Scope
	if a.Broadcast.IsValid() {
		addr.Broadcast = a.Broadcast.AsSlice()
	}
	return addr
}
