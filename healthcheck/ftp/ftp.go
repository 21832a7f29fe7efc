// Package ftp probes FTP servers (RFC 959).
package ftp

import (
	"context"
	"errors"
	"net"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
	"github.com/ldirector/ldirector/healthcheck/probetls"
)

// A Config says what to ask.
type Config struct {
	// Login and Passwd are of an account that must be able to log in, such as
	// anonymous with a mail address (ldirectord: login, passwd). Without Login
	// a good greeting is enough.
	Login, Passwd string

	// Request is a file that the server must have (ldirectord: request); "" for
	// none. It needs a Login. More than 1 MiB counts as a failure.
	Request string

	// Receive is a regular expression that the file has to match (ldirectord:
	// receive); "" for anything.
	Receive string

	// TLS speaks TLS from the first byte, StartTLS after a greeting in the
	// clear (RFC 4217). Files come over TLS too, in a new session: a server
	// that wants the session of the control connection there refuses it.
	// TLSConfig has a meaning only with one of them.
	TLS, StartTLS bool
	TLSConfig     probetls.Config
}

// A Probe asks an FTP server. A server that greets with 220, lets the account
// in and sends the file is healthy.
//
// Files come in passive mode (RFC 2428; RFC 959), always from the address of
// the target, whatever address the server names.
type Probe struct {
	config   Config
	receive  dialog.Pattern
	security dialog.Security
}

// New returns a Probe, or why there cannot be one.
func New(c Config) (*Probe, error) {
	switch {
	case c.Login == "" && c.Passwd != "":
		return nil, errors.New("passwd needs login")
	case c.Login == "" && c.Request != "":
		return nil, errors.New("request needs login, such as anonymous")
	case c.Request == "" && c.Receive != "":
		return nil, errors.New("receive needs request, a file")
	}
	receive, receiveErr := dialog.NewPattern(c.Receive)
	security, securityErr := dialog.NewSecurity(c.TLS, c.StartTLS, c.TLSConfig)
	err := errors.Join(receiveErr, securityErr, dialog.OneLine("login", c.Login), dialog.OneLine("passwd", c.Passwd),
		dialog.OneLine("request", c.Request))
	if err != nil {
		return nil, err
	}
	return &Probe{config: c, receive: receive, security: security}, nil
}

// Kind returns "ftp_check".
func (*Probe) Kind() string { return "ftp_check" }

// Prepare returns why the files that TLS needs cannot be used.
func (p *Probe) Prepare() error { return p.security.Prepare() }

// Probe connects and talks.
func (p *Probe) Probe(ctx context.Context, t healthcheck.Target, was healthcheck.State) (healthcheck.Result, error) {
	return dialog.Ask(ctx, p, t, was)
}

// Talk reads the greeting, logs in, fetches the file and leaves.
func (p *Probe) Talk(ctx context.Context, conn net.Conn, t healthcheck.Target, _ healthcheck.State) (healthcheck.Result, error) {
	s := &session{dialog.New(ctx, conn, p.config.Passwd)}
	if p.security.Now {
		if err := s.Secure(ctx, p.security, t); err != nil {
			return healthcheck.Result{}, err
		}
	}
	if err := p.talk(ctx, s, t); err != nil {
		return healthcheck.Result{}, err
	}
	return healthcheck.Result{Warning: s.Warning}, nil
}

func (p *Probe) talk(ctx context.Context, s *session, t healthcheck.Target) error {
	if err := s.greeting(); err != nil {
		return err
	}
	if p.security.Later {
		if _, err := s.command("AUTH TLS", "AUTH TLS", 234); err != nil {
			return err
		}
		if err := s.Secure(ctx, p.security, t); err != nil {
			return err
		}
	}
	if p.config.Login != "" {
		if err := s.login(p.config.Login, p.config.Passwd); err != nil {
			return err
		}
	}
	if p.config.Request != "" {
		file, err := p.fetch(ctx, s, t)
		if err != nil {
			return err
		}
		if !p.receive.Match(file) {
			return p.receive.Mismatch(s.Conn, file)
		}
	}
	s.Leave("QUIT\r\n")
	return nil
}
