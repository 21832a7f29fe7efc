// Package mailbox probes servers that let people read their mail: IMAP4rev1
// (RFC 3501) and POP3 (RFC 1939).
package mailbox

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
	"github.com/ldirector/ldirector/healthcheck/probetls"
)

// A Protocol is how a mailbox is read.
type Protocol string

// The protocols.
const (
	IMAP Protocol = "imap"
	POP3 Protocol = "pop"
)

// A Config says what to ask.
type Config struct {
	Protocol Protocol

	// Login and Passwd are of an account that must be able to log in
	// (ldirectord: login, passwd). Without Login a good greeting is enough.
	Login, Passwd string

	// TLS speaks TLS from the first byte (ldirectord: imaps, pops), StartTLS
	// after a greeting in the clear (RFC 3501, section 6.2.1; RFC 2595,
	// section 4). TLSConfig has a meaning only with one of them.
	TLS, StartTLS bool
	TLSConfig     probetls.Config
}

// A Probe asks a mail server. A server that greets, and lets the account in, is
// healthy.
type Probe struct {
	config   Config
	security dialog.Security
}

// New returns a Probe, or why there cannot be one.
func New(c Config) (*Probe, error) {
	if c.Protocol != IMAP && c.Protocol != POP3 {
		return nil, fmt.Errorf("protocol %q is not known: it is %s or %s", c.Protocol, IMAP, POP3)
	}
	if c.Login == "" && c.Passwd != "" {
		return nil, errors.New("passwd needs login")
	}
	err := errors.Join(dialog.OneLine("login", c.Login), dialog.OneLine("passwd", c.Passwd))
	if err != nil {
		return nil, err
	}
	security, err := dialog.NewSecurity(c.TLS, c.StartTLS, c.TLSConfig)
	if err != nil {
		return nil, err
	}
	return &Probe{config: c, security: security}, nil
}

// Kind returns "imap_check" or "pop_check".
func (p *Probe) Kind() string { return string(p.config.Protocol) + "_check" }

// Prepare returns why the files that TLS needs cannot be used.
func (p *Probe) Prepare() error { return p.security.Prepare() }

// Probe connects and talks.
func (p *Probe) Probe(ctx context.Context, t healthcheck.Target, was healthcheck.State) (healthcheck.Result, error) {
	return dialog.Ask(ctx, p, t, was)
}

// Talk reads the greeting, logs in if there is an account, and logs out.
func (p *Probe) Talk(ctx context.Context, conn net.Conn, t healthcheck.Target, _ healthcheck.State) (healthcheck.Result, error) {
	c := dialog.New(ctx, conn, p.config.Passwd, quoted(p.config.Passwd))
	if p.security.Now {
		if err := c.Secure(ctx, p.security, t); err != nil {
			return healthcheck.Result{}, err
		}
	}
	var s session = &pop3{c}
	if p.config.Protocol == IMAP {
		s = &imap{c, 0}
	}
	if err := p.talk(ctx, c, s, t); err != nil {
		return healthcheck.Result{}, err
	}
	return healthcheck.Result{Warning: c.Warning}, nil
}

// A session is what the protocols have in common.
type session interface {
	greeting() error
	startTLS() error
	login(name, password string) error
	leave()
}

func (p *Probe) talk(ctx context.Context, c *dialog.Conn, s session, t healthcheck.Target) error {
	if err := s.greeting(); err != nil {
		return err
	}
	if p.security.Later {
		if err := s.startTLS(); err != nil {
			return err
		}
		if err := c.Secure(ctx, p.security, t); err != nil {
			return err
		}
	}
	if p.config.Login != "" {
		if err := s.login(p.config.Login, p.config.Passwd); err != nil {
			return err
		}
	}
	s.leave()
	return nil
}
