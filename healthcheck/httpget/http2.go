package httpget

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/ldirector/ldirector/healthcheck"
)

// connKey is the key of the connection in the context of newTransport's dials.
type connKey struct{}

// newTransport returns what speaks HTTP/2 over connections that are there.
func newTransport() *http.Transport {
	given := func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, ok := ctx.Value(connKey{}).(net.Conn)
		if !ok {
			return nil, errors.New("no connection was given")
		}
		return conn, nil
	}
	t := &http.Transport{
		DialContext:            given,
		DialTLSContext:         given,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHead,
		Protocols:              new(http.Protocols),
	}
	t.Protocols.SetHTTP2(true)
	t.Protocols.SetUnencryptedHTTP2(true)
	return t
}

// exchange2 asks over HTTP/2.
func (p *Prober) exchange2(ctx context.Context, conn net.Conn, t healthcheck.Target, page *page, at place, d *desk) (head, error) {
	if tc, ok := conn.(*tls.Conn); ok && tc.ConnectionState().NegotiatedProtocol != "h2" {
		return head{}, errors.New("server does not speak HTTP/2 (no h2 by ALPN)")
	}
	req, err := p.request2(ctx, t, page, at)
	if err != nil {
		return head{}, err
	}
	w := &witness{Conn: conn}
	if page.tls == nil {
		conn = w // with TLS the transport must see the *tls.Conn
	}
	client, err := p.http2.NewClientConn(context.WithValue(ctx, connKey{}, conn), p.scheme(), t.Addr.String())
	if err != nil {
		return head{}, w.explain(ctx, err)
	}
	defer func() { _ = client.Close() }() // it ends the goroutine that reads conn
	resp, err := client.RoundTrip(req)
	if err != nil {
		return head{}, w.explain(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }() // the connection ends too
	h := head{status: resp.StatusCode, length: -1, location: resp.Header.Get("Location")}
	if name := page.weightHeader(); name != "" {
		h.weight, h.weighs = resp.Header.Get(name), len(resp.Header.Values(name)) > 0
	}
	if err := d.body.read2(resp.Body, d.reader.buf[:]); err != nil {
		return head{}, w.explain(ctx, err)
	}
	return h, nil
}

// request2 returns the request for a place.
func (p *Prober) request2(ctx context.Context, t healthcheck.Target, page *page, at place) (*http.Request, error) {
	u, err := p.url(t, page, at)
	if err != nil {
		return nil, err
	}
	body := p.request.bodyOf(at.method)
	req, err := http.NewRequestWithContext(ctx, at.method, u.String(), strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body == "" {
		req.Body = nil
	}
	req.URL, req.Host = u, host(page.host, t.Addr)
	req.Header.Set("User-Agent", p.request.agent)
	for _, h := range p.request.headers {
		req.Header.Add(h.Name, h.Value)
	}
	return req, nil
}

// read2 takes the body of an answer over HTTP/2, by way of buf.
func (s *body) read2(from io.Reader, buf []byte) error {
	for !s.beyond {
		n, err := from.Read(buf)
		n = s.raw(buf[:n])
		s.text(buf[:n])
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read body: %w", err)
		}
	}
	return nil
}
