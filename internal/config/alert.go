package config

import (
	"crypto/x509"
	"maps"
	"net"
	"net/http"
	"net/mail"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"golang.org/x/net/http/httpguts"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/internal/alert"
	"github.com/ldirector/ldirector/internal/plan"
)

// An AlertFile is a file that sending alerts needs.
type AlertFile struct {
	Path         string
	Certificates bool // it has authorities, and no secret
	At           hcl.Range
}

// decodeAlerts reads the blocks of global that say who hears of events.
func (l *loader) decodeAlerts(global *content) {
	a := &l.config.Alerts
	a.RouterID = l.config.Global.RouterID
	if b := global.one("email"); b != nil {
		l.mail = true
		a.Email = l.decodeEmail(b)
	}
	names := make(map[string]hcl.Range)
	for b := range global.all("webhook") {
		name, at := label(b)
		if l.checkName("webhook", name, at, names) {
			a.Webhooks = append(a.Webhooks, l.decodeWebhook(name, b))
		}
	}
	clear(names)
	for b := range global.all("alert_command") {
		name, at := label(b)
		if !l.checkName("alert_command", name, at, names) {
			continue
		}
		c := l.open(b, l.root.child("global").child("alert_command"))
		command := alert.Command{Name: name, Command: c.command("command"), User: l.config.Global.ScriptUser, Selected: c.selection()}
		command.Timeout, _ = c.duration("timeout")
		a.Commands = append(a.Commands, command)
	}
}

// decodeEmail reads the block email.
func (l *loader) decodeEmail(b *hcl.Block) *alert.Email {
	c := l.open(b, l.root.child("global").child("email"))
	e := &alert.Email{Server: c.mailServer(), From: c.mailAddress("from"), To: c.mailAddresses("to"), HeloName: c.heloName(), Choice: c.choice()}
	e.ConnectTimeout, _ = c.duration("connect_timeout")
	e.Digest, _ = c.duration("digest")
	e.MaxPerHour, _ = c.number("max_per_hour")
	e.User, _ = c.text("user")
	e.Security = c.mailSecurity()
	e.Password = c.secretText("password")
	switch {
	case c.given("password") && !c.given("user") && !c.isWrong("user"):
		c.bad("password", "Missing argument", "There is no user that the password belongs to. Add user, or remove password.")
	case c.given("user") && !c.given("password") && !c.isWrong("password"):
		c.bad("user", "Missing argument", "There is no password for the user. Add password = \"file:/etc/ldirector/smtp.password\", or remove user.")
	case c.given("user") && e.Security == alert.Clear:
		c.contradict("user", "tls", "The password would travel in the clear. Remove tls, or user and password.")
	}
	if e.Security == alert.Clear {
		c.needTLS("tls_verify")
		c.needTLS("ca")
	}
	// Whoever can show a wrong certificate can also hide STARTTLS: to demand a
	// right one keeps no secret then, and would lose mail where the server has
	// one of its own making, as Debian's have.
	e.Trust = c.trust(e.Security != alert.Offered || c.given("ca"))
	return e
}

// mailSecurity reads how TLS is spoken with the mail server.
func (c *content) mailSecurity() alert.Security {
	word, ok := c.text("tls")
	switch {
	case word == "starttls", !ok && c.given("user"):
		return alert.StartTLS
	case word == "implicit":
		return alert.Implicit
	case word == "none":
		return alert.Clear
	default:
		return alert.Offered
	}
}

// needTLS reports an argument that has no effect without TLS.
func (c *content) needTLS(name string) {
	if c.given(name) {
		c.contradict(name, "tls", "Without TLS there are no certificates. Remove one of them.")
	}
}

// mailServer reads "HOST[:PORT]".
func (c *content) mailServer() string {
	text, ok := c.text("smtp_server")
	if !ok {
		return ""
	}
	host, port := text, "25"
	if h, p, err := net.SplitHostPort(text); err == nil {
		host, port = h, p
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	n, err := strconv.ParseUint(port, 10, 16)
	if host == "" || err != nil || n == 0 || strings.ContainsAny(host, " /\\[]") || strings.Contains(host, ":") && net.ParseIP(host) == nil {
		c.bad("smtp_server", "Invalid server", "smtp_server is %q. Write a name or an address, and a port behind a colon if it is not 25, such as \"mail.example.com:587\" or \"[2001:db8::25]:25\".", text)
		return ""
	}
	return net.JoinHostPort(host, port)
}

// heloName reads the name that the mail server is greeted with.
func (c *content) heloName() string {
	name, ok := c.text("helo_name")
	if ok && (name == "" || strings.ContainsAny(name, " <>")) {
		c.bad("helo_name", "Invalid name", "helo_name is %q. Write the name of this host, such as \"lvs1.example.com\", or leave it out.", name)
	}
	return name
}

// mailAddress reads an argument that is one address, with a name before it if
// wanted.
func (c *content) mailAddress(name string) string {
	text, ok := c.text(name)
	if !ok {
		return ""
	}
	if _, err := mail.ParseAddress(text); err != nil {
		c.bad(name, "Invalid mail address", "%s is %q. Write for example \"lvs@example.com\", or \"The directors <lvs@example.com>\".", name, text)
		return ""
	}
	return text
}

func (c *content) mailAddresses(name string) []string {
	elements, ok := c.list(name)
	if ok && len(elements) == 0 && c.given(name) {
		c.bad(name, "Nobody to send mail to", "%s is empty. Write at least one address, or remove the block.", name)
	}
	var all []string
	for _, e := range elements {
		_, err := mail.ParseAddress(e.text)
		switch {
		case err != nil || strings.ContainsFunc(e.text, isControl):
			c.badElement(name, e, "Invalid mail address", "%q is no address. Write for example \"ops@example.com\", or \"Operations <ops@example.com>\".", e.text)
		case slices.Contains(all, e.text):
			c.badElement(name, e, "Duplicate address", "%s is there twice. Remove one of them.", e.text)
		default:
			all = append(all, e.text)
		}
	}
	return all
}

// choice reads whose changes are worth a mail. Unset means VRRP no, virtual
// servers no, real servers yes, as in keepalived.
func (c *content) choice() alert.Choice {
	choice := alert.Choice{RealServers: true}
	if all, ok := c.boolean("smtp_alert"); ok {
		choice = alert.Choice{VRRP: all, VirtualServers: all, RealServers: all}
	}
	if vrrp, ok := c.boolean("smtp_alert_vrrp"); ok {
		choice.VRRP = vrrp
	}
	if checker, ok := c.boolean("smtp_alert_checker"); ok {
		choice.VirtualServers, choice.RealServers = checker, checker
	}
	choice.NoFaults, _ = c.boolean("no_email_faults")
	return choice
}

// decodeWebhook reads one webhook block.
func (l *loader) decodeWebhook(name string, b *hcl.Block) alert.Webhook {
	c := l.open(b, l.root.child("global").child("webhook"))
	w := alert.Webhook{Name: name, URL: c.secretText("url"), Token: c.secretText("token"), Headers: c.headers(), Selected: c.selection(), Trust: c.trust(true)}
	if w.URL != "" && !strings.HasPrefix(w.URL, "file:") {
		if err := alert.CheckURL(w.URL); err != nil {
			c.bad("url", "Invalid address", "%s. Write for example \"https://hooks.example.com/lvs\".", err)
		}
	}
	w.Method, _ = c.text("method")
	w.Timeout, _ = c.duration("timeout")
	w.Digest, _ = c.duration("digest")
	w.Body, _ = c.text("body")
	if _, own := w.Headers["Authorization"]; own && c.given("token") {
		c.contradict("token", "headers", "The token is sent as the header Authorization, which is there already. Remove one of them.")
	}
	switch {
	case !c.given("body"):
	case w.Body == "":
		c.bad("body", "Empty template", "body is empty. Write a template, or leave it out to send the whole message as JSON.")
	case !c.isWrong("headers"):
		if err := w.Check(); err != nil {
			c.bad("body", "Invalid template", "body: %s.", err)
		}
	}
	return w
}

// headers reads the headers of a request, with their names in the usual form.
func (c *content) headers() map[string]string {
	headers := make(map[string]string)
	given := c.texts("headers")
	for _, name := range slices.Sorted(maps.Keys(given)) {
		canonical := http.CanonicalHeaderKey(name)
		_, twice := headers[canonical]
		switch {
		case !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(given[name]):
			c.bad("headers", "Invalid header", "%q and its value cannot be a header of HTTP. Write names of letters, digits and hyphens, and values without line breaks.", name)
			return nil
		case twice:
			c.bad("headers", "Duplicate header", "%s is there twice. Remove one of them.", canonical)
			return nil
		}
		headers[canonical] = given[name]
	}
	return headers
}

// selection reads which events are wanted.
func (c *content) selection() alert.Selection {
	words, ok := c.words("events")
	if ok && len(words) > 1 && slices.Contains(words, alert.All) {
		c.bad("events", "Words without effect", "events has %q, which has all others in it. Remove them, or %q.", alert.All, alert.All)
	}
	return words
}

// trust reads which certificates are good; verify is what holds if tls_verify
// does not say it.
func (c *content) trust(verify bool) alert.Trust {
	if said, ok := c.boolean("tls_verify"); ok {
		verify = said
	}
	t := alert.Trust{Any: !verify, CA: c.file("ca")}
	if t.CA != "" {
		if t.Any && !c.isWrong("tls_verify") && !c.isWrong("ca") {
			c.contradict("ca", "tls_verify", "Nothing is verified. Remove one of them.")
		}
		c.l.config.AlertFiles = append(c.l.config.AlertFiles, AlertFile{t.CA, true, c.where("ca")})
	}
	return t
}

// secretText reads a secret, which may stand in a file.
func (c *content) secretText(name string) string {
	text, ok := c.text(name)
	file, apart := strings.CutPrefix(text, "file:")
	switch {
	case !ok:
	case text == "":
		c.bad(name, "Empty text", "%s is empty. Write it, or leave it out.", name)
	case apart && !path.IsAbs(file):
		c.bad(name, "Relative path", "The file depends on the daemon's working directory. Write an absolute path, such as \"file:/etc/ldirector/%s\".", name)
	case apart:
		c.l.config.AlertFiles = append(c.l.config.AlertFiles, AlertFile{file, false, c.where(name)})
	}
	return text
}

// smtpAlert reads whether there is mail for an object; nil: it does not say.
func (c *content) smtpAlert() *bool {
	value, ok := c.boolean("smtp_alert")
	if !ok {
		return nil
	}
	if value && !c.l.mail {
		c.bad("smtp_alert", "Argument without effect", "There is no email in global, so that no mail can be sent. Add it, or remove smtp_alert.")
	}
	return &value
}

// A saidAlert is what an object says of mail about it.
type saidAlert struct {
	object alert.Object
	mail   bool
}

// sayAlert notes what an object says.
func (l *loader) sayAlert(object alert.Object, mail *bool) {
	email := l.config.Alerts.Email
	if mail == nil || email == nil {
		return
	}
	if email.Choice.Said == nil {
		email.Choice.Said = make(map[alert.Object]bool)
	}
	email.Choice.Said[object] = *mail
}

// sayAlert notes what a real server says.
func (s *service) sayAlert(srv *server, dest ipvs.Destination) {
	if srv.mail != nil {
		s.alerts = append(s.alerts, saidAlert{alert.Object{VirtualServer: s.vs.Name, RealServer: plan.Endpoint(dest.Addr)}, *srv.mail})
	}
}

// prepareAlerts finds out whether the files can be used.
func (cfg *Config) prepareAlerts() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, f := range cfg.AlertFiles {
		text, err := os.ReadFile(f.Path)
		detail := ""
		switch {
		case err != nil:
			detail = err.Error()
		case f.Certificates && !x509.NewCertPool().AppendCertsFromPEM(text):
			detail = f.Path + " holds no certificate"
		case len(strings.TrimSpace(string(text))) == 0:
			detail = f.Path + " is empty"
		default:
			continue
		}
		diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "File cannot be used", Detail: detail + ".", Subject: &f.At})
	}
	return diags
}
