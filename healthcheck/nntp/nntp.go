// Package nntp probes news servers (RFC 3977).
package nntp

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
	"github.com/ldirector/ldirector/healthcheck/probetls"
)

// A Config says what to ask.
type Config struct {
	// Login and Passwd are sent with AUTHINFO (RFC 4643) if there is a Login.
	Login, Passwd string

	// Request is a newsgroup that the server must have; "" for none.
	Request string

	// Receive is a regular expression that the answer to GROUP has to match,
	// without a Request the greeting; "" for anything.
	Receive string

	// TLS speaks TLS from the first byte, StartTLS after a greeting in the
	// clear (RFC 4642). TLSConfig has a meaning only with one of them.
	TLS, StartTLS bool
	TLSConfig     probetls.Config
}

// A Probe asks a news server. A server that greets with 200 or 201, and gives
// the answers that the Config wants, is healthy.
type Probe struct {
	config   Config
	receive  dialog.Pattern
	security dialog.Security
}

// New returns a Probe, or why there cannot be one.
func New(c Config) (*Probe, error) {
	if c.Login == "" && c.Passwd != "" {
		return nil, errors.New("passwd needs login")
	}
	if strings.ContainsAny(c.Request, " \t") {
		return nil, errors.New("request must be the name of one newsgroup")
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

// Kind returns "nntp_check".
func (*Probe) Kind() string { return "nntp_check" }

// Prepare returns why the files that TLS needs cannot be used.
func (p *Probe) Prepare() error { return p.security.Prepare() }

// Probe connects and talks.
func (p *Probe) Probe(ctx context.Context, t healthcheck.Target, was healthcheck.State) (healthcheck.Result, error) {
	return dialog.Ask(ctx, p, t, was)
}

// Talk reads the greeting, logs in, asks for the newsgroup and leaves.
func (p *Probe) Talk(ctx context.Context, conn net.Conn, t healthcheck.Target, _ healthcheck.State) (healthcheck.Result, error) {
	c := dialog.New(ctx, conn, p.config.Passwd)
	if p.security.Now {
		if err := c.Secure(ctx, p.security, t); err != nil {
			return healthcheck.Result{}, err
		}
	}
	if err := p.talk(ctx, c, t); err != nil {
		return healthcheck.Result{}, err
	}
	return healthcheck.Result{Warning: c.Warning}, nil
}

func (p *Probe) talk(ctx context.Context, c *dialog.Conn, t healthcheck.Target) error {
	answer, err := expect(c, "greeting", "200", "201")
	if err != nil {
		return err
	}
	if p.security.Later {
		if _, err := command(c, "STARTTLS", "STARTTLS", "382"); err != nil {
			return err
		}
		if err := c.Secure(ctx, p.security, t); err != nil {
			return err
		}
	}
	if p.config.Login != "" {
		if err := p.login(c); err != nil {
			return err
		}
	}
	if p.config.Request != "" {
		if answer, err = command(c, "group", "GROUP "+p.config.Request, "211"); err != nil {
			return err
		}
	}
	if !p.receive.Match(answer) {
		return p.receive.Mismatch(c, answer)
	}
	c.Leave("QUIT\r\n")
	return nil
}

// login sends name and password, RFC 4643, section 2.3.
func (p *Probe) login(c *dialog.Conn) error {
	answer, err := command(c, "login", "AUTHINFO USER "+p.config.Login, "281", "381")
	if err != nil || code(answer) == "281" {
		return err
	}
	_, err = command(c, "login", "AUTHINFO PASS "+p.config.Passwd, "281")
	return err
}

// command sends a command and returns the answer, which has one of the codes.
func command(c *dialog.Conn, what, text string, codes ...string) (string, error) {
	if err := c.Send(text + "\r\n"); err != nil {
		return "", err
	}
	return expect(c, what, codes...)
}

// expect returns the next answer, which has one of the codes.
func expect(c *dialog.Conn, what string, codes ...string) (string, error) {
	answer, err := c.Line()
	if err != nil {
		return "", err
	}
	for _, want := range codes {
		if code(answer) == want {
			return answer, nil
		}
	}
	return "", c.Unexpected(what, answer)
}

// code returns the code that an answer begins with.
func code(answer string) string {
	digits, _, _ := strings.Cut(answer, " ")
	return digits
}
