// Package pgsql probes servers that speak the frontend/backend protocol 3.0 of
// PostgreSQL (https://www.postgresql.org/docs/current/protocol.html), such as
// PostgreSQL, PgBouncer and CockroachDB.
package pgsql

import (
	"cmp"
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
	// Login and Passwd are of a role, which must be able to log in
	// (ldirectord: login, passwd): with SCRAM-SHA-256, MD5, a password in the
	// clear, or none.
	Login, Passwd string

	// Database is what the role connects to (ldirectord: database); "" for the
	// one that is named as the role.
	Database string

	// Request is a query that must return at least one row (ldirectord:
	// request); "" for SELECT 1.
	Request string

	// Receive is a regular expression that the first column of one of the rows
	// has to match; "" for anything.
	Receive string

	// TLS speaks TLS once the server has agreed, as TLSConfig says.
	TLS       bool
	TLSConfig probetls.Config
}

// A Probe asks with a query. A server that lets the role in, and returns a row,
// is healthy.
//
// Without Login, a server that wants the role "ldirector" to prove who it is,
// lets it in, or does not know it or its database, is healthy. One that has no
// connection left, starts or stops says so instead.
type Probe struct {
	config   Config
	receive  dialog.Pattern
	security dialog.Security
}

// New returns a Probe, or why there cannot be one.
func New(c Config) (*Probe, error) {
	if c.Login == "" && (c.Passwd != "" || c.Database != "" || c.Request != "" || c.Receive != "") {
		return nil, errors.New("passwd, database, request and receive need login")
	}
	if strings.Contains(c.Request, "\x00") {
		return nil, errors.New("request must not have zero bytes")
	}
	receive, receiveErr := dialog.NewPattern(c.Receive)
	security, securityErr := dialog.NewSecurity(c.TLS, false, c.TLSConfig)
	err := errors.Join(receiveErr, securityErr, dialog.OneLine("login", c.Login), dialog.OneLine("passwd", c.Passwd),
		dialog.OneLine("database", c.Database))
	if err != nil {
		return nil, err
	}
	return &Probe{config: c, receive: receive, security: security}, nil
}

// Kind returns "pgsql_check".
func (*Probe) Kind() string { return "pgsql_check" }

// Prepare returns why the files that TLS needs cannot be used.
func (p *Probe) Prepare() error { return p.security.Prepare() }

// Probe connects and talks.
func (p *Probe) Probe(ctx context.Context, t healthcheck.Target, was healthcheck.State) (healthcheck.Result, error) {
	return dialog.Ask(ctx, p, t, was)
}

// Talk logs in, queries and leaves.
func (p *Probe) Talk(ctx context.Context, conn net.Conn, t healthcheck.Target, _ healthcheck.State) (healthcheck.Result, error) {
	s := &session{dialog.New(ctx, conn, p.config.Passwd)}
	if err := p.talk(ctx, s, t); err != nil {
		return healthcheck.Result{}, err
	}
	return healthcheck.Result{Warning: s.Warning}, nil
}

func (p *Probe) talk(ctx context.Context, s *session, t healthcheck.Target) error {
	if p.security.Now {
		if err := p.secure(ctx, s, t); err != nil {
			return err
		}
	}
	role := cmp.Or(p.config.Login, "ldirector")
	if err := s.start(role, p.config.Database); err != nil {
		return err
	}
	a := &authentication{session: s, role: role, password: p.config.Passwd, stranger: p.config.Login == ""}
	err := a.run()
	if err == nil && p.config.Login != "" {
		err = p.query(s, cmp.Or(p.config.Request, "SELECT 1"))
	}
	s.leave()
	return err
}

// secure begins to speak TLS.
func (p *Probe) secure(ctx context.Context, s *session, t healthcheck.Target) error {
	if err := s.Send("\x00\x00\x00\x08\x04\xd2\x16\x2f"); err != nil { // SSLRequest
		return err
	}
	agreed, err := s.Bytes(1)
	if err != nil {
		return err
	}
	switch agreed[0] {
	case 'S':
		return s.Secure(ctx, p.security, t)
	case 'N':
		return errors.New("server does not speak TLS")
	default:
		return errMalformed
	}
}
