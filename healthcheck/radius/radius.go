// Package radius probes RADIUS servers (RFC 2865).
package radius

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
)

// A Config says what to ask.
type Config struct {
	// Login and Passwd are of a user whom the server accepts (ldirectord:
	// login, passwd). Without Login the server is asked for its own status
	// (RFC 5997), of authentication or of accounting, as its port has it.
	Login, Passwd string

	// Secret is what the server shares with this host (ldirectord: secret).
	Secret string
}

// A Probe asks with Access-Request or Status-Server. A server that accepts, or
// tells its status, is healthy. One that does not know this host or its secret
// says nothing.
type Probe struct{ config Config }

// New returns a Probe, or why there cannot be one.
func New(c Config) (*Probe, error) {
	switch {
	case c.Secret == "":
		return nil, errors.New("secret is missing")
	case c.Login == "" && c.Passwd != "":
		return nil, errors.New("passwd needs login")
	case len(c.Login) > maxValue || len(c.Passwd) > maxPassword:
		return nil, fmt.Errorf("login has at most %d bytes, passwd %d", maxValue, maxPassword)
	}
	return &Probe{c}, nil
}

// Kind returns "radius_check".
func (*Probe) Kind() string { return "radius_check" }

// Probe asks, and again if there is no answer. Datagrams that are no answer to
// the question do not count.
func (p *Probe) Probe(ctx context.Context, t healthcheck.Target, _ healthcheck.State) (healthcheck.Result, error) {
	conn, err := healthcheck.DialUDP(ctx, t)
	if err != nil {
		return healthcheck.Result{}, err
	}
	defer func() { _ = conn.Close() }() // the answer is known
	q := p.question()
	err = dialog.Exchange(ctx, conn, q.bytes, func(datagram []byte) (bool, error) {
		a, ok := parse(datagram)
		if !ok || a.identifier != q.identifier {
			return false, nil
		}
		return true, p.judge(q, a)
	})
	return healthcheck.Result{}, err
}

// question returns a question that has never been asked.
func (p *Probe) question() question {
	q := question{secret: p.config.Secret, code: statusServer}
	_, _ = rand.Read(q.authenticator[:]) // never fails
	q.identifier = q.authenticator[0]
	if p.config.Login != "" {
		q.code = accessRequest
		q.add(userName, []byte(p.config.Login))
		q.add(userPassword, hide(p.config.Passwd, p.config.Secret, q.authenticator))
	}
	q.add(nasIdentifier, []byte("ldirector"))
	q.sign()
	return q
}

// judge returns why a is no good answer to q.
func (p *Probe) judge(q question, a answer) error {
	if !a.genuine(q) {
		return errors.New("answer is not signed with our secret")
	}
	var name string
	switch {
	case a.code == accessAccept, a.code == accountingResponse && q.code == statusServer:
		return nil
	case a.code == accessReject:
		name = "Access-Reject"
	case a.code == accessChallenge:
		name = "Access-Challenge"
	default:
		name = fmt.Sprintf("answer with code %d", a.code)
	}
	if a.message == "" {
		return errors.New(name)
	}
	return fmt.Errorf("%s: %s", name, dialog.Clean(a.message, p.config.Passwd, p.config.Secret))
}
