package probetls_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/probetls"
)

const year = 365 * 24 * time.Hour

// target is whom the tests take the server for.
func target() healthcheck.Target {
	return healthcheck.Target{Addr: netip.MustParseAddrPort("192.0.2.1:443")}
}

// handshake speaks TLS with a server and returns what both sides saw.
func handshake(t *testing.T, c probetls.Config, server *tls.Config) (client, seen tls.ConnectionState, warning string, err error) {
	t.Helper()
	p, err := probetls.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return handshakeWith(t, p, server)
}

func handshakeWith(t *testing.T, p *probetls.Client, server *tls.Config) (client, seen tls.ConnectionState, warning string, err error) {
	t.Helper()
	near, far := loopback(t)
	over := make(chan tls.ConnectionState)
	go func() {
		conn := tls.Server(far, server)
		_ = conn.HandshakeContext(t.Context()) // the other end tells
		over <- conn.ConnectionState()
		_ = conn.Close()
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tc, warning, err := p.Handshake(ctx, near, target())
	if err == nil {
		client = tc.ConnectionState()
	} else {
		near.Close()
	}
	return client, <-over, warning, err
}

// loopback returns the ends of a TCP connection.
func loopback(t *testing.T) (near, far net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if near, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if far, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	return near, far
}

func TestCertificate(t *testing.T) {
	good := newAuthority(t, "Good CA", year)
	other := newAuthority(t, "Other CA", year)
	tests := []struct {
		name    string
		config  probetls.Config
		cert    tls.Certificate
		warning string
		err     string // "" for a good handshake
	}{
		{"verified by name", probetls.Config{Verify: true, ServerName: "a.example"}, good.issue(year, "a.example"), "", ""},
		{"verified by wildcard", probetls.Config{Verify: true, ServerName: "a.example"}, good.issue(year, "*.example"), "", ""},
		{"verified by address", probetls.Config{Verify: true}, good.issue(year, "192.0.2.1"), "", ""},
		{"name is an address", probetls.Config{Verify: true, ServerName: "192.0.2.7"}, good.issue(year, "192.0.2.7"), "", ""},
		{"for another name", probetls.Config{Verify: true, ServerName: "b.example"}, good.issue(year, "a.example"), "", "certificate is for a.example, not b.example"},
		{"for two other names", probetls.Config{Verify: true, ServerName: "c.example"}, good.issue(year, "a.example", "b.example"), "", "certificate is for a.example and b.example, not c.example"},
		{"for many other names", probetls.Config{Verify: true, ServerName: "d.example"}, good.issue(year, "a.example", "b.example", "c.example"), "", "certificate is for a.example and 2 others, not d.example"},
		{"for another address", probetls.Config{Verify: true}, good.issue(year, "192.0.2.2"), "", "certificate is for 192.0.2.2, not 192.0.2.1"},
		{"for nobody", probetls.Config{Verify: true}, good.issue(year), "", "certificate is for no name, not 192.0.2.1"},
		{"expired", probetls.Config{Verify: true}, good.issue(-48*time.Hour, "192.0.2.1"), "", "certificate has expired, " + time.Now().Add(-48*time.Hour).UTC().Format(time.DateOnly)},
		{"unknown authority", probetls.Config{Verify: true}, other.issue(year, "192.0.2.1"), "", `unknown certificate authority "Other CA"`},
		{"not verified", probetls.Config{}, other.issue(-48*time.Hour, "b.example"), "", ""},
		{"expires soon", probetls.Config{Verify: true, ExpiryWarning: 30 * 24 * time.Hour}, good.issue(12*24*time.Hour+time.Hour, "192.0.2.1"),
			"certificate expires in 12 days, " + time.Now().Add(12*24*time.Hour+time.Hour).UTC().Format(time.DateOnly), ""},
		{"expires later", probetls.Config{ExpiryWarning: 10 * 24 * time.Hour}, good.issue(12*24*time.Hour+time.Hour, "192.0.2.1"), "", ""},
		{"expired and not verified", probetls.Config{ExpiryWarning: time.Hour}, good.issue(-48*time.Hour, "192.0.2.1"),
			"certificate has expired, " + time.Now().Add(-48*time.Hour).UTC().Format(time.DateOnly), ""},
	}
	ca := good.file()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.config.CA = ca
			_, _, warning, err := handshake(t, tt.config, &tls.Config{Certificates: []tls.Certificate{tt.cert}})
			if got := text(err); got != tt.err || warning != tt.warning {
				t.Errorf("error %q, warning %q\nwant %q, %q", got, warning, tt.err, tt.warning)
			}
		})
	}
}

func TestAuthorityThatExpiresSoon(t *testing.T) {
	ca := newAuthority(t, "Old CA", 36*time.Hour)
	server := &tls.Config{Certificates: []tls.Certificate{ca.issue(year, "192.0.2.1")}}
	_, _, warning, err := handshake(t, probetls.Config{Verify: true, CA: ca.file(), ExpiryWarning: 48 * time.Hour}, server)
	if err != nil || !strings.HasPrefix(warning, `certificate of the authority "Old CA" expires in 1 day, `) {
		t.Errorf("warning %q, error %v", warning, err)
	}
}

func TestServerName(t *testing.T) {
	server := &tls.Config{Certificates: []tls.Certificate{newAuthority(t, "CA", year).issue(year, "a.example")}}
	tests := []struct {
		config probetls.Config
		want   string
	}{
		{probetls.Config{ServerName: "a.example"}, ""},
		{probetls.Config{ServerName: "a.example", SNI: true}, "a.example"},
		{probetls.Config{SNI: true}, ""},
		{probetls.Config{ServerName: "192.0.2.9", SNI: true}, ""},
	}
	for _, tt := range tests {
		_, seen, _, err := handshake(t, tt.config, server)
		if err != nil || seen.ServerName != tt.want {
			t.Errorf("%+v: server saw the name %q (%v), want %q", tt.config, seen.ServerName, err, tt.want)
		}
	}
}

func TestProtocolsAndVersions(t *testing.T) {
	cert := []tls.Certificate{newAuthority(t, "CA", year).issue(year, "a.example")}
	tests := []struct {
		name   string
		config probetls.Config
		server *tls.Config
		err    string
		alpn   string
	}{
		{"one of two", probetls.Config{Protocols: "h2,http/1.1"}, &tls.Config{NextProtos: []string{"http/1.1", "h2"}}, "", "http/1.1"},
		{"no ALPN", probetls.Config{}, &tls.Config{NextProtos: []string{"h2"}}, "", ""},
		{"no common protocol", probetls.Config{Protocols: "h2"}, &tls.Config{NextProtos: []string{"imap"}}, "TLS handshake: the server says: no application protocol", ""},
		{"old server", probetls.Config{}, &tls.Config{MaxVersion: tls.VersionTLS11}, "TLS handshake: the server says: protocol version not supported", ""},
		{"old server allowed", probetls.Config{MinVersion: tls.VersionTLS10}, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, "", ""},
		{"TLS 1.3 asked for", probetls.Config{MinVersion: tls.VersionTLS13}, &tls.Config{MaxVersion: tls.VersionTLS12}, "TLS handshake: the server says: protocol version not supported", ""},
		{"old cipher suite", probetls.Config{}, &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256}}, "", ""},
		{"old cipher suite, verified", probetls.Config{Verify: true}, &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256}}, "TLS handshake: the server says: handshake failure", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.server.Certificates = cert
			state, _, _, err := handshake(t, tt.config, tt.server)
			if got := text(err); got != tt.err || state.NegotiatedProtocol != tt.alpn {
				t.Errorf("error %q, protocol %q\nwant %q, %q", got, state.NegotiatedProtocol, tt.err, tt.alpn)
			}
		})
	}
}

func TestServersThatDoNotSpeakTLS(t *testing.T) {
	tests := []struct {
		name  string
		serve func(net.Conn)
		err   string
	}{
		{"plain text", func(c net.Conn) { _, _ = c.Write([]byte("220 mail.example ESMTP\r\n")) }, "TLS handshake: the server does not speak TLS"},
		{"closes", func(c net.Conn) { _, _ = c.Read(make([]byte, 4096)) }, "TLS handshake: the server closed the connection"},
		{"resets", func(c net.Conn) {
			_, _ = c.Read(make([]byte, 4096))
			_ = c.(*net.TCPConn).SetLinger(0)
		}, "TLS handshake: connection reset by peer"},
		{"alert", func(c net.Conn) { _, _ = c.Write([]byte{21, 3, 3, 0, 2, 2, 80}) }, "TLS handshake: the server says: internal error"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := probetls.New(probetls.Config{})
			if err != nil {
				t.Fatal(err)
			}
			near, far := loopback(t)
			go func() { tt.serve(far); far.Close() }()
			if _, _, err := p.Handshake(t.Context(), near, target()); text(err) != tt.err {
				t.Errorf("error %q, want %q", text(err), tt.err)
			}
		})
	}
}

func TestSilentServerCostsTheDeadlineOnly(t *testing.T) {
	for _, by := range []string{"context", "connection"} {
		synctest.Test(t, func(t *testing.T) {
			p, err := probetls.New(probetls.Config{})
			if err != nil {
				t.Fatal(err)
			}
			near, far := net.Pipe()
			defer far.Close()
			go func() { _, _ = far.Read(make([]byte, 4096)) }()
			ctx, start := t.Context(), time.Now()
			if by == "context" {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, 5*time.Second)
				defer cancel()
			} else {
				_ = near.SetDeadline(start.Add(5 * time.Second))
			}
			_, _, err = p.Handshake(ctx, near, target())
			if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took != 5*time.Second {
				t.Errorf("deadline of the %s: %v after %s", by, err, took)
			}
			near.Close()
		})
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
