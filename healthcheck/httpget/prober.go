package httpget

import (
	"context"
	"crypto/md5" // keepalived's digest
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/probetls"
)

// A Prober asks the urls of a Config. Its methods may be called from many
// goroutines.
type Prober struct {
	config  Config
	request request
	pages   []*page
	http2   *http.Transport // nil for HTTP/1

	desks sync.Pool // of *desk
}

// A desk is the memory of one exchange.
type desk struct {
	reader  reader
	request []byte
	body    body
	tee     io.Writer // has what is read; nil for nobody
}

// New returns a Prober for c, or why no target can be asked so.
func New(c Config) (*Prober, error) {
	p := &Prober{config: c}
	var err error
	if p.request, err = newRequest(c); err != nil {
		return nil, err
	}
	switch {
	case len(c.URLs) == 0:
		return nil, errors.New("there is no url to ask for")
	case c.Redirects < 0:
		return nil, fmt.Errorf("%d redirects: write 0 or more", c.Redirects)
	case c.BodyLimit < 0:
		return nil, fmt.Errorf("body limit %d: write the number of bytes", c.BodyLimit)
	case c.BodyLimit == 0:
		p.config.BodyLimit = 1 << 20
	}
	if p.request.protocol == "2" {
		p.http2 = newTransport()
	}
	for _, u := range c.URLs {
		page, err := newPage(u, c.VirtualHost)
		if err == nil && c.SSL {
			page.tls, err = p.tlsClient(page.host)
		}
		if err != nil {
			return nil, err
		}
		p.pages = append(p.pages, page)
	}
	if p.pages[0].weight, err = newWeigher(c.Weight); err != nil {
		return nil, err
	}
	return p, nil
}

// tlsClient returns what speaks TLS for pages of a host. Pages with the same
// name share it.
func (p *Prober) tlsClient(host string) (*probetls.Client, error) {
	c := p.config.TLS
	for _, other := range p.pages {
		if c.ServerName != "" || hostname(other.host) == hostname(host) {
			return other.tls, nil
		}
	}
	if c.ServerName == "" {
		c.ServerName = hostname(host)
	}
	if c.Protocols = ""; p.request.protocol == "2" {
		c.Protocols = "h2"
	}
	return probetls.New(c)
}

// Kind returns "http_get" or "ssl_get".
func (p *Prober) Kind() string {
	if p.config.SSL {
		return "ssl_get"
	}
	return "http_get"
}

// Prepare returns why the files for TLS cannot be used.
func (p *Prober) Prepare() error {
	for _, page := range p.pages {
		if page.tls == nil {
			continue
		}
		if err := page.tls.Prepare(); err != nil {
			return err
		}
	}
	return nil
}

// Probe asks all urls.
func (p *Prober) Probe(ctx context.Context, t healthcheck.Target, _ healthcheck.State) (healthcheck.Result, error) {
	return p.ask(ctx, nil, t)
}

// Talk asks all urls, the first of them over conn.
func (p *Prober) Talk(ctx context.Context, conn net.Conn, t healthcheck.Target, _ healthcheck.State) (healthcheck.Result, error) {
	return p.ask(ctx, conn, t)
}

// ask asks all urls, the first of them over conn unless it is nil. Each has an
// equal share of the time.
func (p *Prober) ask(ctx context.Context, conn net.Conn, t healthcheck.Target) (healthcheck.Result, error) {
	share := share(ctx, len(p.pages))
	var result healthcheck.Result
	var warnings []string
	for i, page := range p.pages {
		a, err := p.askPage(ctx, conn, t, page, share)
		conn = nil
		if err != nil {
			return healthcheck.Result{}, err
		}
		if i == 0 {
			result.Weight = a.weight
		}
		if a.warning != "" {
			warnings = append(warnings, a.warning)
		}
	}
	result.Warning = strings.Join(warnings, "; ")
	return result, nil
}

// share returns the time that each of n urls has, 0 if ctx says all.
func share(ctx context.Context, n int) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok || n < 2 {
		return 0
	}
	return time.Until(deadline) / time.Duration(n)
}

// borrow returns a desk for the page.
func (p *Prober) borrow(page *page) *desk {
	d, ok := p.desks.Get().(*desk)
	if !ok {
		d = &desk{}
	}
	d.body = body{limit: p.config.BodyLimit, cut: -1, keep: page.wantsContent(), content: d.body.content[:0], hashes: d.body.hashes[:0]}
	if page.md5 != nil {
		d.body.hashes = append(d.body.hashes, md5.New())
	}
	if page.sha256 != nil {
		d.body.hashes = append(d.body.hashes, sha256.New())
	}
	return d
}

// giveBack takes a desk that is not used any more. It keeps no memory of a
// large answer.
func (p *Prober) giveBack(d *desk) {
	if cap(d.body.content) > 1<<16 {
		d.body.content = nil
	}
	d.reader.reset(nil)
	p.desks.Put(d)
}
