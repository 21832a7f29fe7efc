// Package ldap probes LDAP servers, version 3 (RFC 4511).
package ldap

import (
	"cmp"
	"context"
	"errors"
	"net"
	"slices"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
	"github.com/ldirector/ldirector/healthcheck/probetls"
)

// A Config says what to ask.
type Config struct {
	// Login is the distinguished name of who asks, Passwd the password
	// (ldirectord: login, passwd); without Login nobody in particular.
	Login, Passwd string

	// Base is the distinguished name of the entry that must be there
	// (ldirectord: request); "" for the one that describes the server itself
	// (RFC 4512, section 5.1), which all have.
	Base string

	// Request is a filter (RFC 4515) that the entry has to match, such as
	// "(objectClass=person)"; "" for any.
	Request string

	// Receive is a regular expression that must match the entry's name
	// (ldirectord: receive) or one of its attributes, each written as "name:
	// value"; "" for anything.
	Receive string

	// TLS speaks TLS from the first byte (ldirectord: ldaps), StartTLS once
	// the server has agreed (RFC 4511, section 4.14). TLSConfig has a meaning
	// only with one of them.
	TLS, StartTLS bool
	TLSConfig     probetls.Config
}

// A Probe asks by binding and searching. A server that lets the name in, and
// has the entry, is healthy.
type Probe struct {
	config   Config
	filter   element
	receive  dialog.Pattern
	security dialog.Security
}

// New returns a Probe, or why there cannot be one.
func New(c Config) (*Probe, error) {
	switch {
	case c.Login == "" && c.Passwd != "":
		return nil, errors.New("passwd needs login")
	case c.Login != "" && c.Passwd == "":
		// RFC 4513, section 5.1.2: the server would take it for nobody's.
		return nil, errors.New("login needs passwd")
	}
	filter, filterErr := parseFilter(cmp.Or(c.Request, "(objectClass=*)"))
	receive, receiveErr := dialog.NewPattern(c.Receive)
	security, securityErr := dialog.NewSecurity(c.TLS, c.StartTLS, c.TLSConfig)
	if err := errors.Join(filterErr, receiveErr, securityErr); err != nil {
		return nil, err
	}
	return &Probe{config: c, filter: filter, receive: receive, security: security}, nil
}

// Kind returns "ldap_check".
func (*Probe) Kind() string { return "ldap_check" }

// Prepare returns why the files that TLS needs cannot be used.
func (p *Probe) Prepare() error { return p.security.Prepare() }

// Probe connects and talks.
func (p *Probe) Probe(ctx context.Context, t healthcheck.Target, was healthcheck.State) (healthcheck.Result, error) {
	return dialog.Ask(ctx, p, t, was)
}

// Talk binds, searches and unbinds.
func (p *Probe) Talk(ctx context.Context, conn net.Conn, t healthcheck.Target, _ healthcheck.State) (healthcheck.Result, error) {
	s := &session{Conn: dialog.New(ctx, conn, p.config.Passwd)}
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
	if p.security.Later {
		if err := s.startTLS(); err != nil {
			return err
		}
		if err := s.Secure(ctx, p.security, t); err != nil {
			return err
		}
	}
	err := s.bind(p.config.Login, p.config.Passwd)
	if err == nil {
		err = p.search(s)
	}
	s.leave()
	return err
}

// search returns nil if the entry is there and good.
func (p *Probe) search(s *session) error {
	attributes := []string{noAttributes}
	if !p.receive.Any() {
		attributes = []string{userAttributes, operationalAttributes}
	}
	entry, err := s.search(p.config.Base, p.filter, attributes)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(entry, p.receive.Match) {
		return p.receive.Mismatch(s.Conn, entry[0])
	}
	return nil
}
