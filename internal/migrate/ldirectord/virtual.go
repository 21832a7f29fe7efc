package ldirectord

import (
	"net/netip"
	"strconv"
	"strings"
)

// virtual begins a section. It returns one even if its address is wrong, to
// find the errors inside it.
func (p *parser) virtual(value string, six bool, line int) *virtual {
	v := &virtual{
		settings:     settings{lines: make(map[string]int)},
		line:         line,
		six:          six,
		protocol:     protocolTCP,
		checkType:    checkNegotiate,
		checkCommand: "/bin/true",
		httpMethod:   "GET",
		scheduler:    "wrr",
	}
	p.file.virtuals = append(p.file.virtuals, v)
	text, rest, _ := strings.Cut(value, " ")
	if rest = strings.TrimSpace(rest); rest != "" && rest[0] != '#' {
		p.note(line, v.keyword(), "ldirectord ignores what follows %s: %q.", text, short(rest))
	}
	if made(text, "0123456789") {
		p.mark(v, text)
		return v
	}
	colon := strings.LastIndexByte(text, ':')
	if colon < 0 || !made(text[colon+1:], portChars) {
		p.bad(line, v.keyword(), "%q has no port. Write ADDRESS:PORT, or a firewall mark, a number alone; without a port ldirectord takes the first digits for a firewall mark.", short(text))
		return v
	}
	v.host, v.portName = text[:colon], text[colon+1:]
	if !p.hostForm(v.host, six) {
		p.bad(line, v.keyword(), "%q is no %s address. Write %s.", short(v.host), v.family(), v.example())
		v.host = ""
		return v
	}
	if v.portName == "53" || v.portName == "domain" {
		v.protocol = protocolUDP
	}
	return v
}

// mark reads a firewall mark.
func (p *parser) mark(v *virtual, text string) {
	v.protocol = protocolMark
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n == 0 {
		p.bad(v.line, v.keyword(), "%s is no firewall mark. Write a number from 1 to 4294967295, or ADDRESS:PORT.", short(text))
		n = 1
	}
	v.mark = uint32(n)
}

// keyword is the word that begins the section.
func (v *virtual) keyword() string {
	if v.six {
		return "virtual6"
	}
	return "virtual"
}

func (v *virtual) example() string {
	if v.six {
		return "[2001:db8::1]:80"
	}
	return "192.0.2.1:80, and virtual6= for IPv6"
}

// hostForm tells whether text looks like a host: an address, in brackets for
// IPv6, or a name.
func (p *parser) hostForm(text string, six bool) bool {
	if inner, ok := unbracket(text); ok {
		return six && made(inner, "0123456789abcdefABCDEF:.")
	}
	return made(text, hostChars)
}

// unbracket removes the brackets around an IPv6 address.
func unbracket(text string) (inner string, ok bool) {
	if len(text) < 2 || text[0] != '[' || text[len(text)-1] != ']' {
		return text, false
	}
	return text[1 : len(text)-1], true
}

// host returns the address that text is or names.
func (p *parser) host(text string, six bool, line int, option string) (netip.Addr, bool) {
	inner, bracketed := unbracket(text)
	addr, err := netip.ParseAddr(inner)
	switch {
	case err == nil && addr.Is6() == six && addr.Zone() == "" && bracketed == six:
		return addr, true
	case err == nil && addr.Is6() && !bracketed:
		p.bad(line, option, "%q needs brackets. Write [%s].", text, addr)
	case err == nil, bracketed, made(inner, "0123456789."):
		p.bad(line, option, "%q is not an %s address. Write one of that family.", short(text), familyName(six))
	default:
		if addr, err = p.names.Host(text, six); err == nil {
			p.assume(line, option, "the name %s is %s here and now; ldirector has the address, and does not follow the name if it changes.", text, addr)
			return addr, true
		}
		p.bad(line, option, "%s.", err)
	}
	return netip.Addr{}, false
}

func familyName(six bool) string {
	if six {
		return "IPv6"
	}
	return "IPv4"
}

// port returns the port that text is or names; no protocol stands for any.
func (p *parser) port(text, protocol string, line int, option string) (uint16, bool) {
	if made(text, "0123456789") {
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			p.bad(line, option, "%s is not a port. Write a number from 0 to 65535.", short(text))
		}
		return uint16(n), err == nil
	}
	n, err := p.names.Service(text, protocol)
	if err != nil {
		p.bad(line, option, "%s.", err)
		return 0, false
	}
	p.note(line, option, "the service %s is port %d here.", text, n)
	return n, true
}

// resolve does what needs the whole of a section: names depend on the
// protocol, which may be given behind them.
func (p *parser) resolve(v *virtual) {
	if v.host == "" {
		return
	}
	v.addr, _ = p.host(v.host, v.six, v.line, v.keyword())
	v.port, _ = p.port(v.portName, v.protocol, v.line, v.keyword())
}
