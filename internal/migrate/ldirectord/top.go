package ldirectord

import (
	"net"
	"net/mail"
	"slices"
	"strings"

	"github.com/ldirector/ldirector/internal/migrate"
)

// top converts what stands at the top, and says what is different throughout.
func (c *converter) top() {
	f := c.file
	c.mail()
	c.onExit()
	if !f.has("quiescent") && slices.ContainsFunc(f.virtuals, func(v *virtual) bool { return !v.has("quiescent") }) {
		c.fallBackTo(0, "quiescent", "it is not given, and the program then takes a failed server out of the table, although its manual says that it sets the weight 0. So inhibit_on_failure is not set. Set it where you want weight 0.")
	}
	if !f.has("checkinterval") {
		c.fallBackTo(0, "checkinterval", "it is not given: delay_loop is 10s.")
	}
	c.note(0, "checkinterval", "ldirectord checks one server after the other and then sleeps for checkinterval, so that its real period is longer, the more so when servers hang. ldirector checks every server each delay_loop, all at the same time.")
	c.note(0, "", "both programs take a real server into service after its first good check. ldirectord adds each one for a moment before that check, and takes it out again; ldirector waits. A server that the kernel has in service at the start stays there in both.")
	c.note(0, "", "both programs start from the kernel's table as it is and correct it. ldirector also reads it again every 30 seconds, and repairs what was changed by hand.")
	c.daemon()
}

// daemon reports the options about the program itself.
func (c *converter) daemon() {
	f := c.file
	if line := f.lines["autoreload"]; f.autoreload {
		c.unsupported(line, "autoreload", "ldirector does not watch its files. Run ldirector reload after a change: it checks the file, shows what changes and keeps the old configuration if there is an error.")
	} else if line != 0 {
		c.note(line, "autoreload", "no is what ldirector does: it loads its configuration when asked, by ldirector reload.")
	}
	if line := f.lines["callback"]; line != 0 {
		c.unsupported(line, "callback", "nothing is run when the file changes. Let the tool that writes the file also copy it, before ldirector reload. The command was %s.", f.callback)
	}
	for _, a := range f.execute {
		c.unsupported(a.line, "execute", "one ldirector does the work of all. Import %s too, and put both results into the directory /etc/ldirector.", a.text)
	}
	if line := f.lines["fork"]; line != 0 {
		c.note(line, "fork", "it needs nothing: ldirector always checks all servers at the same time, in one process.")
	}
	if line := f.lines["logfile"]; line != 0 {
		c.note(line, "logfile", "ldirector logs to its standard error, which the journal keeps under systemd: journalctl -u ldirector instead of %s.", f.logfile)
	}
	if line := f.lines["supervised"]; line != 0 {
		c.note(line, "supervised", "it needs nothing: ldirector run always stays in the foreground.")
	}
	if line := f.lines["maintenancedir"]; line != 0 {
		c.unsupported(line, "maintenancedir", "files in %s take no server out of service. Use ldirector drain or ldirector disable, and ldirector enable to end it; until your version has them, set weight = 0 and reload.", f.maintenanceDir)
	}
	if line := f.lines["readdquiescent"]; line != 0 {
		if f.readdQuiescent {
			c.note(line, "readdquiescent", "ldirector always puts back what was removed by hand.")
		} else {
			c.assume(line, "readdquiescent", "ldirector puts back what was removed by hand, as with readdquiescent = yes. To end all persistent connections of a server, remove it from the configuration and reload.")
		}
	}
}

// onExit converts cleanstop, which ldirector has for all services together.
func (c *converter) onExit() {
	var keep bool
	var remove []*virtual
	line := c.file.lines["cleanstop"]
	for _, v := range c.file.virtuals {
		s, at := c.chosen(v, "cleanstop")
		line = first(line, at)
		if at != 0 && !s.cleanStop {
			keep = true
		} else {
			remove = append(remove, v)
		}
	}
	if !keep {
		if line != 0 {
			c.note(line, "cleanstop", "yes is what ldirector does: it removes its services when it stops.")
		}
		return
	}
	c.doc.One("ipvs", c.from(line, "cleanstop")).Set("on_exit", migrate.String("keep"), c.from(line, "cleanstop"))
	for _, v := range remove {
		c.assume(v.line, "cleanstop", "ldirector keeps all services when it stops or none. It keeps all, because others here are kept; ldirectord would remove this one.")
	}
}

// mail converts the options about mail, which ldirector has for all services
// together.
func (c *converter) mail() {
	to, line := c.recipients()
	if len(to) == 0 {
		c.mailWithout()
		return
	}
	b := c.doc.One("global", c.from(line, "emailalert")).Block("email", nil, c.from(line, "emailalert"))
	smtp, at := c.mailServer()
	b.Set("smtp_server", migrate.String(net.JoinHostPort(smtp, "25")), c.from(at, "smtp"))
	if from := c.file.mailFrom; from != "" {
		b.Set("from", migrate.String(c.mailAddress(c.file.lines["emailalertfrom"], "emailalertfrom", from)), c.from(c.file.lines["emailalertfrom"], "emailalertfrom"))
	}
	b.Set("to", migrate.Strings(to...), c.from(line, "emailalert"))
	for _, s := range c.allSettings() {
		if line := s.lines["emailalertfreq"]; line != 0 && s.mailEvery > 0 {
			c.unsupported(line, "emailalertfreq", "ldirector mails changes, and no reminders while a server stays down. Let your monitoring ask ldirector status or /metrics.")
		} else if line != 0 {
			c.note(line, "emailalertfreq", "0 is what ldirector does: it sends no reminders.")
		}
		if line := s.lines["emailalertstatus"]; line != 0 && !slices.Contains(s.mailStates, "all") {
			c.assume(line, "emailalertstatus", "ldirector does not choose by its own state: it mails every change of a real server.")
		} else if line != 0 {
			c.note(line, "emailalertstatus", "all is what ldirector does.")
		}
	}
}

// allSettings returns the settings at the top and of every virtual.
func (c *converter) allSettings() []*settings {
	all := []*settings{&c.file.settings}
	for _, v := range c.file.virtuals {
		all = append(all, &v.settings)
	}
	return all
}

// recipients returns who gets mail, and the first line that says so. A virtual
// whose emailalertstatus is none sends no mail.
func (c *converter) recipients() (to []string, line int) {
	silent := func(s *settings) bool { return slices.Equal(s.mailStates, []string{"none"}) }
	own := false
	for _, s := range c.allSettings() {
		at := s.lines["emailalert"]
		if at == 0 || silent(s) {
			continue
		}
		own = own || s != &c.file.settings
		line = first(line, at)
		for _, address := range addresses(s.mailTo) {
			address = c.mailAddress(at, "emailalert", address)
			if !slices.Contains(to, address) {
				to = append(to, address)
			}
		}
	}
	if own {
		c.assume(line, "emailalert", "ldirector has one list of recipients for all services: everybody who is named in the file gets all mail.")
	}
	return to, line
}

// mailAddress returns an address that ldirector takes.
func (c *converter) mailAddress(line int, option, text string) string {
	address, local := migrate.MailAddress(text)
	if local {
		c.assume(line, option, migrate.LocalMail, text, address)
	}
	return address
}

// addresses takes a list of addresses apart.
func addresses(list string) []string {
	var parts []string
	parsed, err := mail.ParseAddressList(list)
	for _, a := range parsed {
		if a.Name == "" {
			parts = append(parts, a.Address)
		} else {
			parts = append(parts, a.String())
		}
	}
	if err == nil {
		return parts
	}
	for part := range strings.SplitSeq(list, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// mailServer returns the host that takes mail.
func (c *converter) mailServer() (host string, line int) {
	for _, s := range c.allSettings() {
		at := s.lines["smtp"]
		switch {
		case at == 0:
		case host == "":
			host, line = s.smtp, at
		case s.smtp != host:
			c.assume(at, "smtp", "ldirector has one mail server for all services: %s.", host)
		}
	}
	if host == "" {
		host = "localhost"
		c.assume(0, "smtp", "it is not given, and ldirectord then uses a mail program of this host. ldirector speaks SMTP itself, to localhost.")
	}
	return host, line
}

// mailWithout reports options about mail that nobody gets.
func (c *converter) mailWithout() {
	for _, s := range c.allSettings() {
		for _, option := range []string{"emailalert", "emailalertfreq", "emailalertfrom", "emailalertstatus", "smtp"} {
			if line := s.lines[option]; line != 0 {
				c.note(line, option, "it has no effect: no mail is sent, because nobody is named in emailalert, or emailalertstatus is none.")
			}
		}
	}
}
