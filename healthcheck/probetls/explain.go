package probetls

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
)

// A trouble is an error in words of its own.
type trouble struct {
	text  string
	cause error
}

func (t *trouble) Error() string { return t.text }

func (t *trouble) Unwrap() error { return t.cause }

// explain returns the error of a handshake in words for a status line.
func explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, healthcheck.ErrLocal) {
		return err
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &trouble{"timed out in the TLS handshake", context.DeadlineExceeded}
	}
	if text := aboutCertificate(err); text != "" {
		return &trouble{text, err}
	}
	var plain tls.RecordHeaderError
	var remote *net.OpError
	var errno syscall.Errno
	switch {
	case errors.As(err, &plain):
		return &trouble{"TLS handshake: the server does not speak TLS", err}
	case errors.As(err, &remote) && remote.Op == "remote error":
		return &trouble{"TLS handshake: the server says: " + shorten(remote.Err).Error(), err}
	case errors.As(err, &errno):
		return &trouble{"TLS handshake: " + errno.Error(), err}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &trouble{"TLS handshake: the server closed the connection", err}
	default:
		return fmt.Errorf("TLS handshake: %w", shorten(err))
	}
}

// aboutCertificate returns what is wrong with the target's certificate, "" if
// the error is about something else.
func aboutCertificate(err error) string {
	var name x509.HostnameError
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &name):
		return fmt.Sprintf("certificate is for %s, not %s", owners(name.Certificate), name.Host)
	case errors.As(err, &unknown):
		return "unknown certificate authority" + signer(unknown.Cert)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && time.Now().Before(invalid.Cert.NotBefore):
		return "certificate is not valid before " + invalid.Cert.NotBefore.UTC().Format(time.RFC3339)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "certificate has expired, " + invalid.Cert.NotAfter.UTC().Format(time.DateOnly)
	case errors.As(err, &invalid):
		return "certificate is invalid: " + shorten(err).Error()
	default:
		return ""
	}
}

// owners names what a certificate is for.
func owners(cert *x509.Certificate) string {
	names := slices.Clone(cert.DNSNames)
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	switch {
	case len(names) == 0:
		return "no name"
	case len(names) > 2:
		return fmt.Sprintf("%s and %d others", clean(names[0]), len(names)-1)
	default:
		return clean(strings.Join(names, " and "))
	}
}

// signer names who signed a certificate.
func signer(cert *x509.Certificate) string {
	if cert == nil || cert.Issuer.CommonName == "" {
		return ""
	}
	return fmt.Sprintf(" %.64q", cert.Issuer.CommonName)
}

// clean returns a name without bytes that a terminal acts on, and not too long.
func clean(name string) string {
	quoted := fmt.Sprintf("%.128q", name)
	return quoted[1 : len(quoted)-1]
}

// shorten drops the name of the package that an error begins with.
func shorten(err error) error {
	text := err.Error()
	for _, prefix := range [...]string{"local error: ", "tls: ", "x509: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return &trouble{text, err}
}
