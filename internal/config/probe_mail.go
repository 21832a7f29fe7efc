package config

import (
	"github.com/ldirector/ldirector/healthcheck/mailbox"
	"github.com/ldirector/ldirector/healthcheck/smtp"
)

func smtpCheckBlock() *block {
	return &block{name: "smtp_check", keeps: []string{"SMTP_CHECK"},
		args: []argument{
			{name: "helo_name", kind: kindText, inherits: "the source address", keeps: []string{"helo_name"}},
			tlsArgument(), starttlsArgument(),
		},
		groups: append(portGroups(), tlsGroup()),
		probe: &probeKind{at: atPort, decode: func(c *content, p *probe) {
			s := c.security()
			cfg := smtp.Config{TLS: s.now, StartTLS: s.later, TLSConfig: s.config}
			cfg.HeloName, _ = c.text("helo_name")
			ask(c, p, cfg, smtp.New)
		}},
	}
}

// mailboxBlock is imap_check or pop_check.
func mailboxBlock(name string, protocol mailbox.Protocol) *block {
	return &block{name: name,
		args:   append(accountArguments(), tlsArgument(), starttlsArgument()),
		groups: append(portGroups(), tlsGroup()),
		probe: &probeKind{at: atPort, decode: func(c *content, p *probe) {
			s := c.security()
			cfg := mailbox.Config{Protocol: protocol, TLS: s.now, StartTLS: s.later, TLSConfig: s.config}
			cfg.Login, cfg.Passwd = c.account()
			ask(c, p, cfg, mailbox.New)
		}},
	}
}

// accountArguments are those of probes that log in.
func accountArguments() []argument {
	return []argument{{name: "login", kind: kindText}, {name: "passwd", kind: kindText}}
}

// account reads them.
func (c *content) account() (login, passwd string) {
	login, _ = c.text("login")
	passwd, _ = c.text("passwd")
	switch {
	case c.given("login") && login == "":
		c.bad("login", "Empty name", "login is empty. Write the name of an account, or leave it out.")
	case c.given("passwd") && !c.given("login") && !c.isWrong("login"):
		c.bad("passwd", "Argument without effect", "passwd is for a login, and there is none. Add login, or remove passwd.")
	}
	return login, passwd
}
