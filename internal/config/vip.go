package config

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/internal/netif"
)

// maxAddresses is what the count of an advertisement holds.
// https://www.rfc-editor.org/rfc/rfc9568#section-5.2.5
const maxAddresses = 255

// virtualAddresses are the virtual addresses read so far, of all instances.
type virtualAddresses map[netip.Addr]hcl.Range

// decodeAddresses reads virtual_ipaddress.
func (i *instance) decodeAddresses(seen virtualAddresses) {
	const name = "virtual_ipaddress"
	elements, ok := i.c.list(name)
	switch {
	case !ok:
		return
	case len(elements) == 0:
		i.c.bad(name, "No virtual address", "virtual_ipaddress is empty. Write at least one address, or remove the instance.")
		return
	case len(elements) > maxAddresses:
		i.c.bad(name, "Too many virtual addresses", "virtual_ipaddress has %d addresses, an advertisement at most %d. Spread them over several instances.", len(elements), maxAddresses)
		return
	}
	for _, e := range elements {
		address, err := parseVIP(e.text, i.out.Interface)
		if err != nil {
			i.c.badElement(name, e, "Invalid virtual address", "%s.", err)
			continue
		}
		addr := address.Prefix.Addr()
		if first, dup := seen[addr]; dup {
			i.c.badElement(name, e, "Duplicate virtual address", "%s is already a virtual address, at %s. One instance alone can decide who has it: remove one of them.", addr, place(first))
			continue
		}
		seen[addr] = e.at
		i.out.Addresses = append(i.out.Addresses, addr)
		i.out.VirtualAddresses = append(i.out.VirtualAddresses, address)
	}
}

// parseVIP reads "IP[/LEN] [brd IP|+|-] [dev IF] [scope S] [label L]". device
// is the interface without dev. The error is a sentence for users.
func parseVIP(text, device string) (netif.Address, error) {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return netif.Address{}, fmt.Errorf("an element is empty. Write an address such as \"192.0.2.10/24\", or remove it")
	}
	prefix, err := parseVIPPrefix(fields[0])
	if err != nil {
		return netif.Address{}, err
	}
	a := netif.Address{Prefix: prefix, Device: device}
	words, err := pairs(fields[1:])
	if err != nil {
		return a, fmt.Errorf("%q: %w", text, err)
	}
	if dev, ok := words["dev"]; ok {
		a.Device = dev
		if err := checkInterface(dev); err != nil {
			return a, err
		}
	}
	if brd, ok := words["brd"]; ok {
		if a.Broadcast, err = parseBroadcast(brd, prefix); err != nil {
			return a, fmt.Errorf("%q: %w", text, err)
		}
	}
	if scope, ok := words["scope"]; ok {
		if a.Scope, err = parseScope(scope); err != nil {
			return a, fmt.Errorf("%q: %w", text, err)
		}
	}
	if label, ok := words["label"]; ok {
		a.Label = label
		// ip(8) asks for the same; ifconfig shows such labels only.
		if a.Device != "" && label != a.Device && !strings.HasPrefix(label, a.Device+":") || len(label) > 15 {
			return a, fmt.Errorf("%q: the label has to be the interface's name, or that with a colon and something more, of at most 15 characters. Write for example label %s:1", text, a.Device)
		}
	}
	return a, nil
}

// parseVIPPrefix reads "IP[/LEN]".
func parseVIPPrefix(text string) (netip.Prefix, error) {
	host, length, hasLength := strings.Cut(text, "/")
	addr, err := parseAddr(host)
	if err == nil {
		err = checkVirtual(addr)
	}
	if err != nil {
		return netip.Prefix{}, err
	}
	if !addr.Is4() {
		return netip.Prefix{}, fmt.Errorf("%s is an IPv6 address, and VRRP works over IPv4 alone so far. Use an IPv4 address here, and give the IPv6 one to a director by other means", addr)
	}
	bits := addr.BitLen()
	if hasLength {
		n, err := strconv.ParseUint(length, 10, 8)
		if err != nil || n < 1 || int(n) > bits {
			return netip.Prefix{}, fmt.Errorf("%q has an invalid prefix length. Write /1 to /%d, or none for /%d", text, bits, bits)
		}
		bits = int(n)
	}
	prefix := netip.PrefixFrom(addr, bits)
	if bits <= 30 && (addr == prefix.Masked().Addr() || addr == lastAddr(prefix)) {
		return prefix, fmt.Errorf("%s is the first or last address of its network, which no host can have. Write another address, or another length", prefix)
	}
	return prefix, nil
}

// pairs reads the words behind an address.
func pairs(fields []string) (map[string]string, error) {
	words := make(map[string]string)
	for len(fields) > 0 {
		switch word := fields[0]; word {
		case "brd", "dev", "scope", "label":
			if _, dup := words[word]; dup {
				return nil, fmt.Errorf("%s is there twice. Remove one", word)
			}
			if len(fields) == 1 {
				return nil, fmt.Errorf("%s needs a value", word)
			}
			words[word] = fields[1]
			fields = fields[2:]
		default:
			return nil, fmt.Errorf("%q is not known here. After the address there can be brd, dev, scope and label, each with its value", word)
		}
	}
	return words, nil
}

// parseBroadcast reads an address, "+" for the network's last address or "-"
// for its first, as ip(8) does.
func parseBroadcast(text string, prefix netip.Prefix) (netip.Addr, error) {
	if prefix.Bits() > 30 {
		return netip.Addr{}, fmt.Errorf("brd: a /%d has no broadcast address. Remove brd, or write the network's length", prefix.Bits())
	}
	switch text {
	case "+":
		return lastAddr(prefix), nil
	case "-":
		return prefix.Masked().Addr(), nil
	}
	addr, err := parseAddr(text)
	if err != nil {
		return addr, fmt.Errorf("brd: %w", err)
	}
	if !addr.Is4() {
		return addr, fmt.Errorf("brd: %s is not IPv4. Only IPv4 has broadcast addresses", addr)
	}
	return addr, nil
}

// lastAddr returns the last address of an IPv4 network.
func lastAddr(prefix netip.Prefix) netip.Addr {
	addr := prefix.Addr().As4()
	hosts := uint32(1)<<(32-prefix.Bits()) - 1
	binary.BigEndian.PutUint32(addr[:], binary.BigEndian.Uint32(addr[:])|hosts)
	return netip.AddrFrom4(addr)
}

// parseScope reads a scope by its name in ip(8), or by its number.
func parseScope(text string) (int, error) {
	switch text {
	case "global":
		return 0, nil
	case "site":
		return 200, nil
	case "link":
		return 253, nil
	case "host":
		return 254, nil
	}
	n, err := strconv.ParseUint(text, 10, 8)
	if err != nil || n == 255 {
		return 0, fmt.Errorf("scope cannot be %q. Write global, site, link, host or a number from 0 to 254", text)
	}
	return int(n), nil
}
