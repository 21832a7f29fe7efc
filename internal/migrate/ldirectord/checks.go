package ldirectord

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/ldirector/ldirector/internal/migrate"
)

// A probe is a block that says how to check a real server.
type probe struct {
	name string
	from migrate.Origin
	args []arg
	url  []arg // of the block url, nil for none
}

// An arg is an attribute of a probe.
type arg struct {
	name  string
	value migrate.Value
	from  migrate.Origin
}

// write adds probes to a virtual or real server.
func write(to *migrate.Body, probes []probe) {
	for _, p := range probes {
		b := to.Block(p.name, nil, p.from)
		for _, a := range p.args {
			b.Set(a.name, a.value, a.from)
		}
		if p.url == nil {
			continue
		}
		url := b.Block("url", nil, p.from)
		for _, a := range p.url {
			url.Set(a.name, a.value, a.from)
		}
	}
}

// probes returns the checks of a real server. Findings about a virtual as a
// whole come once, because a report has each finding once.
func (c *converter) probes(v *virtual, r real) []probe {
	line := first(v.lines["checktype"], v.line)
	switch v.checkType {
	case checkOn:
		c.note(line, "checktype", "nothing is checked: every real server is always up.")
		return nil
	case checkOff:
		c.assume(line, "checktype", "nothing is checked and no server gets connections: every real server has weight 0.")
		return nil
	case checkConnect:
		if v.pings() {
			c.note(line, "checktype", "connecting by UDP says nothing, so that ldirectord pings; there is a ping_check.")
			return []probe{c.probe(v, "ping_check", "checktype")}
		}
		return c.connect(v, r)
	case checkPing:
		return []probe{c.probe(v, "ping_check", "checktype")}
	case checkExternal, checkExternalPerl:
		return []probe{c.external(v, r)}
	case checkCombined:
		return c.combined(v, r)
	default:
		return c.negotiate(v, r)
	}
}

// probe begins a probe that comes from an option.
func (c *converter) probe(v *virtual, name, option string) probe {
	return probe{name: name, from: c.from(first(v.lines[option], v.line), option)}
}

// set adds an attribute that comes from an option of the virtual.
func (c *converter) set(p *probe, v *virtual, name string, value migrate.Value, option string) {
	p.args = append(p.args, arg{name, value, c.from(first(v.lines[option], v.line), option)})
}

// target adds the port that is asked, if it is not the real server's.
func (c *converter) target(p *probe, v *virtual, r real) bool {
	port := v.checkPort
	if port == 0 {
		port = r.port
	}
	if port == 0 {
		port = portOf(v.checkedService())
	}
	switch {
	case port == 0 && v.checkedService() == "dns":
		port = 53
	case port == 0:
		c.bad(r.line, "real", "there is no port to check, so that ldirectord counts this server as down for ever. Write a port behind its address, or checkport.")
		return false
	}
	if port != v.destinationPort(r.method, r.port) {
		c.set(p, v, "connect_port", migrate.Number(int64(port)), "checkport")
	}
	return true
}

// connect is a check that connects.
func (c *converter) connect(v *virtual, r real) []probe {
	p := c.probe(v, "tcp_check", "checktype")
	if !c.target(&p, v, r) {
		return nil
	}
	return []probe{p}
}

// combined is a negotiate check after every so many connects.
func (c *converter) combined(v *virtual, r real) []probe {
	if v.negotiates() {
		return c.negotiate(v, r)
	}
	line := v.lines["checktype"]
	every := c.interval(v) * time.Duration(v.connects+1)
	if most := 24 * time.Hour; every > most {
		c.assume(line, "checktype", "a negotiate check every %s is less than ldirector can do: there is one every %s.", every, most)
		every = most
	}
	probes := c.connect(v, r)
	if v.protocol == protocolUDP {
		probes = nil // such a connect always succeeds
	}
	if v.checkedService() == serviceNone {
		c.assume(line, "checktype", "there is no service to negotiate with: the servers are asked for a connection only.")
		return probes
	}
	for _, p := range c.negotiate(v, r) {
		c.set(&p, v, "connect_timeout", migrate.Duration(c.negotiateTimeout(v)), "negotiatetimeout")
		c.set(&p, v, "delay_loop", migrate.Duration(every), "checktype")
		probes = append(probes, p)
	}
	c.assume(line, "checktype", "a server is up while both its connects and its negotiate check succeed. The negotiate check runs every %s, also while it fails; ldirectord repeats one that failed after each checkinterval.", migrate.FormatDuration(every))
	return probes
}

// external is a check by a program. It gets the service and the server as
// arguments, IPv6 addresses in brackets.
func (c *converter) external(v *virtual, r real) probe {
	service := []string{strconv.FormatUint(uint64(v.mark), 10), "0"}
	if v.mark == 0 {
		service = []string{bracketed(v.addr), strconv.Itoa(int(v.port))}
	}
	command := append([]string{v.checkCommand}, service...)
	command = append(command, bracketed(r.addr), strconv.Itoa(int(r.port)))
	p := c.probe(v, "misc_check", "checkcommand")
	if v.checkType == checkExternalPerl {
		command = append([]string{"perl"}, command...)
		c.assume(v.lines["checktype"], "checktype", "the check runs as a program of its own, perl %s, which its manual promises to work; ldirectord runs it inside itself.", v.checkCommand)
	}
	if !v.has("checkcommand") {
		c.fallBackTo(v.line, "checkcommand", "it is not given: the program is /bin/true, which always succeeds.")
	}
	c.note(first(v.lines["checkcommand"], v.line), "checkcommand", "ldirector runs it as its script_user, where ldirectord runs it as root; one that cannot be run counts as failed, as before.")
	c.set(&p, v, "misc_path", migrate.Strings(command...), "checkcommand")
	c.set(&p, v, "misc_timeout", migrate.Duration(c.checkTimeout(v)), "checktimeout")
	return p
}

// bracketed writes an address as ldirectord passes it on.
func bracketed(a netip.Addr) string { return label(a, 0) }
