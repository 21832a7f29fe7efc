package realserver

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// dumpTries is how often the list of addresses is read once more because it
// changed meanwhile.
const dumpTries = 10

// Kernel is the Host that the calling thread's network namespace shows.
type Kernel struct{}

// NewHost returns this host.
func NewHost() Kernel { return Kernel{} }

// Addresses implements [Host].
func (Kernel) Addresses(device string) ([]Address, error) {
	link, err := linkOf(device)
	if err != nil {
		return nil, err
	}
	list, err := netlink.AddrList(link, netlink.FAMILY_ALL)
	for tries := 0; errors.Is(err, netlink.ErrDumpInterrupted) && tries < dumpTries; tries++ {
		list, err = netlink.AddrList(link, netlink.FAMILY_ALL)
	}
	if err != nil {
		return nil, err
	}
	addrs := make([]Address, 0, len(list))
	for _, a := range list {
		addr, ok := netip.AddrFromSlice(a.IP)
		if !ok {
			continue
		}
		ones, _ := a.Mask.Size()
		addrs = append(addrs, Address{Prefix: netip.PrefixFrom(addr.Unmap(), ones), Label: a.Label})
	}
	return addrs, nil
}

// AddAddress implements [Host]. An IPv6 address is deprecated from the start:
// connections to it are accepted, but none from this host is given it as its
// source, which would have the replies go to the director.
func (Kernel) AddAddress(device string, a Address) error {
	link, err := linkOf(device)
	if err != nil {
		return err
	}
	addr := addrOf(a.Prefix)
	addr.Label = a.Label
	if a.Prefix.Addr().Is6() {
		addr.Flags = unix.IFA_F_NODAD
		addr.ValidLft, addr.PreferedLft = math.MaxUint32, 0
	}
	err = netlink.AddrAdd(link, addr)
	if errors.Is(err, unix.EACCES) && a.Prefix.Addr().Is6() {
		return fmt.Errorf("IPv6 is disabled there (sysctl net.ipv6.conf.%s.disable_ipv6)", device)
	}
	return err
}

// RemoveAddress implements [Host].
func (Kernel) RemoveAddress(device string, p netip.Prefix) error {
	link, err := linkOf(device)
	if err != nil {
		return err
	}
	err = netlink.AddrDel(link, addrOf(p))
	if errors.Is(err, unix.EADDRNOTAVAIL) {
		return os.ErrNotExist
	}
	return err
}

// Sysctl implements [Host].
func (Kernel) Sysctl(name string) (string, error) {
	b, err := os.ReadFile(filepath.Join("/proc/sys", name))
	return strings.TrimSpace(string(b)), cause(err)
}

// SetSysctl implements [Host].
func (Kernel) SetSysctl(name, value string) error {
	f, err := os.OpenFile(filepath.Join("/proc/sys", name), os.O_WRONLY, 0) // never create one
	if err != nil {
		return cause(err)
	}
	_, err = f.WriteString(value + "\n")
	return cause(errors.Join(err, f.Close()))
}

// LinkUp implements [Host].
func (Kernel) LinkUp(device string) (bool, error) {
	link, err := linkOf(device)
	if err != nil {
		return false, err
	}
	return link.Attrs().Flags&net.FlagUp != 0, nil
}

// SetLinkUp implements [Host].
func (Kernel) SetLinkUp(device string, up bool) error {
	link, err := linkOf(device)
	if err != nil {
		return err
	}
	if up {
		return netlink.LinkSetUp(link)
	}
	return netlink.LinkSetDown(link)
}

// AddTunnel implements [Host]. The request makes the kernel load the module,
// which brings a device of this name along in each network namespace, unless
// the sysctl net.core.fb_tunnels_only_for_init_net says otherwise.
func (Kernel) AddTunnel(device string) error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name = device
	var link netlink.Link = &netlink.Iptun{LinkAttrs: attrs}
	module := "ipip"
	if device == tunnel6 {
		link = &netlink.Ip6tnl{LinkAttrs: attrs, Proto: unix.IPPROTO_IPV6}
		module = "ip6_tunnel"
	}
	err := netlink.LinkAdd(link)
	switch {
	case errors.Is(err, unix.EOPNOTSUPP):
		return fmt.Errorf("the kernel has no module %s (install the package of the kernel's modules, or a kernel that has it)", module)
	case errors.Is(err, unix.EEXIST):
		return nil
	}
	return err
}

// RemoveTunnel implements [Host]. The kernel silently keeps the device that the
// module brought along.
func (Kernel) RemoveTunnel(device string) error {
	link, err := linkOf(device)
	if err != nil {
		return err
	}
	return netlink.LinkDel(link)
}

// linkOf returns an interface; the error for one that does not exist matches
// [os.ErrNotExist].
func linkOf(device string) (netlink.Link, error) {
	link, err := netlink.LinkByName(device)
	if _, missing := errors.AsType[netlink.LinkNotFoundError](err); missing {
		return nil, os.ErrNotExist
	}
	return link, err
}

func addrOf(p netip.Prefix) *netlink.Addr {
	ip := p.Addr()
	return &netlink.Addr{IPNet: &net.IPNet{IP: ip.AsSlice(), Mask: net.CIDRMask(p.Bits(), ip.BitLen())}}
}

// cause drops operation and path from an error of package os: the caller names
// both.
func cause(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}
