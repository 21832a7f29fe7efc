package ldirectord

import (
	"net/netip"
	"slices"

	"github.com/ldirector/ldirector/internal/migrate"
)

// destinationPort is the port that the kernel has for a server: only
// masquerading changes it, and under a firewall mark nothing does.
func (v *virtual) destinationPort(method string, port uint16) uint16 {
	if v.mark == 0 && (method != methodMasq || port == 0) {
		return v.port
	}
	return port
}

// label is the label of a server's block.
func label(addr netip.Addr, port uint16) string {
	switch {
	case port != 0:
		return endpoint(addr, port)
	case addr.Is6():
		return "[" + addr.String() + "]"
	default:
		return addr.String()
	}
}

// sorryServer converts the fallback server that is in force.
func (c *converter) sorryServer(b *migrate.Block, v *virtual) {
	f, option := v.fallback, "fallback"
	if v.six {
		option = "fallback6"
	}
	if f == nil {
		f = c.file.fallback
		if v.six {
			f = c.file.fallback6
		}
		if f != nil && v.mark != 0 {
			c.assume(v.line, option, "the one at the top does not work for firewall marks: ldirectord passes ipvsadm an empty address. There is no sorry_server here, as there was none. To have one, write %s into this section.", option)
			return
		}
	}
	if f == nil {
		return
	}
	var given uint16
	if f.portName != "" {
		protocol := v.protocol
		if v.mark != 0 {
			protocol = ""
		}
		given, _ = c.port(f.portName, protocol, f.line, option)
	}
	port := v.destinationPort(f.method, given)
	if given != 0 && given != port {
		c.assume(f.line, option, "the kernel cannot change the port with %s, and has port %d of the virtual server instead of %d.", f.method, port, given)
	}
	s := b.Block("sorry_server", []string{label(f.addr, port)}, c.from(f.line, option))
	if f.method != v.mainMethod() {
		s.Set("lvs_method", migrate.String(kind(f.method)), c.from(f.line, option))
	}
	if slices.ContainsFunc(v.reals, func(r real) bool { return r.weight == 0 }) {
		c.note(v.line, option, "ldirector puts the sorry server in when the weights of all living servers add up to 0. For ldirectord a living server of weight 0 is enough to keep it out.")
	}
}

// servers converts the real servers and their checks. The checks that most of
// them have are written once.
func (c *converter) servers(b *migrate.Block, v *virtual) {
	probes := make([][]probe, len(v.reals))
	looks := make([]string, len(v.reals))
	for i, r := range v.reals {
		probes[i] = c.probes(v, r)
		looks[i] = text(probes[i])
	}
	usual := mostFrequent(looks)
	if usual >= 0 {
		write(&b.Body, probes[usual])
	}
	seen := make(map[netip.AddrPort]real)
	for i, r := range v.reals {
		s := c.server(b, v, r, seen)
		if s != nil && (usual < 0 || looks[i] != looks[usual]) {
			write(&s.Body, probes[i])
		}
	}
}

// mostFrequent returns the index of the first of those that are there most
// often, -1 if there are several and all are different.
func mostFrequent(looks []string) int {
	if len(looks) == 1 {
		return 0
	}
	count := make(map[string]int)
	for _, look := range looks {
		count[look]++
	}
	best, most := -1, 1
	for i, look := range looks {
		if count[look] > most {
			best, most = i, count[look]
		}
	}
	return best
}

// text returns what the checks look like; equal ones look the same.
func text(probes []probe) string {
	var d migrate.Document
	write(&d.Body, probes)
	return string(d.Bytes())
}

// server converts a real server; nil means that it is there already.
func (c *converter) server(b *migrate.Block, v *virtual, r real, seen map[netip.AddrPort]real) *migrate.Block {
	option := "real"
	if v.six {
		option = "real6"
	}
	port := v.destinationPort(r.method, r.port)
	switch {
	case r.port != 0 && r.port != port:
		c.assume(r.line, option, "the kernel cannot change the port with %s, and has port %d of the virtual server instead of %d. The check goes to port %d, as before.", r.method, port, r.port, r.port)
	case r.port == 0 && port != 0 && r.method == methodMasq:
		c.assume(r.line, option, "it has no port, and ldirectord gives the kernel port 0, where no connection can be made. It gets port %d of the virtual server.", port)
	}
	at := netip.AddrPortFrom(r.addr, port)
	if first, dup := seen[at]; dup {
		c.duplicate(option, first, r)
		return nil
	}
	seen[at] = r

	from := c.from(r.line, option)
	s := b.Block("real_server", []string{label(r.addr, port)}, from)
	s.NoTCP = v.protocol == protocolUDP || port == 0
	weight := r.weight
	if v.checkType == checkOff {
		weight = 0
	}
	s.Set("weight", migrate.Number(int64(weight)), from)
	if r.method != v.mainMethod() {
		s.Set("lvs_method", migrate.String(kind(r.method)), from)
	}
	if r.upper != 0 {
		s.Set("uthreshold", migrate.Number(int64(r.upper)), from)
	}
	if r.lower != 0 {
		s.Set("lthreshold", migrate.Number(int64(r.lower)), from)
	}
	return s
}

// duplicate reports a real server that the kernel cannot tell from another.
func (c *converter) duplicate(option string, first, r real) {
	same := r
	same.line, same.port = first.line, first.port
	if same == first && r.port == first.port {
		c.note(r.line, option, "%s is already there in line %d; it is written once.", label(r.addr, r.port), first.line)
		return
	}
	c.bad(r.line, option, "for the kernel this is the same server as the one in line %d, and ldirectord lets the two overwrite each other. Remove one.", first.line)
}
