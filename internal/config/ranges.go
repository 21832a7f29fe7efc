package config

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/ldirector/ldirector/internal/fwmark"
)

// parseRange reads "IP", "IP-IP", "IP-N" (N replaces the last number) or
// "IP/LEN". The error is a sentence for users.
func parseRange(text string) (fwmark.Range, error) {
	if strings.Contains(text, "/") {
		return parsePrefixRange(text)
	}
	first, last, isRange := strings.Cut(text, "-")
	from, err := parseAddr(first)
	if err != nil {
		return fwmark.Range{}, err
	}
	r := fwmark.Range{From: from, To: from}
	if isRange {
		if r.To, err = parseRangeEnd(from, last); err != nil {
			return r, fmt.Errorf("%q: %w", text, err)
		}
	}
	switch {
	case r.From.Is4() != r.To.Is4():
		return r, fmt.Errorf("%q has an IPv4 and an IPv6 end. Write both in one family", text)
	case r.To.Less(r.From):
		return r, fmt.Errorf("%q ends before it begins. Write the lower address first", text)
	}
	for _, addr := range []netip.Addr{r.From, r.To} {
		if err := checkVirtual(addr); err != nil {
			return r, err
		}
	}
	return r, nil
}

// parseRangeEnd reads the part of a range behind the dash.
func parseRangeEnd(from netip.Addr, text string) (netip.Addr, error) {
	if strings.ContainsAny(text, ".:") {
		return parseAddr(text)
	}
	base, what := 16, "hexadecimal digits"
	bits := 16
	if from.Is4() {
		base, what, bits = 10, "a number from 0 to 255", 8
	}
	n, err := strconv.ParseUint(text, base, bits)
	if err != nil || text[0] == '+' {
		return netip.Addr{}, fmt.Errorf("the end %q replaces the last part of the address. Write %s, or a whole address", text, what)
	}
	bytes := from.AsSlice()
	if from.Is4() {
		bytes[3] = byte(n)
	} else {
		binary.BigEndian.PutUint16(bytes[14:], uint16(n))
	}
	to, _ := netip.AddrFromSlice(bytes)
	return to, nil
}

// parsePrefixRange reads "IP/LEN".
func parsePrefixRange(text string) (fwmark.Range, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil || prefix.Addr().Is4In6() {
		return fwmark.Range{}, fmt.Errorf("%q is not a network such as \"192.0.2.0/28\" or \"2001:db8::/64\"", text)
	}
	if prefix.Masked() != prefix {
		return fwmark.Range{}, fmt.Errorf("%q has bits set behind its length. Write \"%s\" for the network, or the address alone", text, prefix.Masked())
	}
	r := fwmark.Range{From: prefix.Addr(), To: lastOf(prefix)}
	if r.From.IsLoopback() || r.From.IsMulticast() {
		return r, checkVirtual(r.From)
	}
	return r, nil
}

// lastOf returns the last address of a network.
func lastOf(prefix netip.Prefix) netip.Addr {
	bytes := prefix.Addr().AsSlice()
	for i := prefix.Bits(); i < len(bytes)*8; i++ {
		bytes[i/8] |= 0x80 >> (i % 8)
	}
	last, _ := netip.AddrFromSlice(bytes)
	return last
}

// rangeSize returns the number of addresses, at most 2³².
func rangeSize(r fwmark.Range) uint64 {
	const most = 1 << 32
	from, to := r.From.As16(), r.To.As16()
	if binary.BigEndian.Uint64(from[:8]) != binary.BigEndian.Uint64(to[:8]) {
		return most
	}
	return min(binary.BigEndian.Uint64(to[8:])-binary.BigEndian.Uint64(from[8:]), most-1) + 1
}

// parseEndpointRange reads an element of addresses: a range with a port that
// may have been left out. IPv6 is in brackets.
func parseEndpointRange(text string) (r fwmark.Range, port uint16, hasPort bool, err error) {
	var host, rest string
	switch {
	case strings.HasPrefix(text, "["):
		var closed bool
		host, rest, closed = strings.Cut(text[1:], "]")
		switch {
		case !closed || rest != "" && rest[0] != ':':
			return r, 0, false, fmt.Errorf("%q has unbalanced brackets. Write \"[2001:db8::1]:80\"", text)
		case !strings.Contains(host, ":"):
			return r, 0, false, fmt.Errorf("%q has brackets around what is not IPv6. Write it without them", text)
		}
		hasPort, rest = rest != "", strings.TrimPrefix(rest, ":")
	case strings.Count(text, ":") > 1:
		return r, 0, false, fmt.Errorf("%q could have its port in several places. Write IPv6 in brackets, \"[2001:db8::1]:80\" or \"[2001:db8::/120]\"", text)
	default:
		host, rest, hasPort = strings.Cut(text, ":")
	}
	if hasPort {
		if port, err = parsePort(rest); err != nil {
			return r, 0, false, fmt.Errorf("%q has the port %w", text, err)
		}
	}
	r, err = parseRange(host)
	return r, port, hasPort, err
}

// parsePortRange reads "80" or "8000-8010".
func parsePortRange(text string) (fwmark.PortRange, error) {
	first, last, isRange := strings.Cut(text, "-")
	from, err := parsePort(first)
	if err != nil {
		return fwmark.PortRange{}, err
	}
	to := from
	if isRange {
		if to, err = parsePort(last); err != nil {
			return fwmark.PortRange{}, err
		}
		if to < from {
			return fwmark.PortRange{}, fmt.Errorf("%q, which ends before it begins. Write the lower one first", text)
		}
		if from == 0 {
			return fwmark.PortRange{}, fmt.Errorf("%q, which begins at 0. Begin at 1; 0 alone means all ports", text)
		}
	}
	return fwmark.PortRange{From: from, To: to}, nil
}
