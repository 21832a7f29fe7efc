// Package smtp asks mail servers (RFC 5321) for their greeting and whether they
// would go on: it says EHLO, or HELO if that is refused, and QUIT.
//
// keepalived's SMTP_CHECK says only HELO, and fails for greetings of several
// lines, which are good here.
package smtp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"unicode"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
	"github.com/ldirector/ldirector/healthcheck/probetls"
)

// A Config says how to ask.
type Config struct {
	// HeloName is what this host calls itself (keepalived: helo_name, there
	// smtpchecker.keepalived.org by default); "" for the address that the
	// connection comes from, as an address literal.
	HeloName string

	// TLS says that TLS is spoken from the first byte (RFC 8314, section 3.3),
	// StartTLS that it must begin after EHLO (RFC 3207).
	TLS, StartTLS bool

	// TLSConfig has a meaning only with one of them.
	TLSConfig probetls.Config
}

// A Probe asks a mail server and is immutable.
type Probe struct {
	helo     string
	security dialog.Security
}

var (
	_ healthcheck.Talker   = (*Probe)(nil)
	_ healthcheck.Preparer = (*Probe)(nil)
)

// New returns a probe that asks as c says.
func New(c Config) (*Probe, error) {
	bad := func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsGraphic(r) || r == ' ' }
	if len(c.HeloName) > 255 || strings.ContainsFunc(c.HeloName, bad) {
		return nil, fmt.Errorf("helo_name %.300q is no name for a mail server: write a domain name, or an address as [192.0.2.1]", c.HeloName)
	}
	security, err := dialog.NewSecurity(c.TLS, c.StartTLS, c.TLSConfig)
	if err != nil {
		return nil, err
	}
	return &Probe{helo: c.HeloName, security: security}, nil
}

// Kind returns "smtp_check".
func (*Probe) Kind() string { return "smtp_check" }

// Prepare returns why the files that TLS needs cannot be used.
func (p *Probe) Prepare() error { return p.security.Prepare() }

// Probe connects to the target and asks it.
func (p *Probe) Probe(ctx context.Context, t healthcheck.Target, was healthcheck.State) (healthcheck.Result, error) {
	return dialog.Ask(ctx, p, t, was)
}

// Talk asks the target over conn.
func (p *Probe) Talk(ctx context.Context, conn net.Conn, t healthcheck.Target, _ healthcheck.State) (healthcheck.Result, error) {
	c := dialog.New(ctx, conn)
	if p.security.Now {
		if err := c.Secure(ctx, p.security, t); err != nil {
			return healthcheck.Result{}, err
		}
	}
	if err := p.converse(ctx, c, t, p.name(conn)); err != nil {
		return healthcheck.Result{}, err
	}
	c.Leave("QUIT\r\n")
	return healthcheck.Result{Warning: c.Warning}, nil
}

// converse talks until the target has shown that it is healthy.
func (p *Probe) converse(ctx context.Context, c *dialog.Conn, t healthcheck.Target, name string) error {
	greeting, err := read(c)
	if err = want(c, "greeting", greeting, err, ready); err != nil {
		return err
	}
	hello, err := ask(c, "EHLO "+name)
	if err == nil && hello.refused() && !p.security.Later {
		hello, err = ask(c, "HELO "+name)
		return want(c, "HELO", hello, err, completed)
	}
	if err = want(c, "EHLO", hello, err, completed); err != nil || !p.security.Later {
		return err
	}
	return p.startTLS(ctx, c, t, name, hello)
}

// startTLS speaks TLS, and the greeting anew: RFC 3207, section 4.2.
func (p *Probe) startTLS(ctx context.Context, c *dialog.Conn, t healthcheck.Target, name string, hello reply) error {
	if !hello.startTLS {
		return errors.New("the server does not offer STARTTLS")
	}
	agreed, err := ask(c, "STARTTLS")
	if err = want(c, "STARTTLS", agreed, err, ready); err != nil {
		return err
	}
	if err := c.Secure(ctx, p.security, t); err != nil {
		return err
	}
	again, err := ask(c, "EHLO "+name)
	return want(c, "EHLO over TLS", again, err, completed)
}

// name returns what this host calls itself (RFC 5321, section 4.1.3).
func (p *Probe) name(conn net.Conn) string {
	if p.helo != "" {
		return p.helo
	}
	local := "127.0.0.1"
	if addr := conn.LocalAddr(); addr != nil {
		local = addr.String()
	}
	ap, err := netip.ParseAddrPort(local)
	switch {
	case err != nil:
		return "[127.0.0.1]"
	case ap.Addr().Unmap().Is6():
		return "[IPv6:" + ap.Addr().WithZone("").String() + "]"
	default:
		return "[" + ap.Addr().Unmap().String() + "]"
	}
}
