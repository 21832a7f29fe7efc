package probetest

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/internal/nettest"
)

// Talk lets the probe talk with a server that says all these bytes, whatever it
// hears, and closes. It checks the reason of a failure, as Survives does.
func Talk(tb nettest.TB, p healthcheck.Talker, said []byte, secrets ...string) error {
	tb.Helper()
	target := healthcheck.Target{Addr: netip.MustParseAddrPort("192.0.2.1:1")}
	_, err := p.Talk(context.Background(), script{bytes.NewReader(said)}, target, healthcheck.Unknown)
	if err != nil {
		checkReason(tb, "script", err, secrets)
	}
	return err
}

// A script is a connection to a server that does not listen.
type script struct{ io.Reader }

func (script) Write(b []byte) (int, error)      { return len(b), nil }
func (script) Close() error                     { return nil }
func (script) LocalAddr() net.Addr              { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 2), Port: 1024} }
func (script) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1} }
func (script) SetDeadline(time.Time) error      { return nil }
func (script) SetReadDeadline(time.Time) error  { return nil }
func (script) SetWriteDeadline(time.Time) error { return nil }

// TLS returns a Conduct that speaks TLS and goes on with next.
func TLS(tb nettest.TB, certFile, keyFile string, next nettest.Conduct) nettest.Conduct {
	tb.Helper()
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	return func(c net.Conn) {
		s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}})
		next(s)
		_ = s.Close() // the client may have gone
	}
}
