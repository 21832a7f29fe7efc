package sip_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/probetls"
	"github.com/ldirector/ldirector/healthcheck/sip"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/internal/probetest"
)

var _ healthcheck.Talker = (*sip.TCP)(nil)
var _ healthcheck.Preparer = (*sip.TCP)(nil)
var _ healthcheck.Prober = (*sip.UDP)(nil)

func newProbe(t testing.TB, c sip.Config) healthcheck.Prober {
	t.Helper()
	p, err := sip.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]sip.Config{
		"transport":  {Transport: "sctp"},
		"tls by udp": {TLS: true},
		"tls":        {Transport: "tcp", TLS: true, TLSConfig: probetls.Config{Key: "k"}},
		"line break": {Login: "a@b\r\nX: y"},
		"space":      {Login: "a b"},
		"bracket":    {Login: "<sip:a@b>"},
	} {
		if _, err := sip.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// answers returns the answers, each with a status and more headers, to a
// question.
func answers(question string, statuses ...string) []string {
	var copied strings.Builder
	for line := range strings.SplitSeq(question, "\r\n") {
		name, _, _ := strings.Cut(line, ":")
		switch name {
		case "Via", "To", "From", "Call-ID", "CSeq":
			copied.WriteString(line + "\r\n")
		}
	}
	var all []string
	for _, status := range statuses {
		all = append(all, "SIP/2.0 "+status+"\r\n"+copied.String()+"\r\n")
	}
	return all
}

// serveUDP answers each question with the datagrams that f returns for it.
func serveUDP(t *testing.T, f func(n int, question string) []string) netip.AddrPort {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 65536)
		for i := 0; ; i++ {
			n, from, err := conn.ReadFromUDPAddrPort(b)
			if err != nil {
				return // closed
			}
			for _, answer := range f(i, string(b[:n])) {
				conn.WriteToUDPAddrPort([]byte(answer), from)
			}
		}
	}()
	t.Cleanup(func() {
		conn.Close()
		<-done
	})
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

func TestUDP(t *testing.T) {
	t.Parallel()
	other := strings.Replace(answers("Call-ID: other\r\n", "603 Decline")[0], "other", "another", 1)
	for _, tt := range []struct {
		name string
		f    func(n int, question string) []string
		want string // reason; "" for up
	}{
		{"ok", func(_ int, q string) []string { return answers(q, "200 OK") }, ""},
		{"provisional", func(_ int, q string) []string { return answers(q, "100 Trying", "180 Ringing", "200 OK") }, ""},
		{"no reason", func(_ int, q string) []string { return answers(q, "200 ") }, ""},
		{"refused", func(_ int, q string) []string { return answers(q, "100 Trying", "503 Service\x1b Unavailable") }, "503 Service? Unavailable"},
		{"accepted", func(_ int, q string) []string { return answers(q, "202 Accepted") }, "202 Accepted"},
		{"not ours", func(_ int, q string) []string {
			return append([]string{"", "x", other, "SIP/2.0 603 Decline\r\n\r\n"}, answers(q, "200 OK")...)
		}, ""},
		{"first is lost", func(n int, q string) []string {
			if n == 0 {
				return nil
			}
			return answers(q, "200 OK")
		}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := probetest.Ask(t.Context(), newProbe(t, sip.Config{}), healthcheck.Target{Addr: serveUDP(t, tt.f)})
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestUDPWithoutAnswer(t *testing.T) {
	t.Parallel()
	silent := serveUDP(t, func(int, string) []string { return nil })
	err := probetest.Fails(t, newProbe(t, sip.Config{}), "silent", silent)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("silent: got %v", err)
	}
	flood := serveUDP(t, func(_ int, q string) []string {
		all := make([]string, 0, 100_000)
		for range cap(all) {
			all = append(all, answers(q, "100 Trying")[0])
		}
		return all
	})
	if err := probetest.Fails(t, newProbe(t, sip.Config{}), "flood", flood); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("flood: got %v", err)
	}
	_, err = probetest.Ask(t.Context(), newProbe(t, sip.Config{}), healthcheck.Target{Addr: nettest.FreePort(t)})
	if err == nil || err.Error() != "connection refused" {
		t.Errorf("closed port: got %v", err)
	}
}

// TestQuestion checks what a server gets, on both transports.
func TestQuestion(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		transport, login string
	}{{"udp", ""}, {"tcp", ""}, {"udp", "alice@example.com"}, {"tcp", "alice@example.com"}} {
		got := make(chan string, 1)
		var target healthcheck.Target
		if tt.transport == "udp" {
			target.Addr = serveUDP(t, func(_ int, q string) []string {
				got <- q
				return answers(q, "200 OK")
			})
		} else {
			target.Addr = nettest.Serve(t, func(c net.Conn) {
				b := make([]byte, 4096)
				n, _ := c.Read(b)
				got <- string(b[:n])
				fmt.Fprint(c, "\r\n\r\n"+strings.Join(answers(string(b[:n]), "100 Trying", "200 OK"), ""))
				nettest.Silent(c)
			})
		}
		if _, err := probetest.Ask(t.Context(), newProbe(t, sip.Config{Transport: tt.transport, Login: tt.login}), target); err != nil {
			t.Error(err)
		}
		to, from := target.Addr.String(), "ldirector@127.0.0.1:"
		if tt.login != "" {
			to, from = tt.login, tt.login
		}
		q := <-got
		for _, want := range []string{"OPTIONS sip:" + to + " SIP/2.0\r\n", "\r\nVia: SIP/2.0/" + strings.ToUpper(tt.transport) + " 127.0.0.1:",
			";branch=z9hG4bK", "\r\nMax-Forwards: 70\r\n", "\r\nTo: <sip:" + to + ">\r\n", "\r\nFrom: <sip:" + from, ";tag=", "\r\nCall-ID: ",
			"\r\nCSeq: 1 OPTIONS\r\n", "\r\nContent-Length: 0\r\n\r\n"} {
			if !strings.Contains(q, want) {
				t.Errorf("%+v: %q is not in %q", tt, want, q)
			}
		}
	}
}

func TestTCP(t *testing.T) {
	t.Parallel()
	p := newProbe(t, sip.Config{Transport: "tcp"})
	for _, tt := range []struct {
		name    string
		answers func(q string) string
		want    string // reason; "" for up
	}{
		{"body", func(q string) string {
			return strings.Replace(answers(q, "183 Progress")[0], "CSeq", "l: 5\r\nCSeq", 1) + "12345" + answers(q, "200 OK")[0]
		}, ""},
		{"refused", func(q string) string { return answers(q, "404 Not Found")[0] }, "404 Not Found"},
		{"other protocol", func(string) string { return "HTTP/1.1 400 Bad Request\r\n\r\n" }, "no answer of SIP: HTTP/1.1 400 Bad Request"},
		{"bad length", func(string) string { return "SIP/2.0 200 OK\r\nContent-Length: -1\r\n\r\n" }, "no length: Content-Length: -1"},
		{"long body", func(q string) string {
			return strings.Replace(answers(q, "200 OK")[0], "CSeq", "l: 99999999\r\nCSeq", 1) + strings.Repeat("x", 1<<20)
		}, "server sent more than 1024 KiB"},
		{"many headers", func(string) string { return "SIP/2.0 200 OK\r\n" + strings.Repeat("a: b\r\n", 300) }, "server sent more than 256 header lines"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			addr := nettest.Serve(t, func(c net.Conn) {
				b := make([]byte, 4096)
				n, _ := c.Read(b)
				fmt.Fprint(c, tt.answers(string(b[:n])))
				nettest.Silent(c)
			})
			_, err := probetest.Ask(t.Context(), p, healthcheck.Target{Addr: addr})
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestHostileServers(t *testing.T) {
	t.Parallel()
	probetest.Survives(t, newProbe(t, sip.Config{Transport: "tcp"}), nil, "", "SIP/2.0 100 Trying\r\n\r\n")
	probetest.Survives(t, newProbe(t, sip.Config{Transport: "tcp", TLS: true}), nil)
}

func TestTLS(t *testing.T) {
	t.Parallel()
	authority := nettest.NewAuthority(t, t.TempDir())
	cert, key := authority.Issue(time.Hour, "127.0.0.1")
	addr := nettest.Serve(t, probetest.TLS(t, cert, key, func(c net.Conn) {
		b := make([]byte, 4096)
		n, _ := c.Read(b)
		fmt.Fprint(c, answers(string(b[:n]), "200 OK")[0])
		nettest.Silent(c)
	}))
	good := newProbe(t, sip.Config{Transport: "tcp", TLS: true, TLSConfig: probetls.Config{Verify: true, CA: authority.File}})
	if _, err := probetest.Ask(t.Context(), good, healthcheck.Target{Addr: addr}); err != nil {
		t.Error(err)
	}
	bad := newProbe(t, sip.Config{Transport: "tcp", TLS: true, TLSConfig: probetls.Config{Verify: true}})
	if _, err := probetest.Ask(t.Context(), bad, healthcheck.Target{Addr: addr}); err == nil || !strings.Contains(err.Error(), "unknown certificate authority") {
		t.Errorf("wrong certificate: got %v", err)
	}
}

func FuzzSIP(f *testing.F) {
	f.Add([]byte("SIP/2.0 100 Trying\r\nCall-ID: 1\r\nl: 3\r\n\r\nabcSIP/2.0 200 OK\r\ni: 2\r\n\r\n"))
	f.Add([]byte("\r\nSIP/2.0 404 \n\n"))
	p := newProbe(f, sip.Config{Transport: "tcp"}).(healthcheck.Talker)
	f.Fuzz(func(t *testing.T, said []byte) {
		if err := probetest.Talk(t, p, said); err == nil {
			t.Error("an answer to no question counts")
		}
		_ = sip.Parse(string(bytes.ToValidUTF8(said, nil)))
	})
}
