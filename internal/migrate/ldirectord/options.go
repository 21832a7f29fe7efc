package ldirectord

import (
	"slices"
	"strings"
)

// A place says where an option may stand.
type place uint8

const (
	atTop place = 1 << iota
	inVirtual
	anywhere = atTop | inVirtual
)

// An option is one option of ldirectord.
type option struct {
	name  string
	place place
	// becomes is what stands for it in the configuration of ldirector, for
	// docs/migration-ldirectord.md; "" if nothing does.
	becomes string
	// apply reads the value; v is nil at the top.
	apply func(p *parser, v *virtual, a argument)
}

// settings returns where an option that may stand anywhere belongs.
func (p *parser) settings(v *virtual) *settings {
	if v == nil {
		return &p.file.settings
	}
	return &v.settings
}

// options returns all options, those for the top first.
func options() []option {
	return slices.Concat(topOptions(), sharedOptions(), checkOptions(), serviceOptions())
}

func topOptions() []option {
	return []option{
		{"autoreload", atTop, "", func(p *parser, _ *virtual, a argument) { p.file.autoreload = p.choice(a) }},
		{"callback", atTop, "", func(p *parser, _ *virtual, a argument) { p.file.callback = p.quoted(a) }},
		{"emailalertfrom", atTop, "global email from", func(p *parser, _ *virtual, a argument) { p.file.mailFrom = p.nonEmpty(a) }},
		{"execute", atTop, "", func(p *parser, _ *virtual, a argument) {
			a.text = p.plain(a)
			p.file.execute = append(p.file.execute, a)
		}},
		{"fork", atTop, "", func(p *parser, _ *virtual, a argument) { p.file.fork = p.choice(a) }},
		{"logfile", atTop, "", func(p *parser, _ *virtual, a argument) { p.file.logfile = p.quoted(a) }},
		{"maintenancedir", atTop, "", func(p *parser, _ *virtual, a argument) { p.file.maintenanceDir = p.nonEmpty(a) }},
		{"readdquiescent", atTop, "", func(p *parser, _ *virtual, a argument) { p.file.readdQuiescent = p.choice(a) }},
		{"supervised", atTop, "", func(p *parser, _ *virtual, a argument) {
			if !a.missing {
				p.choice(a)
			}
		}},
	}
}

func sharedOptions() []option {
	return []option{
		{"checkcount", anywhere, "ping_check retry", positive(func(s *settings) *int { return &s.checkCount })},
		{"checkinterval", anywhere, "delay_loop", positive(func(s *settings) *int { return &s.checkInterval })},
		{"checktimeout", anywhere, "connect_timeout", positive(func(s *settings) *int { return &s.checkTimeout })},
		{"cleanstop", anywhere, "ipvs on_exit", func(p *parser, v *virtual, a argument) { p.settings(v).cleanStop = p.choice(a) }},
		{"emailalert", anywhere, "global email to", func(p *parser, v *virtual, a argument) { p.settings(v).mailTo = p.plain(a) }},
		{"emailalertfreq", anywhere, "", func(p *parser, v *virtual, a argument) { p.settings(v).mailEvery, _ = p.number(a, 0) }},
		{"emailalertstatus", anywhere, "", func(p *parser, v *virtual, a argument) { p.settings(v).mailStates = p.mailStates(a) }},
		{"failurecount", anywhere, "retry", positive(func(s *settings) *int { return &s.failureCount })},
		{"fallback", anywhere, "sorry_server", func(p *parser, v *virtual, a argument) {
			if f := p.fallback(v, a, false); f != nil {
				p.settings(v).fallback = f
			}
		}},
		{"fallback6", anywhere, "sorry_server", func(p *parser, v *virtual, a argument) {
			f := p.fallback(v, a, true)
			switch {
			case f == nil:
			case v == nil:
				p.file.fallback6 = f
			default:
				v.fallback = f
			}
		}},
		{"fallbackcommand", anywhere, "quorum_down", func(p *parser, v *virtual, a argument) { p.settings(v).fallbackCommand = p.plain(a) }},
		{"negotiatetimeout", anywhere, "connect_timeout", positive(func(s *settings) *int { return &s.negotiateTimeout })},
		{"quiescent", anywhere, "inhibit_on_failure", func(p *parser, v *virtual, a argument) { p.settings(v).quiescent = p.choice(a) }},
		{"smtp", anywhere, "global email smtp_server", func(p *parser, v *virtual, a argument) { p.settings(v).smtp = p.word(a, hostChars) }},
	}
}

// positive reads a positive number into a field.
func positive(field func(*settings) *int) func(*parser, *virtual, argument) {
	return func(p *parser, v *virtual, a argument) {
		if n, ok := p.number(a, 1); ok {
			*field(p.settings(v)) = n
		}
	}
}

// nonEmpty reads all of the line.
func (p *parser) nonEmpty(a argument) string {
	if a.text == "" {
		p.bad(a.line, a.option, "the value is missing. Write one, or remove the line.")
	}
	return a.text
}

// mailStates reads the states of ldirectord in which it sends mail.
func (p *parser) mailStates(a argument) []string {
	states := strings.FieldsFunc(a.text, func(r rune) bool { return r == ',' || r == ' ' })
	for _, s := range states {
		switch s {
		case "all", "none", "starting", "running", "stopping", "reloading":
		default:
			p.bad(a.line, a.option, "%q is no state. Write all, none, or a list of starting, running, stopping and reloading.", short(s))
		}
	}
	if len(states) > 1 && slices.Contains(states, "none") {
		p.bad(a.line, a.option, "none cannot stand beside other states. Write none alone, or the other states.")
	}
	return states
}

func checkOptions() []option {
	text := func(field func(*virtual) *string) func(*parser, *virtual, argument) {
		return func(p *parser, v *virtual, a argument) { *field(v) = p.quoted(a) }
	}
	return []option{
		{"checkcommand", inVirtual, "misc_check misc_path", func(p *parser, v *virtual, a argument) { v.checkCommand = p.plain(a) }},
		{"checkport", inVirtual, "connect_port", func(p *parser, v *virtual, a argument) {
			if n, ok := p.number(a, 1); ok && n > 65535 {
				p.bad(a.line, a.option, "%d is not a port. Write a number from 1 to 65535.", n)
			} else {
				v.checkPort = uint16(n)
			}
		}},
		{"checktype", inVirtual, "tcp_check", func(p *parser, v *virtual, a argument) { p.checkType(v, a) }},
		{"database", inVirtual, "mysql_check database", text(func(v *virtual) *string { return &v.database })},
		{"httpmethod", inVirtual, "http_get method", func(p *parser, v *virtual, a argument) {
			v.httpMethod = strings.ToUpper(p.word(a, alnum))
			if v.httpMethod != "GET" && v.httpMethod != "HEAD" {
				p.bad(a.line, a.option, "%q is neither GET nor HEAD. Write one of them.", short(a.text))
			}
		}},
		{"load", inVirtual, "", text(func(*virtual) *string { return new(string) })},
		{"login", inVirtual, "mysql_check login", text(func(v *virtual) *string { return &v.login })},
		{"passwd", inVirtual, "mysql_check passwd", text(func(v *virtual) *string { return &v.passwd })},
		{"receive", inVirtual, "http_get url regex", text(func(v *virtual) *string { return &v.receive })},
		{"request", inVirtual, "http_get url path", text(func(v *virtual) *string { return &v.request })},
		{"secret", inVirtual, "radius_check secret", text(func(v *virtual) *string { return &v.secret })},
		{"service", inVirtual, "http_get", func(p *parser, v *virtual, a argument) {
			v.service = p.word(a, alnum+"_")
			if !slices.ContainsFunc(services(), func(s servicePort) bool { return s.service == v.service }) {
				p.bad(a.line, a.option, "ldirectord cannot check %q. Write one of %s.", short(a.text), serviceNames())
			}
		}},
		{"virtualhost", inVirtual, "http_get virtualhost", func(p *parser, v *virtual, a argument) {
			v.virtualHost, _, _ = strings.Cut(strings.TrimPrefix(a.text, `"`), `"`)
		}},
	}
}

// serviceNames lists the services for messages.
func serviceNames() string {
	var names []string
	for _, s := range services() {
		names = append(names, s.service)
	}
	return strings.Join(names, ", ")
}

// checkType reads how a virtual is checked. A number anywhere in it means so
// many connects before each negotiate.
func (p *parser) checkType(v *virtual, a argument) {
	if strings.ContainsAny(a.text, "0123456789") {
		v.checkType = checkCombined
		v.connects, _ = p.number(a, 0)
		return
	}
	v.checkType = p.word(a, alnum+"_-")
	switch v.checkType {
	case checkNegotiate, checkConnect, checkPing, checkExternal, checkExternalPerl, checkOn, checkOff:
	default:
		p.bad(a.line, a.option, "%q is no type of check. Write negotiate, connect, ping, external, external-perl, on, off or a number.", short(a.text))
	}
}

func serviceOptions() []option {
	realServer := func(p *parser, v *virtual, a argument) {
		if p.rightFamily(v, a, strings.HasSuffix(a.option, "6")) {
			p.real(v, a)
		}
	}
	return []option{
		{"comment", inVirtual, "", func(_ *parser, v *virtual, a argument) { v.comment = a.text }},
		{"monitorfile", inVirtual, "", func(p *parser, v *virtual, a argument) { v.monitorFile = p.plain(a) }},
		{"netmask", inVirtual, "persistence_granularity", func(_ *parser, v *virtual, a argument) { v.netmask = a.text }},
		{"ops", inVirtual, "ops", func(p *parser, v *virtual, a argument) { v.ops = p.choice(a) }},
		{"persistent", inVirtual, "persistence_timeout", func(p *parser, v *virtual, a argument) { v.persistent, _ = p.number(a, 0) }},
		{"protocol", inVirtual, "protocol", func(p *parser, v *virtual, a argument) { p.protocol(v, a) }},
		{"real", inVirtual, "real_server", realServer},
		{"real6", inVirtual, "real_server", realServer},
		{"schedflags", inVirtual, "sh_port", func(p *parser, v *virtual, a argument) { v.schedFlags, _, _ = strings.Cut(p.nonEmpty(a), " ") }},
		{"scheduler", inVirtual, "lb_algo", func(p *parser, v *virtual, a argument) { v.scheduler = p.word(a, lower) }},
		{"servicename", inVirtual, "virtual_server", func(_ *parser, v *virtual, a argument) { v.serviceName = a.text }},
	}
}

// protocol reads the protocol, which has to suit the kind of virtual.
func (p *parser) protocol(v *virtual, a argument) {
	word := p.word(a, alnum+"_")
	switch {
	case v.protocol == protocolMark && word != protocolMark:
		p.bad(a.line, a.option, "%q does not suit a firewall mark. Write fwm, or remove the line.", short(a.text))
	case v.protocol != protocolMark && word != protocolTCP && word != protocolUDP:
		p.bad(a.line, a.option, "%q does not suit an address and port. Write tcp or udp.", short(a.text))
	default:
		v.protocol = word
	}
}

// rightFamily reports an option of the other address family than the section.
func (p *parser) rightFamily(v *virtual, a argument, six bool) bool {
	if six == v.six {
		return true
	}
	name := strings.TrimSuffix(a.option, "6")
	if v.six {
		name += "6"
	}
	p.bad(a.line, a.option, "this virtual is for %s. Write %s here.", v.family(), name)
	return false
}
