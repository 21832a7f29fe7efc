package keepalived

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ldirector/ldirector/internal/migrate"
)

// probed is what the checkers that are being translated belong to.
type probed struct {
	service, server *statement
	// port is the real server's as it was written, if the service's is used
	// instead; checkers go on to connect to it. 0: none.
	port uint16
}

// checkerRows are the checkers of a real_server.
func checkerRows() []keyword {
	return []keyword{
		block("TCP_CHECK", "tcp_check", checkerTable("TCP_CHECK", connectRows()), checker("tcp_check")),
		block("HTTP_GET", "http_get", checkerTable("HTTP_GET", connectRows(), httpRows()), httpCheck("http_get")),
		block("SSL_GET", "ssl_get", checkerTable("SSL_GET", connectRows(), httpRows()), httpCheck("ssl_get")),
		block("SMTP_CHECK", "smtp_check", checkerTable("SMTP_CHECK", connectRows(), smtpRows()), smtpCheck),
		block("DNS_CHECK", "dns_check", checkerTable("DNS_CHECK", connectRows(), []keyword{same("type", text), same("name", text)}), dnsCheck),
		block("MISC_CHECK", "misc_check", checkerTable("MISC_CHECK", commonRows(), miscRows()), miscCheck),
		block("PING_CHECK", "ping_check", checkerTable("PING_CHECK", pingRows()), checker("ping_check")),
		block("UDP_CHECK", "udp_check", checkerTable("UDP_CHECK", connectRows(), udpRows()), udpCheck),
		block("BFD_CHECK", "bfd_check", checkerTable("BFD_CHECK", []keyword{same("name", text), same("alpha", boolean)}), checker("bfd_check")),
		block("FILE_CHECK", "file_check", checkerTable("FILE_CHECK", fileRows()), checker("file_check")),
	}
}

func checkerTable(name string, rows ...[]keyword) *table {
	return &table{name: name, to: strings.ToLower(name), rows: slices.Concat(rows...)}
}

// connectRows are the options of checkers that connect.
func connectRows() []keyword {
	return slices.Concat([]keyword{
		same("connect_ip", text),
		row("connect_port", "connect_port", number("connect_port", 1, math.MaxUint16)),
		same("bindto", text),
		row("bind_port", "bind_port", number("bind_port", 1, math.MaxUint16)),
		same("bind_if", text),
		row("fwmark", "fwmark", number("fwmark", 0, math.MaxUint32)),
	}, commonRows())
}

// commonRows are the options of all checkers but FILE_CHECK and BFD_CHECK.
func commonRows() []keyword {
	return append(timingRows(0),
		row("nb_get_retry", "retry", number("retry", 0, 1000)).with("The old name of retry."),
		row("alpha", "alpha", boolean("alpha")),
		none("log_all_failures", migrate.Note, "There is no equivalent: the log has every change with its reason, ldirector status the last reason."),
	)
}

func httpRows() []keyword {
	return []keyword{
		block("url", "url", urlTable(), urlBlock),
		same("virtualhost", text),
		row("http_protocol", "http_protocol", httpProtocol),
		none("fast_recovery", migrate.Note, "It has no effect: all URLs are asked for in each probe, so that every recovery is fast."),
		row("enable_sni", "enable_sni", onlySSL(enabled("enable_sni"))).with("Without it nothing is sent: the import writes enable_sni = false."),
		row("sni_name", "sni_name", onlySSL(text("sni_name"))),
	}
}

func urlTable() *table {
	return &table{name: "url", to: "url", rows: []keyword{
		same("path", text), row("digest", "digest", digest), same("status_code", texts), same("virtualhost", text),
		row("regex", "regex", regex), same("regex_no_match", enabled), row("regex_options", "regex_options", regexOptions),
		row("regex_min_offset", "regex_min_offset", number("regex_min_offset", 0, math.MaxInt32)),
		row("regex_max_offset", "regex_max_offset", number("regex_max_offset", 0, math.MaxInt32)),
		none("regex_stack", migrate.Note, "There is no equivalent: matching needs no stack of a given size."),
		none("tls_compliant", migrate.Note, "There is no equivalent: the connection is reset when the answer is known."),
	}}
}

func smtpRows() []keyword {
	return []keyword{
		same("helo_name", text),
		block("host", "smtp_check, one for each", &table{name: "host", to: "smtp_check", rows: connectRows()}, nothing),
	}
}

func miscRows() []keyword {
	return []keyword{
		row("misc_path", "misc_path", command("misc_path")).with("A program that cannot be run counts as failed; in keepalived as good."),
		row("misc_timeout", "misc_timeout", seconds("misc_timeout", 0, maxPeriod)).with("Without it keepalived takes the virtual server's delay_loop: the import writes it."),
		row("misc_dynamic", "misc_dynamic", enabled("misc_dynamic")).with("The weight is the exit code minus 2."),
		same("user", texts),
	}
}

func udpRows() []keyword {
	return []keyword{
		same("payload", text),
		row("require_reply", "require_reply", requireReply),
		row("min_reply_length", "min_reply_length", number("min_reply_length", 0, math.MaxUint16)),
		row("max_reply_length", "max_reply_length", number("max_reply_length", 0, math.MaxUint16)),
	}
}

func fileRows() []keyword {
	return []keyword{
		same("track_file", text),
		row("weight", "weight", weighted),
	}
}

// checker writes a checker that needs nothing special.
func checker(name string) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		b := out.Block(name, nil, c.from(s))
		c.body(&b.Body, s)
		c.connectPort(b, s)
	}
}

// connectPort writes the port that keepalived connects to if it is not the
// one that the real server has here.
func (c *converter) connectPort(b *migrate.Block, s *statement) {
	known := s.row != nil && s.row.inner != nil && s.row.inner.find("connect_port") != nil
	if c.probed.port == 0 || !known || b.Has("connect_port") || b.Name == "ping_check" {
		return
	}
	c.explain(s, "keepalived asks the port that is written behind the real server, %d: connect_port keeps that.", c.probed.port)
	b.Set("connect_port", migrate.Number(int64(c.probed.port)), c.implied(s))
}

// inherits tells whether a real server or its virtual server says something.
func (c *converter) inherits(keyword string) bool {
	return c.probed.server.last(keyword) != nil || c.probed.service.last(keyword) != nil
}

// ordinarily writes the default of a kind of checker if nobody says more.
func (c *converter) ordinarily(b *migrate.Block, s *statement, name string, v migrate.Value, shown string) {
	if b.Has(name) || c.inherits(name) {
		return
	}
	c.explain(s, "its default for %s is %s.", name, shown)
	b.Set(name, v, c.implied(s))
}

// httpCheck writes http_get or ssl_get.
func httpCheck(name string) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		urls := s.all("url")
		good := slices.ContainsFunc(urls, func(u *statement) bool { return u.last("path") != nil })
		if !good {
			c.drop(out, s, migrate.Assumption, "it has no url with a path, so keepalived leaves it out, and so does the import.")
			return
		}
		b := out.Block(name, nil, c.from(s))
		c.checker = name
		if name == "ssl_get" && s.last("enable_sni") == nil {
			c.explain(s, "keepalived sends no name (SNI) unless it is told to: enable_sni = false keeps that.")
			b.Set("enable_sni", migrate.Bool(false), c.implied(s))
		}
		c.body(&b.Body, s)
		c.connectPort(b, s)
		c.ordinarily(b, s, "delay_before_retry", migrate.Duration(3*time.Second), "3 s")
		if len(urls) > 1 {
			c.report.Add(migrate.Note, s.at, s.words[0], "keepalived asks for one of its %d URLs in each delay_loop, in turn; here each probe asks for all, so that a failure is seen sooner.", len(urls))
		}
	}
}

// unverified writes what makes all probes take any certificate, as keepalived
// does, if one of the statements is for a probe that sees them.
func (c *converter) unverified(body []*statement) bool {
	for _, s := range body {
		if s.row != nil && s.row.name == "SSL_GET" {
			c.explain(s, "keepalived accepts any certificate: tls_verify = false in ssl keeps that. Without that line certificates are verified.")
			c.doc.One("ssl", c.implied(s)).Set("tls_verify", migrate.Bool(false), c.implied(s))
			return true
		}
		if c.unverified(s.body) {
			return true
		}
	}
	return false
}

// onlySSL leaves out what has no effect in HTTP_GET.
func onlySSL(apply applier) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		if c.checker == "http_get" {
			c.drop(out, s, migrate.Note, "it has no effect without TLS.")
			return
		}
		apply(c, out, s)
	}
}

// httpProtocol reads http_protocol, in which case does not matter.
func httpProtocol(c *converter, out *migrate.Body, s *statement) {
	if v, ok := c.value(s); ok {
		out.Set("http_protocol", migrate.String(strings.ToUpper(v)), c.from(s))
	}
}

// regexOptions reads the options of PCRE2. Those that change nothing for RE2 are
// left out.
func regexOptions(c *converter, out *migrate.Body, s *statement) {
	var known []string
	for _, option := range s.words[1:] {
		switch {
		case slices.Contains([]string{"caseless", "multiline", "dotall", "ungreedy"}, option):
			if !slices.Contains(known, option) {
				known = append(known, option)
			}
		case slices.Contains([]string{"utf", "ucp", "never_utf", "never_ucp", "never_backslash_c", "no_utf_check", "no_auto_capture", "no_auto_possess", "no_dotstar_anchor", "no_start_optimize", "dupnames"}, option):
			c.report.Add(migrate.Note, s.at, s.words[0], "%s makes no difference here.", option)
		default:
			c.report.Add(migrate.Unsupported, s.at, s.words[0], "there is no option %s. Say it in the expression itself.", option)
		}
	}
	if len(known) == 0 {
		c.quote(out, s, "keepalived: ")
		return
	}
	out.Set("regex_options", migrate.Strings(known...), c.from(s))
}

func urlBlock(c *converter, out *migrate.Body, s *statement) {
	if s.last("path") == nil {
		c.drop(out, s, migrate.Assumption, "it has no path, so keepalived leaves it out, and so does the import.")
		return
	}
	c.body(&out.Block("url", nil, c.from(s)).Body, s)
}

func digest(c *converter, out *migrate.Body, s *statement) {
	v, ok := c.value(s)
	if !ok {
		return
	}
	if !regexp.MustCompile(`^[0-9a-fA-F]{32}$`).MatchString(v) {
		c.drop(out, s, migrate.Assumption, "%q is not a digest of 32 hexadecimal digits. keepalived ignores it, and so does the import.", v)
		return
	}
	out.Set("digest", migrate.String(strings.ToLower(v)), c.from(s))
}

// regex reads a regular expression, which has its own quoting.
func regex(c *converter, out *migrate.Body, s *statement) {
	words, err := shellWords(s.text, true)
	if err != nil || len(words) < 2 {
		c.report.Add(migrate.Error, s.at, s.words[0], "the expression cannot be read: %v.", errOr(err))
		return
	}
	out.Set("regex", migrate.String(words[1]), c.from(s))
}

// smtpCheck writes one smtp_check, or one for each host.
func smtpCheck(c *converter, out *migrate.Body, s *statement) {
	hosts := s.all("host")
	if len(hosts) == 0 {
		checker("smtp_check")(c, out, s)
		return
	}
	c.report.Add(migrate.Note, s.at, s.words[0], "each of its hosts becomes an smtp_check of its own.")
	for _, h := range hosts {
		b := out.Block("smtp_check", nil, c.from(s))
		for _, i := range s.body {
			if i.row == nil || i.row.shape == valueShape {
				c.statement(&b.Body, i)
			}
		}
		b.Lead(h.before...)
		c.body(&b.Body, h)
		b.Comment(s.end...)
		c.connectPort(b, h)
	}
}

func dnsCheck(c *converter, out *migrate.Body, s *statement) {
	b := out.Block("dns_check", nil, c.from(s))
	c.body(&b.Body, s)
	c.connectPort(b, s)
	c.ordinarily(b, s, "retry", migrate.Number(3), "3")
	if b.Has("delay_before_retry") || c.inherits("delay_before_retry") {
		return
	}
	loop, shown := time.Minute, "60 s"
	for _, holder := range []*statement{s, c.probed.server, c.probed.service} {
		if l := holder.last("delay_loop"); l != nil {
			if d, ok := c.seconds(l, 1, minPeriod, maxPeriod); ok {
				loop, shown = d, migrate.FormatDuration(d)
				break
			}
		}
	}
	c.ordinarily(b, s, "delay_before_retry", migrate.Duration(loop), "delay_loop, "+shown)
}

func miscCheck(c *converter, out *migrate.Body, s *statement) {
	if s.last("misc_path") == nil {
		c.drop(out, s, migrate.Assumption, "it has no misc_path, so keepalived leaves it out, and so does the import.")
		return
	}
	b := out.Block("misc_check", nil, c.from(s))
	c.body(&b.Body, s)
	c.ordinarily(b, s, "retry", migrate.Number(0), "0")
	if !b.Has("misc_timeout") {
		timeout := time.Minute
		if l := c.probed.service.last("delay_loop"); l != nil {
			if d, ok := c.seconds(l, 1, minPeriod, maxPeriod); ok {
				timeout = d
			}
		}
		c.explain(s, "its default for misc_timeout is the virtual server's delay_loop, %s.", migrate.FormatDuration(timeout))
		b.Set("misc_timeout", migrate.Duration(timeout), c.implied(s))
	}
	c.report.Add(migrate.Note, s.at, s.words[0], "a program that cannot be run counts as failed here; keepalived takes it for good.")
}

// pingRows are connectRows, of which a ping has no use for ports.
func pingRows() []keyword {
	rows := connectRows()
	for i, k := range rows {
		if k.name == "connect_port" || k.name == "bind_port" {
			rows[i] = none(k.name, migrate.Note, "It has no effect in PING_CHECK.")
		}
	}
	return rows
}

// udpCheck writes a udp_check. keepalived looks at the length of replies only
// where it knows what they begin with.
func udpCheck(c *converter, out *migrate.Body, s *statement) {
	kept := *s
	if reply := s.last("require_reply"); reply == nil || len(reply.words) < 2 {
		kept.body = slices.Clone(s.body)
		kept.body = slices.DeleteFunc(kept.body, func(inner *statement) bool {
			unused := inner.row != nil && (inner.row.name == "min_reply_length" || inner.row.name == "max_reply_length")
			if unused {
				c.report.Add(migrate.Note, inner.at, inner.words[0], "it has no effect in keepalived without require_reply and digits, and is left out.")
			}
			return unused
		})
	}
	checker("udp_check")(c, out, &kept)
}

// requireReply reads "require_reply [HEX]".
func requireReply(c *converter, out *migrate.Body, s *statement) {
	if len(s.words) > 1 {
		out.Set("require_reply", migrate.String(s.words[1]), c.from(s))
		return
	}
	out.Set("require_reply", migrate.Bool(true), c.from(s))
}

// weighted reads "weight N [reverse]".
func weighted(c *converter, out *migrate.Body, s *statement) {
	n, ok := c.number(s, 1, math.MinInt32, math.MaxInt32)
	if !ok {
		return
	}
	out.Set("weight", migrate.Number(n), c.from(s))
	switch s.arg(2) {
	case "":
	case "reverse":
		out.Set("weight_reverse", migrate.Bool(true), c.implied(s))
	case "noreverse":
	default:
		c.extra(s, 2)
	}
}
