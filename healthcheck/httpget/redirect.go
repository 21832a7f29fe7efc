package httpget

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/ldirector/ldirector/healthcheck"
)

// redirects reports whether an answer leads elsewhere: RFC 9110, section 15.4.
func (h *head) redirects() bool {
	switch h.status {
	case 301, 302, 303, 307, 308:
		return h.location != ""
	default:
		return false
	}
}

// redirect returns where the answer at a place leads to, which must be the same
// target.
func (p *Prober) redirect(h *head, t healthcheck.Target, page *page, at place) (place, error) {
	from, err := p.url(t, page, at)
	if err != nil {
		return place{}, err
	}
	to, err := from.Parse(h.location)
	if err != nil {
		return place{}, fmt.Errorf("status %d to %.64q, which is no URL", h.status, h.location)
	}
	if to.Scheme != from.Scheme || !sameServer(to, from, t) {
		return place{}, fmt.Errorf("status %d to %.64q, which is not this server", h.status, h.location)
	}
	next := place{at.method, to.RequestURI()}
	if h.status == 303 && at.method != "HEAD" || h.status <= 302 && at.method == "POST" {
		next.method = "GET"
	}
	return next, nil
}

// url returns a place with scheme and host.
func (p *Prober) url(t healthcheck.Target, page *page, at place) (*url.URL, error) {
	u, err := url.ParseRequestURI(at.path)
	if err != nil {
		return nil, fmt.Errorf("path cannot be understood: %w", err)
	}
	if u.Host == "" {
		u.Host, u.Scheme = host(page.host, t.Addr), p.scheme()
	}
	return u, nil
}

func (p *Prober) scheme() string {
	if p.config.SSL {
		return "https"
	}
	return "http"
}

// sameServer reports whether a URL names the server that another one, which
// was asked, does, or the target.
func sameServer(to, from *url.URL, t healthcheck.Target) bool {
	name := strings.EqualFold(to.Hostname(), from.Hostname()) ||
		to.Hostname() == t.Addr.Addr().Unmap().WithZone("").String()
	return name && (port(to) == port(from) || port(to) == strconv.Itoa(int(t.Addr.Port())))
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	default:
		return "80"
	}
}
