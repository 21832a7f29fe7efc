package dialog

import (
	"context"
	"errors"
	"net"
	"os"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
)

// Ask is Probe of a Talker: it connects and talks.
func Ask(ctx context.Context, p healthcheck.Talker, t healthcheck.Target, was healthcheck.State) (healthcheck.Result, error) {
	conn, err := healthcheck.Dial(ctx, t)
	if err != nil {
		return healthcheck.Result{}, err
	}
	defer func() { _ = conn.Close() }() // the answer is known
	return p.Talk(ctx, conn, t, was)
}

// Datagrams may be lost: they are sent again after these times, which double.
const (
	firstResend = 500 * time.Millisecond
	lastResend  = 4 * time.Second
)

// Exchange sends a datagram, again and again, until accept knows the answer
// from one of the datagrams that come back, or ctx is done. conn is of
// [healthcheck.DialUDP] with the same ctx.
func Exchange(ctx context.Context, conn net.Conn, datagram []byte, accept func(answer []byte) (done bool, err error)) error {
	buffer := make([]byte, 1<<16)
	for resend := firstResend; ; resend = min(2*resend, lastResend) {
		if _, err := conn.Write(datagram); err != nil {
			return explain(err)
		}
		next := time.Now().Add(resend)
		if end, ok := ctx.Deadline(); ok && end.Before(next) {
			next = end
		}
		if err := conn.SetReadDeadline(next); err != nil {
			return explain(err)
		}
		for {
			// After SetReadDeadline, which undoes what the end of ctx did.
			if err := ctx.Err(); err != nil {
				return err
			}
			n, err := conn.Read(buffer)
			if errors.Is(err, os.ErrDeadlineExceeded) && time.Now().Before(deadline(ctx)) {
				break
			}
			if err != nil {
				return explain(err)
			}
			if done, err := accept(buffer[:n]); done || err != nil {
				return err
			}
		}
	}
}

// deadline returns when ctx ends; without an end, a time that never comes.
func deadline(ctx context.Context) time.Time {
	if end, ok := ctx.Deadline(); ok {
		return end
	}
	return time.Now().Add(time.Hour)
}
