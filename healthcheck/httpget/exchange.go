package httpget

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
)

// An answer is what a good page says.
type answer struct {
	weight  healthcheck.Weight
	warning string
}

// askPage asks for a page within share, or as long as ctx lasts if that is 0.
func (p *Prober) askPage(ctx context.Context, conn net.Conn, t healthcheck.Target, page *page, share time.Duration) (answer, error) {
	within := ctx
	if share > 0 {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeout(ctx, share)
		defer cancel()
	}
	if conn != nil {
		deadline, _ := within.Deadline()
		if err := conn.SetDeadline(deadline); err != nil {
			return answer{}, fmt.Errorf("%w: %w", healthcheck.ErrLocal, err)
		}
		stop := context.AfterFunc(within, func() {
			_ = conn.SetDeadline(time.Unix(1, 0)) // fails only if conn is closed, and then nobody waits
		})
		defer stop()
	}
	d := p.borrow(page)
	defer p.giveBack(d)
	a, at, err := p.follow(within, conn, t, page, d)
	if err == nil {
		return a, nil
	}
	switch {
	case !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, os.ErrDeadlineExceeded):
	case ctx.Err() != nil:
		err = ctx.Err()
	case share > 0:
		err = fmt.Errorf("timed out after %v", share.Round(10*time.Millisecond))
	default: // the connection knew it first
		err = context.DeadlineExceeded
	}
	return answer{}, fmt.Errorf("%s: %w", at, err)
}

// A place is what is asked for.
type place struct{ method, path string }

// String returns the place in a form that a status line can show.
func (a place) String() string {
	path := fmt.Sprintf("%.64q", a.path)
	path = path[1 : len(path)-1]
	if len(a.path) > 64 {
		path += "…"
	}
	return a.method + " " + path
}

// follow asks for a page, and for what its answer redirects to as often as it
// may. at is where it was in the end.
func (p *Prober) follow(ctx context.Context, conn net.Conn, t healthcheck.Target, page *page, d *desk) (a answer, at place, err error) {
	at = place{p.request.method, page.path}
	for hops := 0; ; hops++ {
		h, warning, err := p.visit(ctx, conn, t, page, at, d)
		if err != nil {
			return answer{}, at, err
		}
		if p.config.Redirects == 0 || !h.redirects() || page.statuses.contains(h.status) {
			weight, err := page.judge(&h, &d.body)
			return answer{weight, warning}, at, err
		}
		if hops == p.config.Redirects {
			return answer{}, at, fmt.Errorf("status %d (to %.64q) after %d redirects", h.status, h.location, hops)
		}
		next, err := p.redirect(&h, t, page, at)
		if err != nil {
			return answer{}, at, err
		}
		at, conn = next, nil
		d.body.reset()
	}
}

// visit asks for a place over conn, or over a connection of its own if that is
// nil.
func (p *Prober) visit(ctx context.Context, conn net.Conn, t healthcheck.Target, page *page, at place, d *desk) (h head, warning string, err error) {
	if conn == nil {
		if conn, err = healthcheck.Dial(ctx, t); err != nil {
			return head{}, "", err
		}
		defer func() { _ = conn.Close() }() // nothing of the answer depends on it
	}
	talk := conn
	if page.tls != nil {
		if talk, warning, err = page.tls.Handshake(ctx, conn, t); err != nil {
			return head{}, "", err
		}
	}
	var more string
	if p.request.protocol == "2" {
		h, err = p.exchange2(ctx, talk, t, page, at, d)
	} else {
		h, more, err = p.exchange(talk, t, page, at, d)
	}
	if more != "" {
		warning = strings.TrimPrefix(warning+"; "+more, "; ")
	}
	return h, warning, err
}

// exchange asks over HTTP/1.0 or 1.1.
func (p *Prober) exchange(conn net.Conn, t healthcheck.Target, page *page, at place, d *desk) (h head, warning string, err error) {
	d.request = p.request.appendTo(d.request[:0], at.method, at.path, host(page.host, t.Addr))
	if _, err := conn.Write(d.request); err != nil {
		return head{}, "", fmt.Errorf("send request: %w", err)
	}
	d.reader.reset(conn)
	if d.tee != nil {
		d.reader.reset(io.TeeReader(conn, d.tee))
	}
	if h, err = readHead(&d.reader, page.weightHeader()); err != nil || h.empty(at.method) {
		return h, "", err
	}
	warning, err = d.body.read(&d.reader, h)
	return h, warning, err
}
