// Package sip probes SIP servers (RFC 3261) with OPTIONS.
package sip

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
	"github.com/ldirector/ldirector/healthcheck/probetls"
)

// A Config says what to ask.
type Config struct {
	// Login is the address, without "sip:", whose options are asked, and who
	// asks (ldirectord: login); "" for the target and ldirector itself.
	Login string

	// Transport is "udp" or "tcp" (ldirectord: protocol of the virtual
	// service); "" for udp.
	Transport string

	// TLS speaks TLS over tcp, as TLSConfig says (SIPS).
	TLS       bool
	TLSConfig probetls.Config
}

// New returns a prober, or why there cannot be one. It is a *TCP or a *UDP.
//
// A server that answers OPTIONS with 200 is healthy. Provisional answers, 100
// to 199, are passed over.
func New(c Config) (healthcheck.Prober, error) {
	if strings.ContainsFunc(c.Login, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`<>"`, r) }) {
		return nil, errors.New("login must be an address such as user@example.com")
	}
	switch {
	case c.Transport == "tcp":
		security, err := dialog.NewSecurity(c.TLS, false, c.TLSConfig)
		if err != nil {
			return nil, err
		}
		return &TCP{config: c, security: security}, nil
	case c.Transport != "" && c.Transport != "udp":
		return nil, fmt.Errorf("transport %q is not known: use udp or tcp", c.Transport)
	case c.TLS:
		return nil, errors.New(`tls needs transport = "tcp"`)
	default:
		return &UDP{config: c}, nil
	}
}

// A UDP probe sends datagrams, again if there is no answer (RFC 3261, section
// 17.1.2.1).
type UDP struct{ config Config }

// Kind returns "sip_check".
func (*UDP) Kind() string { return "sip_check" }

// Probe asks. Datagrams that are no answer to the question do not count.
func (p *UDP) Probe(ctx context.Context, t healthcheck.Target, _ healthcheck.State) (healthcheck.Result, error) {
	conn, err := healthcheck.DialUDP(ctx, t)
	if err != nil {
		return healthcheck.Result{}, err
	}
	defer func() { _ = conn.Close() }() // the answer is known
	q := p.config.question("UDP", conn, t)
	err = dialog.Exchange(ctx, conn, []byte(q.String()), func(datagram []byte) (bool, error) {
		a, err := parse(string(datagram))
		if err != nil || !a.to(q) {
			return false, nil
		}
		return a.final(), a.verdict()
	})
	return healthcheck.Result{}, err
}

// A TCP probe asks over a connection, perhaps with TLS.
type TCP struct {
	config   Config
	security dialog.Security
}

// Kind returns "sip_check".
func (*TCP) Kind() string { return "sip_check" }

// Prepare returns why the files that TLS needs cannot be used.
func (p *TCP) Prepare() error { return p.security.Prepare() }

// Probe connects and talks.
func (p *TCP) Probe(ctx context.Context, t healthcheck.Target, was healthcheck.State) (healthcheck.Result, error) {
	return dialog.Ask(ctx, p, t, was)
}

// Talk asks.
func (p *TCP) Talk(ctx context.Context, conn net.Conn, t healthcheck.Target, _ healthcheck.State) (healthcheck.Result, error) {
	c := dialog.New(ctx, conn)
	transport := "TCP"
	if p.security.Now {
		transport = "TLS"
		if err := c.Secure(ctx, p.security, t); err != nil {
			return healthcheck.Result{}, err
		}
	}
	q := p.config.question(transport, conn, t)
	if err := c.Send(q.String()); err != nil {
		return healthcheck.Result{}, err
	}
	for {
		a, err := read(c)
		if err != nil {
			return healthcheck.Result{}, err
		}
		if a.to(q) && a.final() {
			return healthcheck.Result{Warning: c.Warning}, a.verdict()
		}
	}
}

// question returns what to ask t over conn.
func (c Config) question(transport string, conn net.Conn, t healthcheck.Target) question {
	q := question{
		transport: transport,
		to:        c.Login,
		from:      c.Login,
		branch:    "z9hG4bK" + rand.Text(), // with the magic cookie of RFC 3261, section 8.1.1.7
		tag:       rand.Text(),
		callID:    rand.Text(),
	}
	if local := conn.LocalAddr(); local != nil {
		q.local = local.String()
	}
	if c.Login == "" {
		q.to, q.from = t.Addr.String(), "ldirector@"+q.local
	}
	return q
}
