package probetls

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
)

// Handshake speaks TLS over conn, which is connected to t, and returns when
// both sides agree and the certificate is good. The deadline of ctx and that
// of conn count. When ctx is done before, conn is closed.
//
// warning says what an operator should know of the certificates although all
// is well. err has words for a status line; it matches
// [healthcheck.ErrLocal] if the files of the Config cannot be read, and
// [context.DeadlineExceeded] after a deadline.
func (c *Client) Handshake(ctx context.Context, conn net.Conn, t healthcheck.Target) (tc *tls.Conn, warning string, err error) {
	m, warning, err := c.material()
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", healthcheck.ErrLocal, err)
	}
	config := m.config
	if c.config.Verify {
		config = config.Clone()
		config.VerifyConnection = func(s tls.ConnectionState) error {
			return verify(s.PeerCertificates, m.roots, c.config.name(t))
		}
	}
	tc = tls.Client(conn, config)
	if err := tc.HandshakeContext(ctx); err != nil {
		return nil, "", explain(ctx, err)
	}
	if soon := expiry(tc.ConnectionState().PeerCertificates, time.Now(), c.config.ExpiryWarning); soon != "" {
		warning = strings.TrimPrefix(warning+"; "+soon, "; ")
	}
	return tc, warning, nil
}

// name is what the certificate of t must be for.
func (c Config) name(t healthcheck.Target) string {
	if c.ServerName != "" {
		return c.ServerName
	}
	return t.Addr.Addr().Unmap().WithZone("").String()
}

// verify returns why the first of the certificates, with the help of the
// others, does not prove that its owner is name. A server always sends one.
func verify(certs []*x509.Certificate, roots *x509.CertPool, name string) error {
	others := x509.NewCertPool()
	for _, cert := range certs[1:] {
		others.AddCert(cert)
	}
	_, err := certs[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: others})
	if err != nil {
		return err
	}
	return certs[0].VerifyHostname(name)
}
