package config

import (
	"crypto/tls"
	"net/netip"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// minToken is the length of the shortest token: nobody guesses as many random
// characters.
const minToken = 16

// HTTP is the listener for those who may look and change nothing.
type HTTP struct {
	Listen      netip.AddrPort
	Certificate string // file; "": no TLS
	Key         string // file; "": in Certificate
	Token       string // "": everybody may look

	at hcl.Range // of the block
}

// LoadCertificate reads the certificate and its key. Without any it returns nil.
func (h *HTTP) LoadCertificate() (*tls.Certificate, error) {
	if h.Certificate == "" {
		return nil, nil //nolint:nilnil // no certificate is no error
	}
	key := h.Key
	if key == "" {
		key = h.Certificate
	}
	pair, err := tls.LoadX509KeyPair(h.Certificate, key)
	return &pair, err
}

// decodeHTTP reads the block http.
func (l *loader) decodeHTTP(b *hcl.Block) *HTTP {
	c := l.open(b, l.root.child("global").child("http"))
	h := &HTTP{at: b.DefRange, Certificate: c.file("certificate"), Key: c.file("key")}
	if c.written("key") != nil && c.written("certificate") == nil && !c.meant("certificate") {
		c.bad("key", "Missing argument", "There is no certificate that the key belongs to. Add certificate, or remove key.")
	}
	var ok bool
	h.Token, ok = c.text("token")
	if ok && (len(h.Token) < minToken || strings.ContainsFunc(h.Token, func(r rune) bool { return r <= ' ' || r > '~' })) {
		c.bad("token", "Invalid token", "token needs at least %d characters, and none but those of ASCII that can be seen. Write for example what \"openssl rand -hex 16\" prints.", minToken)
	}
	c.httpAddress(h)
	return h
}

// httpAddress reads where to listen, and warns where others can look that should
// not.
func (c *content) httpAddress(h *HTTP) {
	text, ok := c.text("listen")
	if !ok {
		return
	}
	e, err := parseEndpoint(text)
	switch {
	case err != nil:
		c.bad("listen", "Invalid address", "listen: %s.", err)
		return
	case !e.hasPort || e.port == 0:
		c.bad("listen", "Address without a port", "listen is %q. Write the port as well, such as \"%s\".", text, netip.AddrPortFrom(e.addr, 9650))
		return
	}
	h.Listen = netip.AddrPortFrom(e.addr, e.port)
	var missing []string
	if c.written("certificate") == nil {
		missing = append(missing, "certificate")
	}
	if c.written("token") == nil {
		missing = append(missing, "token")
	}
	if len(missing) == 0 || e.addr.IsLoopback() {
		return
	}
	at := c.where("listen")
	c.l.diags = append(c.l.diags, &hcl.Diagnostic{
		Severity: hcl.DiagWarning,
		Summary:  "Open to the network",
		Detail:   "Everybody who reaches " + text + " can see the state of this director, or listen to who does. Add " + strings.Join(missing, " and ") + ", or listen on 127.0.0.1.",
		Subject:  &at,
	})
}

// prepareHTTP finds out whether the certificate can be used.
func (cfg *Config) prepareHTTP() hcl.Diagnostics {
	h := cfg.Global.HTTP
	if h == nil {
		return nil
	}
	_, err := h.LoadCertificate()
	if err == nil {
		return nil
	}
	return hcl.Diagnostics{{
		Severity: hcl.DiagError,
		Summary:  "Certificate cannot be used",
		Detail:   err.Error() + ".",
		Subject:  &h.at,
	}}
}
