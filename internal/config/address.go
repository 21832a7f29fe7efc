package config

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// An endpoint is an address with a port that may have been left out.
type endpoint struct {
	addr    netip.Addr
	port    uint16
	hasPort bool
}

// parseEndpoint reads "IP", "IP:PORT", "[IPv6]" or "[IPv6]:PORT". The error is
// a sentence for users that says what to write instead.
func parseEndpoint(text string) (endpoint, error) {
	var host, port string
	var hasPort bool
	switch {
	case strings.HasPrefix(text, "["):
		var rest string
		var closed bool
		host, rest, closed = strings.Cut(text[1:], "]")
		if !closed || rest != "" && rest[0] != ':' {
			return endpoint{}, fmt.Errorf("%q has unbalanced brackets. Write \"[2001:db8::1]:80\"", text)
		}
		if !strings.Contains(host, ":") {
			return endpoint{}, fmt.Errorf("%q has brackets around what is not an IPv6 address. Write it without them", text)
		}
		hasPort = rest != ""
		port = strings.TrimPrefix(rest, ":")
	case strings.Count(text, ":") > 1:
		return endpoint{}, fmt.Errorf("%q could have its port in several places. Write IPv6 addresses in brackets, \"[2001:db8::1]:80\"", text)
	default:
		host, port, hasPort = strings.Cut(text, ":")
	}

	addr, err := parseAddr(host)
	if err != nil {
		return endpoint{}, err
	}
	e := endpoint{addr: addr, hasPort: hasPort}
	if hasPort {
		if e.port, err = parsePort(port); err != nil {
			return endpoint{}, fmt.Errorf("%q has the port %w", text, err)
		}
	}
	return e, nil
}

func parsePort(text string) (uint16, error) {
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || text[0] == '+' {
		return 0, fmt.Errorf("%q. Write a number from 0 to 65535", text)
	}
	return uint16(port), nil
}

// parseAddr reads an IP address. The error is a sentence for users.
func parseAddr(text string) (netip.Addr, error) {
	addr, err := netip.ParseAddr(text)
	switch {
	case err != nil && strings.Contains(text, "/"):
		return netip.Addr{}, fmt.Errorf("%q is a network. Write a single IP address", text)
	case err != nil:
		return netip.Addr{}, fmt.Errorf("%q is not an IP address. Write one such as \"192.0.2.1\"; names are not looked up", text)
	case addr.Zone() != "":
		return netip.Addr{}, fmt.Errorf("%q has a zone, which IPVS cannot handle. Write a global or unique local address without %%%s", text, addr.Zone())
	case addr.Is4In6():
		return netip.Addr{}, fmt.Errorf("%q is an IPv4 address inside IPv6. Write %q", text, addr.Unmap())
	}
	return addr, nil
}

// checkHost returns an error if addr cannot be the address of one host.
func checkHost(addr netip.Addr) error {
	switch {
	case addr.IsUnspecified():
		return fmt.Errorf("%s stands for no address. Write the address of one host", addr)
	case addr.IsMulticast():
		return fmt.Errorf("%s is a multicast address. Write the address of one host", addr)
	case addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return fmt.Errorf("%s is the broadcast address. Write the address of one host", addr)
	}
	return nil
}

// checkVirtual returns an error if addr cannot be a virtual address, which
// other hosts have to reach.
func checkVirtual(addr netip.Addr) error {
	if addr.IsLoopback() {
		return fmt.Errorf("%s is a loopback address, which no other host can reach. Write an address of the clients' network", addr)
	}
	return checkHost(addr)
}

// familyName names the family of addr for messages.
func familyName(addr netip.Addr) string {
	if addr.Is4() {
		return "IPv4"
	}
	return "IPv6"
}
