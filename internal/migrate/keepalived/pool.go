package keepalived

import (
	"math"
	"net/netip"
	"slices"
	"strings"

	"github.com/ldirector/ldirector/internal/migrate"
)

// counts writes quorum, hysteresis and alpha.
func (v *service) counts() {
	c := v.c
	quorum, total := int64(1), v.weight()
	if s := v.s.last("quorum"); s != nil {
		v.comments(s)
		if n, ok := c.number(s, 1, 1, math.MaxInt32); ok {
			quorum = n
			if quorum > 1 && quorum > total {
				quorum = max(total, 1)
				c.assume(s, "the quorum is %d, but the weights of all real servers add up to %d. keepalived lowers it to that, and so does the import.", n, total)
			}
			v.out.Set("quorum", migrate.Number(quorum), c.from(s))
		}
	}
	if s := v.s.last("hysteresis"); s != nil {
		v.comments(s)
		if n, ok := c.number(s, 1, 0, math.MaxInt32); ok {
			if n >= quorum {
				c.assume(s, "the hysteresis is %d and the quorum %d. keepalived lowers it to %d, and so does the import.", n, quorum, quorum-1)
				n = quorum - 1
			}
			if n > max(total-quorum, 0) {
				c.assume(s, "a lost quorum comes back at quorum + hysteresis = %d, but the weights of all real servers add up to %d: it could not come back. The import lowers hysteresis to %d.", quorum+n, total, max(total-quorum, 0))
				n = max(total-quorum, 0)
			}
			v.out.Set("hysteresis", migrate.Number(n), c.from(s))
		}
	}
	if s := v.s.last("alpha"); s != nil {
		v.comments(s)
		if on, ok := c.boolean(s); ok && on {
			v.out.Set("alpha", migrate.Bool(true), c.from(s))
			return
		}
	}
	c.explain(v.s, "without alpha keepalived sends connections to real servers before their first probe; alpha = false keeps that. Without that line a real server waits for its first good probe.")
	v.out.Set("alpha", migrate.Bool(false), c.implied(v.s))
}

// weight adds up the weights of the real servers.
func (v *service) weight() int64 {
	weight := func(s *statement, otherwise int64) int64 {
		if w := s.last("weight"); w != nil {
			if n, err := strconv64(w.arg(1)); err == nil && n >= 0 && n <= math.MaxInt32 {
				return n
			}
		}
		return otherwise
	}
	sum := int64(0)
	each := weight(v.s, 1)
	seen := make(map[string]bool)
	for _, rs := range v.s.all("real_server") {
		if address := strings.Join(rs.words, " "); !seen[address] {
			seen[address] = true
			sum += weight(rs, each)
		}
	}
	return sum
}

// rest writes what has not been written with something else.
func (v *service) rest() {
	outer := v.c.svc
	v.c.svc = v
	defer func() { v.c.svc = outer }()

	together := []string{"protocol", "lvs_sched", "lb_algo", "lvs_method", "lb_kind", "quorum", "hysteresis", "alpha", "sorry_server", "sorry_server_lvs_method"}
	for _, s := range v.s.body {
		switch {
		case s.row != nil && s.row.shape == blockShape:
		case s.row == nil || !slices.Contains(together, s.row.name):
			if !v.cleared(s) {
				v.c.statement(&v.out.Body, s)
			}
		case !s.placed && s.after != "":
			v.out.Comment(s.after)
		}
	}
	v.sorryServer()
	for _, s := range v.s.all("real_server") {
		v.c.statement(&v.out.Body, s)
	}
	v.out.Comment(v.s.end...)
}

// cleared reports keywords that keepalived clears because of others.
func (v *service) cleared(s *statement) bool {
	if s.row == nil {
		return false
	}
	why := ""
	sched := v.s.last("lvs_sched", "lb_algo")
	switch name := s.row.name; name {
	case "ops":
		if !v.marked && v.protocol != "UDP" {
			why = "it is for UDP only"
		}
	case "ha_suspend":
		if v.marked {
			why = "it does not work with firewall marks"
		}
	case "ip_family":
		if !v.marked {
			why = "it is for firewall marks only"
		}
	case "sh-port", "sh-fallback", "mh-port", "mh-fallback":
		if sched == nil || !strings.HasPrefix(name, sched.arg(1)+"-") {
			why = "it is for another scheduler"
		} else if slices.Index(v.s.body, sched) > slices.Index(v.s.body, v.s.last(name)) {
			why = "it stands before the scheduler"
		}
	}
	if why == "" {
		return false
	}
	v.out.Lead(s.before...)
	v.c.drop(&v.out.Body, s, migrate.Assumption, "%s: keepalived ignores it here, and so does the import.", why)
	return true
}

// label returns the label of a real server or sorry server. port is the one
// that is written; if the service's takes its place, it is returned as well.
func (v *service) label(s *statement, addr netip.Addr, port uint16, method string) (label string, overwritten uint16) {
	persistent := v.s.last("persistence_timeout") != nil || v.out.Has("persistence_timeout")
	one := v.port != 0 || v.marked || v.allPorts() // not a group with several ports
	switch {
	case port == 0 || port == v.port || !one:
	case method != "NAT":
		v.c.assume(s, "port %d has no effect with %s: packets keep the port that clients connect to. keepalived overwrites it, and so does the import.", port, method)
		overwritten, port = port, v.port
	case v.port == 0 && persistent:
		v.c.assume(s, "port %d has no effect in a persistent service for several ports: the kernel keeps the port that clients connect to. It is left out.", port)
		overwritten, port = port, 0
	}
	if port == 0 {
		return bare(addr), overwritten
	}
	return netip.AddrPortFrom(addr, port).String(), overwritten
}

// allPorts tells whether the service is one address with all ports.
func (v *service) allPorts() bool { return v.port == 0 && v.out.Has("address") }

// bare writes an address that a port could follow.
func bare(addr netip.Addr) string {
	if addr.Is4() {
		return addr.String()
	}
	return "[" + addr.String() + "]"
}

// sorryServer writes the sorry_server.
func (v *service) sorryServer() {
	s := v.s.last("sorry_server")
	kind := v.s.last("sorry_server_lvs_method")
	if s == nil {
		if kind != nil {
			v.c.drop(&v.out.Body, kind, migrate.Note, "there is no sorry_server.")
		}
		return
	}
	v.comments(s)
	addr, port, ok := v.c.endpoint(s, 1)
	if !ok {
		return
	}
	method := v.method
	if kind != nil && len(kind.words) > 1 {
		method = kind.words[1]
	}
	label, _ := v.label(s, addr, port, method)
	b := v.out.Block("sorry_server", []string{label}, v.c.from(s))
	if kind != nil {
		b.Lead(kind.before...)
		forwarding("lvs_method")(v.c, &b.Body, kind)
	}
}

// realServer writes a real_server of the current service.
func realServer(c *converter, out *migrate.Body, s *statement) {
	v := c.svc
	addr, port, ok := c.endpoint(s, 1)
	if !ok {
		return
	}
	c.extra(s, 3)
	method := v.method
	if m := s.last("lvs_method"); m != nil && len(m.words) > 1 {
		method = m.words[1]
	}
	label, overwritten := v.label(s, addr, port, method)
	if v.seen[label] {
		c.drop(out, s, migrate.Assumption, "the real server %s is there twice. keepalived ignores the second one, and so does the import.", label)
		return
	}
	v.seen[label] = true

	b := out.Block("real_server", []string{label}, c.from(s))
	b.NoTCP = v.out.NoTCP || v.port == 0 && port == 0
	c.probed = probed{service: v.s, server: s, port: overwritten}
	c.body(&b.Body, s)
	if !slices.ContainsFunc(s.body, func(i *statement) bool { return i.row != nil && i.row.shape == blockShape }) {
		c.report.Add(migrate.Note, s.at, s.words[0], "%s has no checker, so it is always up, as in keepalived.", label)
	}
}
