// Package grpc asks gRPC servers by the standard health service,
// grpc.health.v1.Health/Check
// (https://github.com/grpc/grpc/blob/master/doc/health-checking.md).
//
// It speaks just enough of HTTP/2 and of Protocol Buffers for one call, whose
// messages have one field each: a connection, one packet out, one or two back.
package grpc

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"unicode/utf8"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
	"github.com/ldirector/ldirector/healthcheck/probetls"
)

// maxService bounds the name of a service, in bytes.
const maxService = 1024

// A Config says what to ask.
type Config struct {
	// Service is the service whose health is of interest, such as
	// "example.Shop"; "" for the server as a whole.
	Service string

	// TLS says that TLS is spoken, as TLSConfig has it. ALPN always offers h2,
	// and nothing else. Without TLS the server must speak HTTP/2 from the first
	// byte.
	TLS       bool
	TLSConfig probetls.Config
}

// A Probe asks a server for its health and is immutable. One that says SERVING
// is healthy.
type Probe struct {
	message   []byte           // of the request, with its length
	tls       *probetls.Client // nil for no TLS
	authority string           // "" for the target's address
}

var (
	_ healthcheck.Talker   = (*Probe)(nil)
	_ healthcheck.Preparer = (*Probe)(nil)
)

// New returns a probe that asks as c says.
func New(c Config) (*Probe, error) {
	if len(c.Service) > maxService || !utf8.ValidString(c.Service) {
		return nil, fmt.Errorf("service %.100q is no name: it is UTF-8 and has at most %d bytes", c.Service, maxService)
	}
	p := &Probe{message: encodeRequest(c.Service)}
	if !c.TLS {
		return p, nil
	}
	c.TLSConfig.Protocols = "h2"
	client, err := probetls.New(c.TLSConfig)
	if err != nil {
		return nil, err
	}
	p.tls, p.authority = client, c.TLSConfig.ServerName
	return p, nil
}

// Kind returns "grpc_check".
func (*Probe) Kind() string { return "grpc_check" }

// Prepare returns why the files that TLS needs cannot be used.
func (p *Probe) Prepare() error {
	if p.tls == nil {
		return nil
	}
	return p.tls.Prepare()
}

// Probe connects to the target and asks it.
func (p *Probe) Probe(ctx context.Context, t healthcheck.Target, was healthcheck.State) (healthcheck.Result, error) {
	return dialog.Ask(ctx, p, t, was)
}

// Talk asks the target over conn.
func (p *Probe) Talk(ctx context.Context, conn net.Conn, t healthcheck.Target, _ healthcheck.State) (healthcheck.Result, error) {
	var result healthcheck.Result
	r := request{scheme: "http", authority: p.authority, message: p.message}
	if p.tls != nil {
		var tc *tls.Conn
		var err error
		if tc, result.Warning, err = p.tls.Handshake(ctx, conn, t); err != nil {
			return healthcheck.Result{}, err
		}
		if tc.ConnectionState().NegotiatedProtocol != "h2" {
			return healthcheck.Result{}, errors.New("the server does not offer HTTP/2 over TLS (ALPN h2)")
		}
		conn, r.scheme = tc, "https"
	}
	if r.authority == "" {
		r.authority = netip.AddrPortFrom(t.Addr.Addr().Unmap().WithZone(""), t.Addr.Port()).String()
	}
	r.deadline, _ = ctx.Deadline()
	answer, err := call(conn, r)
	if err == nil {
		err = answer.judge()
	}
	if err != nil {
		return healthcheck.Result{}, err
	}
	return result, nil
}
