package ldirectord

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ldirector/ldirector/internal/migrate"
)

// negotiate is a check that speaks the service's language. nil means that there
// is none, or an error.
func (c *converter) negotiate(v *virtual, r real) []probe {
	request, receive := v.question(r)
	p := c.probe(v, "", "service")
	if !v.has("service") {
		c.byPort(v)
	}
	ok := true
	switch service := v.checkedService(); service {
	case "http", "https", "http_proxy":
		return c.web(v, r, request, receive)
	case "dns":
		ok = c.dns(&p, v, r, request, receive)
	case "smtp", "submission":
		p.name = "smtp_check"
	case "simpletcp":
		p.name = "tcp_check"
		c.simpleTCP(&p, v, r, request, receive)
	case "mysql", "pgsql", "oracle":
		ok = c.sql(&p, v, r, request)
	case "ldap", "ldaps":
		p.name = "ldap_check"
		c.account(&p, v)
		c.text(&p, v, "base", strings.TrimPrefix(request, "/"), "request")
		c.receive(&p, v, r, "receive", receive)
		c.shorter(&p, v)
	case "ftp":
		p.name = "ftp_check"
		c.account(&p, v)
		c.set(&p, v, "request", migrate.String(request), "request")
		c.receive(&p, v, r, "receive", receive)
	case "radius":
		p.name = "radius_check"
		c.account(&p, v)
		c.text(&p, v, "secret", v.secret, "secret")
		c.shorter(&p, v)
	case "sip":
		p.name = "sip_check"
		c.account(&p, v)
		if v.protocol == protocolTCP {
			c.set(&p, v, "transport", migrate.String("tcp"), "protocol")
		}
	case serviceNone:
		c.assume(first(v.lines["service"], v.lines["checktype"], v.line), "service", "nothing is checked, because the service is none: every real server is always up, as before. Add a tcp_check, or say checktype = on to show that it is meant.")
		return nil
	default: // pop, pops, imap, imaps, nntp
		p.name = strings.TrimSuffix(service, "s") + "_check"
		c.account(&p, v)
	}
	if slices.Contains([]string{"ldaps", "imaps", "pops"}, v.checkedService()) {
		c.set(&p, v, "tls", migrate.Bool(true), "service")
		c.unverified(&p, v)
	}
	if !ok || !c.target(&p, v, r) {
		return nil
	}
	return []probe{p}
}

// maxRedirects is how many redirections ldirectord follows at most.
const maxRedirects = 7

// unverified writes what makes a probe take any certificate, as ldirectord does.
func (c *converter) unverified(p *probe, v *virtual) {
	c.fallBackTo(first(v.lines["service"], v.line), "service", "ldirectord accepts any certificate: tls_verify = false keeps that. Without that line certificates are verified.")
	c.set(p, v, "tls_verify", migrate.Bool(false), "service")
	c.set(p, v, "enable_sni", migrate.Bool(false), "service")
}

// simpleTCP sends the request, ends its half of the connection and looks at one
// line after the other.
func (c *converter) simpleTCP(p *probe, v *virtual, r real, request, receive string) {
	if text := strings.ReplaceAll(strings.TrimPrefix(request, "/"), `\n`, "\n"); text != "" {
		c.set(p, v, "send", migrate.String(text), "request")
		c.set(p, v, "half_close", migrate.Bool(true), "service")
	}
	if receive == "" {
		receive = "^" // any line
	}
	c.receive(p, v, r, "expect", receive)
	c.set(p, v, "lines", migrate.Bool(true), "service")
}

// question returns what is asked and what the answer has to match: a pair of
// the real server comes before the virtual's.
func (v *virtual) question(r real) (request, receive string) {
	request, receive = v.request, v.receive
	if r.hasPair {
		request, receive = r.request, r.receive
	}
	if !strings.HasPrefix(request, "/") {
		request = "/" + request
	}
	return request, receive
}

// byPort reports that the service was chosen by the port.
func (c *converter) byPort(v *virtual) {
	if service := v.checkedService(); service != serviceNone {
		c.fallBackTo(v.line, "service", "it is not given, and ldirectord expects %s at port %d.", service, v.port)
	}
}

// account adds login and passwd. ldirectord has defaults for them only where
// the service is given.
func (c *converter) account(p *probe, v *virtual) {
	login, passwd := v.login, v.passwd
	switch {
	case v.service == "ftp":
		if login == "" {
			login = "anonymous"
			c.fallBackTo(v.line, "login", "it is not given: login is anonymous.")
		}
		if passwd == "" {
			passwd = "ldirector@localhost"
			c.fallBackTo(v.line, "passwd", "it is not given: it is %s, where ldirectord has the name of its host.", passwd)
		}
	case v.service == "sip" && login == "":
		login = "ldirector@localhost"
		c.fallBackTo(v.line, "login", "it is not given: it is %s, where ldirectord has the name of its host.", login)
	}
	c.text(p, v, "login", login, "login")
	c.text(p, v, "passwd", passwd, "passwd")
}

// text adds a text that is not empty.
func (c *converter) text(p *probe, v *virtual, name, text, option string) {
	if text != "" {
		c.set(p, v, name, migrate.String(text), option)
	}
}

// shorter sets the time-out of checks for which ldirectord takes checktimeout
// although they are negotiate checks.
func (c *converter) shorter(p *probe, v *virtual) {
	if t := min(c.checkTimeout(v), c.negotiateTimeout(v)); t != c.negotiateTimeout(v) {
		c.set(p, v, "connect_timeout", migrate.Duration(t), "checktimeout")
	}
}

// receive adds a regular expression that the answer has to match.
func (c *converter) receive(p *probe, v *virtual, r real, name, pattern string) {
	if pattern == "" {
		return
	}
	c.pattern(v, r, pattern)
	c.set(p, v, name, migrate.String(pattern), "receive")
}

// pattern reports a regular expression of Perl that ldirector does not have.
func (c *converter) pattern(v *virtual, r real, pattern string) {
	line := v.lines["receive"]
	if r.hasPair {
		line = r.line
	}
	if _, err := regexp.Compile(pattern); err != nil {
		c.assume(line, "receive", "ATTENTION: %q is a regular expression of Perl that ldirector does not understand. Write it without look-around and back-references before you use it.", short(pattern))
	}
}

// web is an http_get or ssl_get.
func (c *converter) web(v *virtual, r real, request, receive string) []probe {
	p := c.probe(v, "http_get", "service")
	if v.checkedService() == "https" {
		p.name = "ssl_get"
		c.unverified(&p, v)
	}
	if !c.webTarget(&p, v, r, &request) {
		return nil
	}
	set := func(name string, value migrate.Value, option string) {
		p.url = append(p.url, arg{name, value, c.from(first(v.lines[option], v.line), option)})
	}
	set("path", migrate.String(request), "request")
	if v.virtualHost != "" {
		set("virtualhost", migrate.String(v.virtualHost), "virtualhost")
	}
	if v.httpMethod != "GET" {
		c.set(&p, v, "method", migrate.String(v.httpMethod), "httpmethod")
	}
	if receive != "" {
		c.pattern(v, r, receive)
		set("regex", migrate.String(receive), "receive")
	}
	if v.virtualHost == "" && v.checkedService() != "http_proxy" {
		c.note(first(v.lines["service"], v.line), "virtualhost", "it is not given: ldirectord asks for the address of the real server alone, ldirector for the address and port. Set virtualhost if the web server cares.")
	}
	c.set(&p, v, "redirects", migrate.Number(maxRedirects), "service")
	c.note(first(v.lines["service"], v.line), "service", "ldirectord follows redirects and judges where they lead: redirects = %d keeps that, but for those to other servers, which fail. Without that line the first answer counts.", maxRedirects)
	return []probe{p}
}

// webTarget adds where to ask, and makes request what to ask for. A request
// that is a URL goes to the host in it, and to a proxy it is all passed on.
func (c *converter) webTarget(p *probe, v *virtual, r real, request *string) bool {
	absolute := strings.TrimPrefix(*request, "/")
	if v.checkedService() == "http_proxy" {
		*request = absolute
		return c.target(p, v, r)
	}
	if !r.hasPair || !strings.HasPrefix(absolute, v.checkedService()+"://") {
		return c.target(p, v, r)
	}
	u, err := url.Parse(absolute)
	if err != nil || u.Hostname() == "" {
		c.bad(r.line, "real", "the request %q is no URL. Write a path, or a URL such as http://192.0.2.1:80/path.", short(absolute))
		return false
	}
	six := strings.Contains(u.Hostname(), ":")
	addr, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		var ok bool
		if addr, ok = c.host(u.Hostname(), six, r.line, "real"); !ok {
			return false
		}
	}
	port := portOf(v.checkedService())
	if u.Port() != "" {
		n, err := strconv.ParseUint(u.Port(), 10, 16)
		if err != nil || n == 0 {
			c.bad(r.line, "real", "the request %q has no valid port. Write one from 1 to 65535.", short(absolute))
			return false
		}
		port = uint16(n)
	}
	c.set(p, v, "connect_ip", migrate.String(addr.String()), "real")
	c.set(p, v, "connect_port", migrate.Number(int64(port)), "real")
	*request = u.RequestURI()
	c.note(r.line, "real", "the check asks %s instead of the real server, because its request is a URL.", u.Host)
	return true
}

// dns is a check that looks a name or an address up.
func (c *converter) dns(p *probe, v *virtual, r real, request, receive string) bool {
	p.name = "dns_check"
	name := strings.TrimPrefix(request, "/")
	if name == "" || receive == "" {
		c.bad(first(v.lines["service"], v.line), "service", "a check of dns needs request, the name to look up, and receive, an address that the answer has; without them ldirectord counts every server as down. Write both.")
		return false
	}
	kind := "A"
	if addr, err := netip.ParseAddr(name); err == nil {
		kind, name = "PTR", reverse(addr)
	}
	c.set(p, v, "type", migrate.String(kind), "request")
	c.set(p, v, "name", migrate.String(name), "request")
	c.receive(p, v, r, "regex", receive)
	return true
}

// reverse returns the name under which an address is looked up.
func reverse(addr netip.Addr) string {
	var b strings.Builder
	bytes := addr.AsSlice()
	slices.Reverse(bytes)
	for _, n := range bytes {
		if addr.Is4() {
			b.WriteString(strconv.Itoa(int(n)) + ".")
			continue
		}
		b.WriteString(strconv.FormatUint(uint64(n&15), 16) + "." + strconv.FormatUint(uint64(n>>4), 16) + ".")
	}
	if addr.Is4() {
		return b.String() + "in-addr.arpa"
	}
	return b.String() + "ip6.arpa"
}

// sql is a check by a query.
func (c *converter) sql(p *probe, v *virtual, r real, request string) bool {
	service := v.checkedService()
	p.name = service + "_check"
	query := strings.TrimPrefix(request, "/")
	if v.login == "" || query == "" {
		c.bad(first(v.lines["service"], v.line), "service", "a check of %s needs login, and request with a query; without them ldirectord counts every server as down. Write both.", service)
		return false
	}
	c.account(p, v)
	c.text(p, v, "database", v.database, "database")
	c.set(p, v, "request", migrate.String(query), "request")
	if r.hasPair && r.receive != "" || v.receive != "" {
		c.note(first(v.lines["receive"], r.line), "receive", "it has no effect for %s: any row is good.", service)
	}
	return true
}
