package httpget

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// userAgent is keepalived's.
const userAgent = "KeepAliveClient"

// A request is what all urls of a probe have in common.
type request struct {
	method   string
	protocol string // "1.0", "1.0C", "1.1", "2"
	agent    string
	headers  []Header // without User-Agent, with Authorization
	body     string
}

func newRequest(c Config) (request, error) {
	r := request{method: c.Method, protocol: c.Protocol, agent: userAgent, body: c.Body}
	if r.method == "" {
		r.method = "GET"
	}
	if r.protocol == "" {
		r.protocol = "1.0"
	}
	switch r.protocol {
	case "1.0", "1.0C", "1.1", "2":
	default:
		return request{}, fmt.Errorf(`HTTP protocol %q is not known: use "1.0", "1.0C", "1.1" or "2"`, r.protocol)
	}
	if !isToken(r.method) || r.method == "CONNECT" {
		return request{}, fmt.Errorf("method %q cannot be asked: use one such as GET, HEAD or POST", r.method)
	}
	for _, h := range c.Headers {
		if err := h.check(); err != nil {
			return request{}, err
		}
		if strings.EqualFold(h.Name, "User-Agent") {
			r.agent = h.Value
			continue
		}
		r.headers = append(r.headers, h)
	}
	if c.BasicAuth == "" {
		return r, nil
	}
	if !strings.Contains(c.BasicAuth, ":") {
		return request{}, errors.New("basic authentication: write user:password")
	}
	r.headers = append(r.headers, Header{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(c.BasicAuth))})
	return r, nil
}

// check returns why a request cannot have the header.
func (h Header) check() error {
	if !isToken(h.Name) {
		return fmt.Errorf("header name %q: it has letters, digits and hyphens only", h.Name)
	}
	if strings.ContainsFunc(h.Value, isControl) {
		return fmt.Errorf("header %s: its value has a control character, such as the end of a line", h.Name)
	}
	switch strings.ToLower(h.Name) {
	case "host":
		return errors.New("header Host: use virtualhost")
	case "connection", "keep-alive", "proxy-connection", "upgrade":
		return fmt.Errorf("header %s: use http_protocol", h.Name)
	case "content-length", "transfer-encoding", "expect", "te", "trailer":
		return fmt.Errorf("header %s: the probe itself says how the body is sent", h.Name)
	default:
		return nil
	}
}

// appendTo appends the request for path on host to b.
func (r *request) appendTo(b []byte, method, path, host string) []byte {
	b = append(b, method...)
	b = append(b, ' ')
	b = append(b, path...)
	b = append(b, " HTTP/"...)
	b = append(b, r.protocol[:len("1.x")]...)
	b = append(b, "\r\nUser-Agent: "...)
	b = append(b, r.agent...)
	if r.protocol != "1.0" {
		b = append(b, "\r\nConnection: close"...)
	}
	b = append(b, "\r\nHost: "...)
	b = append(b, host...)
	for _, h := range r.headers {
		b = append(b, "\r\n"...)
		b = append(b, h.Name...)
		b = append(b, ": "...)
		b = append(b, h.Value...)
	}
	if body := r.bodyOf(method); body != "" || method == "POST" || method == "PUT" || method == "PATCH" {
		b = append(b, "\r\nContent-Length: "...)
		b = strconv.AppendInt(b, int64(len(body)), 10)
	}
	b = append(b, "\r\n\r\n"...)
	return append(b, r.bodyOf(method)...)
}

// bodyOf returns the body of a request with method: a redirection may have
// turned the configured one into GET.
func (r *request) bodyOf(method string) string {
	if method != r.method {
		return ""
	}
	return r.body
}

// host returns the Host of requests to a virtual host, or to addr if there is
// none: then always with the port, as keepalived.
func host(virtual string, addr netip.AddrPort) string {
	if virtual != "" {
		return virtual
	}
	return netip.AddrPortFrom(addr.Addr().Unmap().WithZone(""), addr.Port()).String()
}

// hostname returns the name in a Host: without port and brackets.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}

// isToken reports whether s is a token of RFC 9110, section 5.6.2.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune("\"(),/:;<=>?@[\\]{}", c)
	})
}

// isControl reports whether c cannot stand in the value of a header.
func isControl(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }

// isVisible reports whether s has neither space nor control characters.
func isVisible(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c == 0x7f })
}
