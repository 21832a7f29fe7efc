package keepalived

import (
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/ldirector/ldirector/internal/migrate"
)

func strconv64(word string) (int64, error) { return strconv.ParseInt(word, 10, 64) }

// An address is one line of a virtual_server_group: an address, a range or a
// network, with a port.
type address struct {
	from, to netip.Addr
	bits     int // of a network; 0: none
	port     uint16
	line     *statement // nil for the address of a virtual_server itself
}

// element writes the address for addresses, with its port if wanted.
func (a address) element(port bool) string {
	text := a.from.String()
	switch {
	case a.bits > 0:
		text += "/" + itoa(int64(a.bits))
	case a.from != a.to:
		text += "-" + a.to.String()
	}
	if port {
		if a.from.Is6() {
			text = "[" + text + "]"
		}
		return text + ":" + itoa(int64(a.port))
	}
	return text
}

// addresses writes address, or addresses and ports.
func (v *service) addresses(list []address) {
	from := v.c.implied(v.s)
	if len(list) == 1 && list[0].from == list[0].to && list[0].bits == 0 {
		if line := list[0].line; line != nil {
			v.out.Lead(line.before...)
			from = v.c.groupLine(line)
		}
		v.out.Set("address", migrate.String(netip.AddrPortFrom(list[0].from, list[0].port).String()), from)
		return
	}
	samePort := !slices.ContainsFunc(list, func(a address) bool { return a.port != list[0].port })
	var elements []migrate.Item
	for _, a := range list {
		item := migrate.Item{Text: a.element(!samePort), Origin: v.c.groupLine(a.line)}
		item.Before = a.line.before
		elements = append(elements, item)
	}
	v.out.Set("addresses", migrate.List(elements...), from)
	if samePort {
		v.out.Set("ports", migrate.Numbers(int64(list[0].port)), from)
	}
}

// groupLine returns the origin of a line of a group, which may be used by
// several services.
func (c *converter) groupLine(line *statement) migrate.Origin {
	return migrate.Origin{At: line.at, Keyword: "virtual_server_group", After: line.after}
}

// virtualServerGroup writes a virtual_server for a group.
func virtualServerGroup(c *converter, out *migrate.Body, s *statement) {
	name := s.arg(2)
	group := c.groups[name]
	if group == nil {
		c.report.Add(migrate.Error, s.at, s.words[0], "there is no virtual_server_group %q.", name)
		return
	}
	c.extra(s, 3)
	if c.lines += len(group.body); c.lines > maxSteps {
		c.report.Add(migrate.Error, s.at, s.words[0], "the groups have more than %d lines together, each counted for every virtual_server that uses it. Import fewer at a time.", maxSteps)
		return
	}
	var addresses []address
	var marks []target
	for _, line := range group.body {
		if line.words[0] == "fwmark" {
			if mark, ok := c.number(line, 1, 1, math.MaxUint32); ok {
				marks = append(marks, target{mark: mark, family: line.arg(2)})
			}
			continue
		}
		if a, ok := c.groupAddress(line); ok {
			addresses = append(addresses, a)
		}
	}
	if len(addresses)+len(marks) == 0 {
		c.drop(out, s, migrate.Assumption, "the virtual_server_group %s is empty. keepalived leaves the service out, and so does the import.", name)
		return
	}
	if len(marks) > 0 && len(marks)+len(addresses) > 1 {
		c.assume(s, "the group %s becomes several virtual servers, as marks and addresses are separate here. Each has a quorum of its own; equal probes run once.", name)
	}
	if len(addresses) > 0 {
		c.service(out, s, name, target{addresses: addresses})
	}
	for _, t := range marks {
		each := name
		if len(marks)+len(addresses) > 1 {
			each += "-fwmark-" + itoa(t.mark)
		}
		c.service(out, s, each, t)
	}
}

// groupAddress reads "IP[-IP|-N][/LEN] [PORT]".
func (c *converter) groupAddress(line *statement) (a address, ok bool) {
	a.line = line
	text := line.words[0]
	fail := func() (address, bool) {
		c.report.Add(migrate.Error, line.at, "virtual_server_group", "%q is no address, range or network.", text)
		return a, false
	}
	if len(line.words) > 1 {
		if a.port, ok = c.port(line, line.words[1]); !ok {
			return a, false
		}
	}
	c.extra(line, 2)
	low, high, isRange := strings.Cut(text, "-")
	if prefix, err := netip.ParsePrefix(text); err == nil {
		if prefix.Masked() != prefix {
			c.report.Add(migrate.Error, line.at, "virtual_server_group", "%s has bits set behind its length; the network is %s.", prefix, prefix.Masked())
			return a, false
		}
		a.from, a.to, a.bits = prefix.Addr(), prefix.Addr(), prefix.Bits()
		return a, true
	}
	var err error
	if a.from, err = netip.ParseAddr(low); err != nil {
		return fail()
	}
	a.to = a.from
	if !isRange {
		return a, true
	}
	if a.to, ok = rangeEnd(a.from, high); !ok || a.to.Less(a.from) || a.to.Is4() != a.from.Is4() {
		return fail()
	}
	return a, true
}

// rangeEnd reads the end of a range: an address, or its last part.
func rangeEnd(from netip.Addr, text string) (netip.Addr, bool) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return addr, true
	}
	if from.Is4() {
		n, err := strconv.ParseUint(text, 10, 8)
		bytes := from.As4()
		bytes[3] = byte(n)
		return netip.AddrFrom4(bytes), err == nil
	}
	n, err := strconv.ParseUint(text, 16, 16)
	bytes := from.As16()
	bytes[14], bytes[15] = byte(n>>8), byte(n)
	return netip.AddrFrom16(bytes), err == nil
}

// group writes nothing: a group is part of the services that name it.
func group(c *converter, out *migrate.Body, s *statement) {
	if !c.used[s.arg(1)] {
		c.drop(out, s, migrate.Note, "no virtual_server uses this group.")
		return
	}
	if s.after != "" {
		out.Comment(s.after)
		s.placed = true
	}
	out.Comment(s.end...)
}
