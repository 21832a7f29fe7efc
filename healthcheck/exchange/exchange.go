// Package exchange asks TCP servers by what they say: it sends bytes, waits for
// an answer that matches, and may do so over TLS.
//
// It is tcp_check with more than a connect, which is [healthcheck.TCP].
package exchange

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
	"github.com/ldirector/ldirector/healthcheck/probetls"
)

// maxSend and maxAnswer bound the bytes of one probe.
const (
	maxSend   = 64 << 10
	maxAnswer = 64 << 10
)

// A Config says what is sent and what has to come. At least one of Send, Expect
// and TLS is there.
//
// ldirectord's simpletcp is Send (request), Expect (receive), HalfClose and
// Lines. There an empty receive is content with any line, here that is the
// expression "^".
type Config struct {
	// Send is what is sent as soon as there is a connection. Without Expect,
	// the target is healthy when its host has acknowledged all of it and has
	// not reset the connection.
	Send string

	// HalfClose says that nothing more will be sent: with a FIN, or TLS's
	// close_notify.
	HalfClose bool

	// Expect is a regular expression (RE2 syntax of Go) for which everything
	// that arrives is searched, at most 64 KiB. The target is healthy as soon
	// as it matches; "$" and "\z" also match where what has arrived until then
	// ends. Bytes that are not UTF-8 count as U+FFFD.
	Expect string

	// Lines says that Expect must match a line by itself. The last one may lack
	// its line feed if the target closes the connection. As in Perl, "^" and
	// "$" match at the ends of the line, before the line feed.
	Lines bool

	// TLS says that TLS is spoken, as TLSConfig has it. By itself, a handshake
	// is enough.
	TLS       bool
	TLSConfig probetls.Config
}

// A Probe talks with a target and is immutable.
type Probe struct {
	send      []byte
	halfClose bool
	expect    *regexp.Regexp // nil for nothing
	lines     bool
	tls       *probetls.Client // nil for no TLS
}

var (
	_ healthcheck.Talker   = (*Probe)(nil)
	_ healthcheck.Preparer = (*Probe)(nil)
)

// New returns a probe that talks as c says.
func New(c Config) (*Probe, error) {
	switch {
	case c.Send == "" && c.Expect == "" && !c.TLS:
		return nil, errors.New("there is nothing to send, to expect or to encrypt")
	case len(c.Send) > maxSend:
		return nil, fmt.Errorf("send has %d bytes: at most %d are possible", len(c.Send), maxSend)
	case c.Lines && c.Expect == "":
		return nil, errors.New("there is nothing to expect in a line")
	}
	p := &Probe{send: []byte(c.Send), halfClose: c.HalfClose, lines: c.Lines}
	var err error
	if c.Expect != "" {
		if p.expect, err = regexp.Compile(c.Expect); err != nil {
			return nil, fmt.Errorf("expect: %w", err)
		}
	}
	if c.TLS {
		if p.tls, err = probetls.New(c.TLSConfig); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Kind returns "tcp_check".
func (*Probe) Kind() string { return "tcp_check" }

// Prepare returns why the files that TLS needs cannot be used.
func (p *Probe) Prepare() error {
	if p.tls == nil {
		return nil
	}
	return p.tls.Prepare()
}

// Probe connects to the target and talks with it.
func (p *Probe) Probe(ctx context.Context, t healthcheck.Target, was healthcheck.State) (healthcheck.Result, error) {
	return dialog.Ask(ctx, p, t, was)
}

// Talk talks with the target over conn, which can end its sending direction as
// those of [healthcheck.Dial] can.
func (p *Probe) Talk(ctx context.Context, conn net.Conn, t healthcheck.Target, _ healthcheck.State) (healthcheck.Result, error) {
	var result healthcheck.Result
	over := conn
	if p.tls != nil {
		tc, warning, err := p.tls.Handshake(ctx, conn, t)
		if err != nil {
			return result, err
		}
		over, result.Warning = tc, warning
	}
	if len(p.send) > 0 {
		if _, err := over.Write(p.send); err != nil {
			return healthcheck.Result{}, fmt.Errorf("send: %w", cause(err))
		}
	}
	if p.halfClose {
		if err := endSending(over); err != nil {
			return healthcheck.Result{}, fmt.Errorf("send: %w", cause(err))
		}
	}
	if err := p.settle(ctx, over, conn); err != nil {
		return healthcheck.Result{}, err
	}
	return result, nil
}

// settle waits for what makes the target healthy.
func (p *Probe) settle(ctx context.Context, over, conn net.Conn) error {
	switch {
	case p.expect != nil:
		return p.await(ctx, over)
	case len(p.send) > 0:
		return awaitAcknowledged(ctx, conn)
	default:
		return nil
	}
}

// cause returns an error of a connection without what the connection was doing.
func cause(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	return err
}
