// Package mysql probes servers that speak the client/server protocol of MySQL
// (https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html), such
// as MySQL, MariaDB, Percona and ProxySQL.
package mysql

import (
	"cmp"
	"context"
	"errors"
	"net"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
	"github.com/ldirector/ldirector/healthcheck/probetls"
)

// A Config says what to ask.
type Config struct {
	// Login and Passwd are of an account, which must be able to log in
	// (ldirectord: login, passwd). The account needs no rights. It may use
	// mysql_native_password, caching_sha2_password or, with TLS,
	// mysql_clear_password.
	Login, Passwd string

	// Database is chosen at login (ldirectord: database); "" for none.
	Database string

	// Request is a query that must return at least one row (ldirectord:
	// request); "" for SELECT 1.
	Request string

	// Receive is a regular expression that the first column of one of the rows
	// has to match; "" for anything.
	Receive string

	// TLS speaks TLS, which begins after the greeting, as TLSConfig says.
	TLS       bool
	TLSConfig probetls.Config
}

// A Probe asks with a query. A server that lets the account in, and returns a
// row, is healthy.
//
// Without Login, a server that greets and refuses an account without name and
// password, or lets it in, is healthy. A server counts connections that end
// right after the greeting as errors and, after 100 of them (max_connect_errors),
// would refuse all others from this host; it writes a warning into its log
// either way.
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
	if len(c.Login) > 255 || len(c.Database) > 255 || len(c.Request) > 1<<16 {
		return nil, errors.New("login, database or request is too long")
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

// Kind returns "mysql_check".
func (*Probe) Kind() string { return "mysql_check" }

// Prepare returns why the files that TLS needs cannot be used.
func (p *Probe) Prepare() error { return p.security.Prepare() }

// Probe connects and talks.
func (p *Probe) Probe(ctx context.Context, t healthcheck.Target, was healthcheck.State) (healthcheck.Result, error) {
	return dialog.Ask(ctx, p, t, was)
}

// Talk reads the greeting, logs in, queries and leaves.
func (p *Probe) Talk(ctx context.Context, conn net.Conn, t healthcheck.Target, _ healthcheck.State) (healthcheck.Result, error) {
	s := &session{Conn: dialog.New(ctx, conn, p.config.Passwd)}
	if err := p.talk(ctx, s, t); err != nil {
		return healthcheck.Result{}, err
	}
	return healthcheck.Result{Warning: s.Warning}, nil
}

func (p *Probe) talk(ctx context.Context, s *session, t healthcheck.Target) error {
	err := p.login(ctx, s, t)
	if refused, ok := errors.AsType[*serverError](err); ok && refused.account && p.config.Login == "" {
		return nil
	}
	if err != nil {
		return err
	}
	if p.config.Login != "" {
		err = p.query(s, cmp.Or(p.config.Request, "SELECT 1"))
	}
	s.Leave("\x01\x00\x00\x00\x01") // COM_QUIT
	return err
}
