package config

import (
	"net/netip"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/ldirector/ldirector/internal/netif"
)

// maxAddresses is what the count of an advertisement holds.
// https://www.rfc-editor.org/rfc/rfc9568#section-5.2.5
const maxAddresses = 255

// virtualAddresses are the virtual addresses read so far, of all instances.
type virtualAddresses map[placed]hcl.Range

// A placed is an address; a link-local one may be on several interfaces.
type placed struct {
	addr   netip.Addr
	device string
}

// family tells whether the instance is for IPv6: the first address that can be
// read says so, or else a peer or source.
func (i *instance) family() (ipv6 bool) {
	for _, name := range []string{"virtual_ipaddress", "unicast_peer"} {
		if g := i.c.find(name); g == nil || g.value == cty.NilVal {
			continue
		}
		for _, v := range i.c.find(name).value.AsValueSlice() {
			if v.IsNull() {
				continue
			}
			if ip, ok := addressIn(v.AsString()); ok {
				return ip.Is6()
			}
		}
	}
	for _, name := range []string{"unicast_src_ip", "mcast_src_ip"} {
		if g := i.c.find(name); g != nil && g.value != cty.NilVal {
			return strings.Contains(g.value.AsString(), ":")
		}
	}
	return false
}

// addressIn returns the address that a line begins with.
func addressIn(line string) (addr netip.Addr, ok bool) {
	word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	host, _, _ := strings.Cut(word, "/")
	addr, err := netip.ParseAddr(host)
	return addr, err == nil
}

// ipv6Because returns the address that makes the instance one for IPv6.
func (i *instance) ipv6Because() string {
	for _, name := range []string{"virtual_ipaddress", "unicast_peer"} {
		elements, _ := i.c.list(name)
		for _, e := range elements {
			if addr, ok := addressIn(e.text); ok && addr.Is6() {
				return addr.String()
			}
		}
	}
	for _, name := range []string{"unicast_src_ip", "mcast_src_ip"} {
		if text, ok := i.c.text(name); ok {
			return text
		}
	}
	return "one of them"
}

// decodeAddresses reads the virtual addresses, advertised and excluded.
func (i *instance) decodeAddresses(seen virtualAddresses) {
	const name = "virtual_ipaddress"
	none, _ := i.c.boolean("no_virtual_ipaddress")
	elements, ok := i.c.list(name)
	switch {
	case !i.c.isWrong(name) && i.c.written(name) == nil && !none && !i.c.meant(name, "no_virtual_ipaddress"):
		i.c.l.errorAt(i.c.at, "Missing argument", "%s needs virtual_ipaddress. Write for example virtual_ipaddress = [\"192.0.2.10/24\"], or no_virtual_ipaddress = true.", i.c.title())
	case ok && len(elements) == 0 && !none:
		i.c.bad(name, "No virtual address", "virtual_ipaddress is empty. Write at least one address, or no_virtual_ipaddress = true, or remove the instance.")
	case len(elements) > 0 && none:
		i.c.contradict("no_virtual_ipaddress", name, "There are addresses. Remove one of them.")
	}
	if limit := i.maxAddresses(); len(elements) > limit {
		i.c.bad(name, "Too many virtual addresses", "virtual_ipaddress has %d addresses, an advertisement at most %d. Move the others to virtual_ipaddress_excluded, or spread them over several instances.", len(elements), limit)
		elements = nil
	}
	for _, e := range elements {
		address, ok := i.decodeAddress(name, e, seen)
		addr := address.Prefix.Addr()
		switch {
		case !ok:
			continue
		case addr.Is6() != i.out.IPv6:
			i.c.badElement(name, e, "Mixed address families", "%s is %s, and other addresses are not. Advertisements are for one family: make it another instance, or move it to virtual_ipaddress_excluded.", addr, familyName(addr))
		case addr.Is6() && len(i.out.Addresses) == 0 && !addr.IsLinkLocalUnicast():
			i.c.badElement(name, e, "No link-local address", "The first IPv6 address has to be a link-local one (RFC 9568 section 5.2.9). Write one before %s, such as \"fe80::%d\", on all members.", addr, max(i.out.VRID, 1))
			i.out.Addresses = append(i.out.Addresses, addr) // once is enough
			continue
		}
		i.out.Addresses = append(i.out.Addresses, addr)
		i.out.Master.Addresses = append(i.out.Master.Addresses, address)
	}
	excluded, _ := i.c.list("virtual_ipaddress_excluded")
	for _, e := range excluded {
		if address, ok := i.decodeAddress("virtual_ipaddress_excluded", e, seen); ok {
			i.out.Master.Excluded = append(i.out.Master.Excluded, address)
		}
	}
	i.out.Master.PromoteSecondaries, _ = i.c.boolean("promote_secondaries")
}

// maxAddresses returns how many addresses an advertisement has room for: its
// count has one byte, and it is not to be larger than an Ethernet frame.
func (i *instance) maxAddresses() int {
	const mtu, ipv6Header, header, trailer = 1500, 40, 8, 28
	room := mtu - ipv6Header - header
	if i.out.HMAC != nil {
		room -= trailer
	}
	if !i.out.IPv6 {
		return maxAddresses
	}
	return room / 16
}

// decodeAddress reads one virtual address.
func (i *instance) decodeAddress(argument string, e element, seen virtualAddresses) (a netif.Address, ok bool) {
	a, err := parseAddress(e.text, addressPlace{device: i.addressDevice()})
	if err != nil {
		i.c.badElement(argument, e, "Invalid virtual address", "%s.", err)
		return a, false
	}
	if v := i.out.Master.VMAC; v != nil && a.Device == v.Name && a.Prefix.Addr().Is6() != v.IPv6 {
		i.c.badElement(argument, e, "Mixed address families", "%s cannot be on %s, whose MAC address is for the other family. Write dev and the interface behind it, such as dev %s.", a.Prefix.Addr(), v.Name, v.Base)
		return a, false
	}
	key := placed{addr: a.Prefix.Addr()}
	if key.addr.IsLinkLocalUnicast() {
		key.device = a.Device
	}
	if first, dup := seen[key]; dup {
		i.c.badElement(argument, e, "Duplicate virtual address", "%s is already a virtual address, at %s. One instance alone can decide who has it: remove one of them.", key.addr, place(first))
		return a, false
	}
	seen[key] = e.at
	return a, true
}

// addressDevice returns the interface of addresses without dev.
func (i *instance) addressDevice() string {
	if v := i.out.Master.VMAC; v != nil {
		return v.Name
	}
	return i.out.Interface
}
