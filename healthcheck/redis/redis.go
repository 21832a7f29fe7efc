// Package redis probes servers that speak the protocol of Redis (RESP 2), such
// as Redis, Valkey, KeyDB and Sentinel.
package redis

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
	"github.com/ldirector/ldirector/healthcheck/probetls"
)

// A Config says what to ask.
type Config struct {
	// Login and Passwd are sent with AUTH if there is a Passwd; Login "" is
	// the default user, whom servers before Redis 6 only know.
	Login, Passwd string

	// Role is what the server must be: "master", "slave" or "sentinel", which
	// are the answers to ROLE; "" for anything.
	Role string

	// TLS speaks TLS, as TLSConfig says.
	TLS       bool
	TLSConfig probetls.Config
}

// A Probe asks with PING. A server that answers PONG, and has the role, is
// healthy. One that still loads its data, has lost its master or cannot save
// says so instead.
type Probe struct {
	config   Config
	security dialog.Security
}

// New returns a Probe, or why there cannot be one.
func New(c Config) (*Probe, error) {
	switch c.Role {
	case "", "master", "slave", "sentinel":
	default:
		return nil, fmt.Errorf("role %q is not known: use master, slave or sentinel", c.Role)
	}
	if c.Login != "" && c.Passwd == "" {
		return nil, errors.New("login needs passwd")
	}
	security, err := dialog.NewSecurity(c.TLS, false, c.TLSConfig)
	if err != nil {
		return nil, err
	}
	return &Probe{config: c, security: security}, nil
}

// Kind returns "redis_check".
func (*Probe) Kind() string { return "redis_check" }

// Prepare returns why the files that TLS needs cannot be used.
func (p *Probe) Prepare() error { return p.security.Prepare() }

// Probe connects and talks.
func (p *Probe) Probe(ctx context.Context, t healthcheck.Target, was healthcheck.State) (healthcheck.Result, error) {
	return dialog.Ask(ctx, p, t, was)
}

// Talk sends AUTH, PING and ROLE, as far as the Config wants them.
func (p *Probe) Talk(ctx context.Context, conn net.Conn, t healthcheck.Target, _ healthcheck.State) (healthcheck.Result, error) {
	c := dialog.New(ctx, conn, p.config.Passwd)
	if p.security.Now {
		if err := c.Secure(ctx, p.security, t); err != nil {
			return healthcheck.Result{}, err
		}
	}
	if err := p.talk(c); err != nil {
		return healthcheck.Result{}, err
	}
	return healthcheck.Result{Warning: c.Warning}, nil
}

func (p *Probe) talk(c *dialog.Conn) error {
	if p.config.Passwd != "" {
		auth := []string{"AUTH", p.config.Login, p.config.Passwd}
		if p.config.Login == "" {
			auth = []string{"AUTH", p.config.Passwd}
		}
		if err := expect(c, "OK", auth...); err != nil {
			return err
		}
	}
	if err := expect(c, "PONG", "PING"); err != nil {
		return err
	}
	if p.config.Role == "" {
		return nil
	}
	role, err := ask(c, "ROLE")
	if err != nil {
		return err
	}
	if role != p.config.Role {
		return fmt.Errorf("role is %s, not %s", c.Said(role), p.config.Role)
	}
	return nil
}

// expect sends a command and returns nil if this is the answer.
func expect(c *dialog.Conn, want string, command ...string) error {
	answer, err := ask(c, command...)
	if err != nil {
		return err
	}
	if answer != want {
		return c.Unexpected("answer to "+command[0], answer)
	}
	return nil
}
