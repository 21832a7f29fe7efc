package nntp_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/nntp"
	"github.com/ldirector/ldirector/healthcheck/probetls"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/internal/probetest"
)

var _ healthcheck.Talker = (*nntp.Probe)(nil)
var _ healthcheck.Preparer = (*nntp.Probe)(nil)

func newProbe(t testing.TB, c nntp.Config) *nntp.Probe {
	t.Helper()
	p, err := nntp.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]nntp.Config{
		"passwd alone":       {Passwd: "x"},
		"two groups":         {Request: "a b"},
		"line break":         {Request: "a\r\nPOST"},
		"line break, passwd": {Login: "a", Passwd: "a\n"},
		"receive":            {Receive: "("},
		"tls twice":          {TLS: true, StartTLS: true},
		"tls":                {TLS: true, TLSConfig: probetls.Config{Key: "k"}},
	} {
		if _, err := nntp.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestAnswers(t *testing.T) {
	full := nntp.Config{Login: "alice", Passwd: "sesame", Request: "misc.test", Receive: `^211 [1-9]`}
	for _, tt := range []struct {
		config nntp.Config
		said   string
		want   string // reason; "" for up
	}{
		{nntp.Config{}, "200 welcome\r\n", ""},
		{nntp.Config{}, "201 read only\r\n", ""},
		{nntp.Config{}, "200\r\n", ""},
		{nntp.Config{}, "2000 years\r\n", "greeting: 2000 years"},
		{nntp.Config{}, "400 too many connections\r\n", "greeting: 400 too many connections"},
		{nntp.Config{}, "502 go away\r\n", "greeting: 502 go away"},
		{nntp.Config{Receive: "INN"}, "200 news.example.com InterNetNews INN 2.7\r\n", ""},
		{nntp.Config{Receive: "INN"}, "200 news.example.com\r\n", "does not match receive: 200 news.example.com"},
		{nntp.Config{Request: "misc.test"}, "200\r\n480 log in first\r\n", "group: 480 log in first"},
		{nntp.Config{StartTLS: true}, "200\r\n580 no\r\n", "STARTTLS: 580 no"},
		{full, "200\r\n381 go on\r\n281 in\r\n211 1234 3000234 3002322 misc.test\r\n", ""},
		{full, "200\r\n281 in\r\n211 1234 3000234 3002322 misc.test\r\n", ""},
		{full, "200\r\n281 in\r\n211 0 0 0 misc.test\r\n", "does not match receive: 211 0 0 0 misc.test"},
		{full, "200\r\n381 go on\r\n481 who\r\n", "login: 481 who"},
		{full, "200\r\n281 in\r\n411 no such group\r\n", "group: 411 no such group"},
		{full, "200\r\n281 in\r\n", "server closed the connection"},
	} {
		err := probetest.Talk(t, newProbe(t, tt.config), []byte(tt.said))
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want) {
			t.Errorf("%q: got %v, want %q", tt.said, err, tt.want)
		}
	}
}

// TestConversation has a server that answers nothing before it is asked.
func TestConversation(t *testing.T) {
	t.Parallel()
	addr := nettest.Serve(t, nettest.Say("200 hello\r\n", nettest.Answer("381 go on\r\n", nettest.Answer("281 in\r\n",
		nettest.Answer("211 1 1 1 misc.test\r\n", nettest.Answer("205 bye\r\n", nettest.Silent))))))
	p := newProbe(t, nntp.Config{Login: "alice", Passwd: "sesame", Request: "misc.test", Receive: "^211 1 "})
	if _, err := probetest.Ask(t.Context(), p, healthcheck.Target{Addr: addr}); err != nil {
		t.Error(err)
	}
}

func TestHostileServers(t *testing.T) {
	t.Parallel()
	p := newProbe(t, nntp.Config{Login: "alice", Passwd: "sesame", Request: "misc.test"})
	probetest.Survives(t, p, []string{"sesame"}, "200 hello\r\n", "381 go on\r\n", "281 in\r\n")
	probetest.Survives(t, newProbe(t, nntp.Config{StartTLS: true}), nil, "200 hello\r\n", "382 begin\r\n")
	probetest.Survives(t, newProbe(t, nntp.Config{TLS: true}), nil)
	probetest.Secretive(t, p, nettest.Say("200 hello\r\n", nettest.Answer("381 go on\r\n", probetest.Echo("500 you said "))), "sesame")
}

func FuzzNNTP(f *testing.F) {
	f.Add([]byte("200\r\n381 go on\r\n281 in\r\n211 1234 3000234 3002322 misc.test\r\n"))
	f.Add([]byte("201 hello\n281\n411\n"))
	p := newProbe(f, nntp.Config{Login: "alice", Passwd: "sesame", Request: "misc.test", Receive: "t"})
	f.Fuzz(func(t *testing.T, said []byte) { probetest.Talk(t, p, said, "sesame") })
}

func TestTLS(t *testing.T) {
	t.Parallel()
	authority := nettest.NewAuthority(t, t.TempDir())
	cert, key := authority.Issue(time.Hour, "127.0.0.1")
	secure := nettest.Serve(t, probetest.TLS(t, cert, key, nettest.Say("200 hello\r\n", nettest.Answer("205 bye\r\n", nettest.Silent))))
	later := nettest.Serve(t, nettest.Say("200 hello\r\n", nettest.Answer("382 begin\r\n",
		probetest.TLS(t, cert, key, nettest.Answer("205 bye\r\n", nettest.Silent)))))
	for _, tt := range []struct {
		addr   netip.AddrPort
		config nntp.Config
	}{{secure, nntp.Config{TLS: true}}, {later, nntp.Config{StartTLS: true}}} {
		tt.config.TLSConfig = probetls.Config{Verify: true, CA: authority.File}
		if _, err := probetest.Ask(t.Context(), newProbe(t, tt.config), healthcheck.Target{Addr: tt.addr}); err != nil {
			t.Errorf("%+v: %v", tt.config, err)
		}
		tt.config.TLSConfig.CA = ""
		if _, err := probetest.Ask(t.Context(), newProbe(t, tt.config), healthcheck.Target{Addr: tt.addr}); err == nil || !strings.Contains(err.Error(), "unknown certificate authority") {
			t.Errorf("%+v: got %v", tt.config, err)
		}
	}
}
