package ldirectord

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/internal/migrate"
)

// maxPersistence is the longest persistence that IPVS takes.
const maxPersistence = 31 * 24 * time.Hour

// virtualServer converts a section.
func (c *converter) virtualServer(v *virtual) {
	id := v.protocol + " " + v.title()
	if first := c.seen[id]; first != 0 {
		c.bad(v.line, v.keyword(), "%s is already there in line %d. Put the real servers into one section.", v.title(), first)
		return
	}
	c.seen[id] = v.line

	origin := c.from(v.line, v.keyword())
	if v.comment != "" {
		origin.Before = []string{v.comment}
	}
	b := c.doc.Block("virtual_server", []string{c.serverName(v)}, origin)
	b.NoTCP = v.protocol == protocolUDP || slices.ContainsFunc(v.reals, func(r real) bool { return v.destinationPort(r.method, r.port) == 0 })
	c.address(b, v)
	c.scheduler(b, v)
	b.Set("lb_kind", migrate.String(kind(v.mainMethod())), c.from(v.line, "real"))
	c.persistence(b, v)
	c.timing(b, v)
	if s, line := c.chosen(v, "quiescent"); s.quiescent {
		b.Set("inhibit_on_failure", migrate.Bool(true), c.from(line, "quiescent"))
		if v.persistent > 0 {
			c.note(line, "quiescent", "clients with persistence stay with a server of weight 0. To send them elsewhere, set the sysctl net.ipv4.vs.expire_quiescent_template to 1, as before.")
		}
	}
	c.fallbackCommand(b, v)
	c.monitoring(b, v)
	c.sorryServer(b, v)
	c.servers(b, v)
}

// title names the virtual in messages as ldirectord does.
func (v *virtual) title() string {
	switch {
	case v.mark != 0 && v.six:
		return fmt.Sprintf("fwmark %d IPv6", v.mark)
	case v.mark != 0:
		return fmt.Sprintf("fwmark %d", v.mark)
	default:
		return endpoint(v.addr, v.port)
	}
}

// endpoint writes an address and port, port 0 too.
func endpoint(addr netip.Addr, port uint16) string {
	return netip.AddrPortFrom(addr, port).String()
}

// serverName returns the name of a virtual server, which has to be unique.
func (c *converter) serverName(v *virtual) string {
	name := v.title()
	if v.protocol == protocolUDP {
		name += "/udp"
	}
	if given := v.serviceName; given != "" {
		if !c.taken[given] {
			name = given
		} else {
			c.assume(v.lines["servicename"], "servicename", "%q is the name of another virtual server already: this one is %q.", short(given), name)
		}
	}
	for i, base := 2, name; c.taken[name]; i++ {
		name = fmt.Sprintf("%s (%d)", base, i)
	}
	c.taken[name] = true
	return name
}

// address converts what the service is.
func (c *converter) address(b *migrate.Block, v *virtual) {
	from := c.from(v.line, v.keyword())
	if v.mark != 0 {
		b.Set("fwmark", migrate.Number(int64(v.mark)), from)
		if v.six {
			b.Set("ip_family", migrate.String("inet6"), from)
		}
	} else {
		b.Set("address", migrate.String(v.title()), from)
	}
	if v.protocol == protocolUDP {
		line := first(v.lines["protocol"], v.line)
		b.Set("protocol", migrate.String("UDP"), c.from(line, "protocol"))
		if !v.has("protocol") {
			c.fallBackTo(v.line, "protocol", "it is not given, and ldirectord takes UDP at port 53.")
		}
	}
	switch line := v.lines["ops"]; {
	case v.ops && v.protocol == protocolUDP:
		b.Set("ops", migrate.Bool(true), c.from(line, "ops"))
	case v.ops:
		c.assume(line, "ops", "ldirectord ignores it for anything but UDP, and so does the import.")
	}
}

// scheduler converts scheduler and schedflags.
func (c *converter) scheduler(b *migrate.Block, v *virtual) {
	line := v.lines["scheduler"]
	if line == 0 {
		c.fallBackTo(v.line, "scheduler", "it is not given: lb_algo is wrr.")
	}
	if !slices.Contains(ipvs.Schedulers(), v.scheduler) {
		c.bad(line, "scheduler", "ldirector knows no scheduler %q. Write one of %s.", short(v.scheduler), strings.Join(ipvs.Schedulers(), ", "))
	}
	b.Set("lb_algo", migrate.String(v.scheduler), c.from(first(line, v.line), "scheduler"))
	if v.scheduler == ipvs.SchedulerMH {
		c.note(line, "scheduler", "with mh ldirector keeps a failed server in the table with weight 0 and sets mh_fallback, so that all directors hash alike.")
	}
	if !v.has("schedflags") {
		return
	}
	line = v.lines["schedflags"]
	for flag := range strings.SplitSeq(v.schedFlags, ",") {
		family, _, _ := strings.Cut(flag, "-")
		switch flag {
		case "flag-1", "flag-2", "flag-3":
		case "sh-fallback", "sh-port", "mh-fallback", "mh-port":
			if family == v.scheduler {
				break
			}
			fallthrough
		default:
			c.bad(line, "schedflags", "ipvsadm refuses the flag %q with the scheduler %s. Remove it.", short(flag), v.scheduler)
			continue
		}
		b.Set(strings.ReplaceAll(flag, "-", "_"), migrate.Bool(true), c.from(line, "schedflags"))
	}
}

// kind is lb_kind for a forwarding method.
func kind(method string) string {
	switch method {
	case methodMasq:
		return "NAT"
	case methodIPIP:
		return "TUN"
	default:
		return "DR"
	}
}

// mainMethod is the method of most real servers.
func (v *virtual) mainMethod() string {
	count := make(map[string]int)
	best := ""
	for _, r := range v.reals {
		count[r.method]++
	}
	for _, r := range v.reals {
		if count[r.method] > count[best] {
			best = r.method
		}
	}
	if best == "" && v.fallback != nil {
		best = v.fallback.method
	}
	return best
}

// persistence converts persistent and netmask.
func (c *converter) persistence(b *migrate.Block, v *virtual) {
	line := v.lines["persistent"]
	maskLine := v.lines["netmask"]
	switch {
	case line != 0 && v.persistent == 0:
		c.bad(line, "persistent", "ipvsadm refuses the time 0, so that this service was never in the kernel's table. Write a number from 1, or remove the line.")
		return
	case seconds(v.persistent) > maxPersistence:
		c.bad(line, "persistent", "%d seconds are more than the kernel takes. Write at most %d, which are 31 days.", v.persistent, maxPersistence/time.Second)
		return
	case line == 0:
		if maskLine != 0 {
			c.assume(maskLine, "netmask", "ldirectord ignores it without persistent, and so does the import.")
		}
		return
	}
	b.Set("persistence_timeout", migrate.Duration(seconds(v.persistent)), c.from(line, "persistent"))
	if maskLine != 0 {
		c.netmask(b, v, maskLine)
	}
}

// netmask converts a mask of persistence.
func (c *converter) netmask(b *migrate.Block, v *virtual, line int) {
	if v.six {
		if _, err := netip.ParsePrefix("::/" + v.netmask); err != nil || v.netmask == "0" {
			c.bad(line, "netmask", "%q is no length of a prefix. Write a number from 1 to 128.", short(v.netmask))
			return
		}
	} else if mask, err := netip.ParseAddr(v.netmask); err != nil || !mask.Is4() || !contiguous(ipv4Number(mask)) {
		c.bad(line, "netmask", "%q is no netmask. Write one such as 255.255.255.0.", short(v.netmask))
		return
	}
	b.Set("persistence_granularity", migrate.String(v.netmask), c.from(line, "netmask"))
}

// contiguous tells whether a netmask is ones and then zeros, and not empty.
func contiguous(mask uint32) bool {
	return mask != 0 && ^mask&(^mask+1) == 0
}

// fallbackCommand converts the command that runs with the fallback server.
func (c *converter) fallbackCommand(b *migrate.Block, v *virtual) {
	s, line := c.chosen(v, "fallbackcommand")
	if line == 0 || s.fallbackCommand == "" {
		return
	}
	where := fmt.Sprintf(":%d", v.port) // what ldirectord passes for a mark
	if v.mark == 0 {
		where = v.title()
	}
	for _, at := range []struct{ attribute, word string }{{"quorum_down", "start"}, {"quorum_up", "stop"}} {
		b.Set(at.attribute, migrate.Strings(command(s.fallbackCommand, at.word, where, v.protocol)...), c.from(line, "fallbackcommand"))
	}
	c.note(line, "fallbackcommand", "it is quorum_down with the arguments that ldirectord gives it with start, and quorum_up with stop.")
}

// command returns a command line and more arguments as a list. ldirectord runs
// it by a shell if it has anything that a shell would understand.
func command(line string, args ...string) []string {
	if strings.ContainsAny(line, "|&;<>()$`\\\"'*?[]#~=%{}!^\n") {
		return []string{"/bin/sh", "-c", line + " " + strings.Join(args, " ")}
	}
	return append(strings.Fields(line), args...)
}

// monitoring reports what ldirectord writes about a virtual.
func (c *converter) monitoring(b *migrate.Block, v *virtual) {
	if line := v.lines["monitorfile"]; line != 0 {
		c.unsupported(line, "monitorfile", "ldirector writes no file of checks. Changes and their reasons are in its log; ldirector status shows the last ones. The file was %s.", v.monitorFile)
		b.Comment("monitorfile = " + v.monitorFile + " has no equivalent")
	}
	if line := v.lines["load"]; line != 0 {
		c.note(line, "load", "ldirectord reads it and does nothing with it.")
	}
	if line := v.lines["comment"]; line != 0 {
		c.note(line, "comment", "it is a comment in the result; it does not appear in mail.")
	}
}
