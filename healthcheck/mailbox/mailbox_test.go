package mailbox_test

import (
	"testing"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/mailbox"
	"github.com/ldirector/ldirector/healthcheck/probetls"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/internal/probetest"
)

var _ healthcheck.Talker = (*mailbox.Probe)(nil)
var _ healthcheck.Preparer = (*mailbox.Probe)(nil)

func newProbe(t *testing.T, c mailbox.Config) *mailbox.Probe {
	t.Helper()
	p, err := mailbox.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]mailbox.Config{
		"protocol":            {Protocol: "jmap"},
		"passwd alone":        {Protocol: mailbox.IMAP, Passwd: "x"},
		"tls twice":           {Protocol: mailbox.IMAP, TLS: true, StartTLS: true},
		"line break":          {Protocol: mailbox.POP3, Login: "a\r\nQUIT"},
		"line break, passwd":  {Protocol: mailbox.POP3, Login: "a", Passwd: "\n"},
		"key without its own": {Protocol: mailbox.IMAP, TLS: true, TLSConfig: probetls.Config{Key: "k"}},
	} {
		if _, err := mailbox.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestHostileServers(t *testing.T) {
	t.Parallel()
	const secret = "sesame"
	for _, tt := range []struct {
		config  mailbox.Config
		opening []string
	}{
		{mailbox.Config{Protocol: mailbox.IMAP, Login: "alice", Passwd: secret}, []string{"* OK hello\r\n"}},
		{mailbox.Config{Protocol: mailbox.IMAP, Login: "alice", Passwd: "sesamé"}, []string{"* OK hello\r\n", "+ go on\r\n"}},
		{mailbox.Config{Protocol: mailbox.IMAP, StartTLS: true}, []string{"* OK hello\r\n", "a1 OK begin\r\n"}},
		{mailbox.Config{Protocol: mailbox.IMAP, TLS: true}, nil},
		{mailbox.Config{Protocol: mailbox.POP3, Login: "alice", Passwd: secret}, []string{"+OK\r\n", "+OK go on\r\n"}},
		{mailbox.Config{Protocol: mailbox.POP3, StartTLS: true}, []string{"+OK\r\n", "+OK begin\r\n"}},
	} {
		probetest.Survives(t, newProbe(t, tt.config), []string{"sesam"}, tt.opening...)
	}
}

func TestServersThatSayNo(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		config  mailbox.Config
		conduct nettest.Conduct
		want    string
	}{
		{mailbox.Config{Protocol: mailbox.IMAP}, nettest.Say("* BYE too many\x1b[2J users\r\n", nettest.Silent), "greeting: * BYE too many?[2J users"},
		{mailbox.Config{Protocol: mailbox.IMAP, Login: "a"}, nettest.Say("* ok\r\n", nettest.Answer("* CAPABILITY IMAP4rev1\r\n* BYE restart\r\n", nettest.Silent)), "login: BYE restart"},
		{mailbox.Config{Protocol: mailbox.IMAP, Login: "a"}, nettest.Say("* OK\r\n", nettest.Answer("a1 BAD\r\n", nettest.Silent)), "login: BAD"},
		{mailbox.Config{Protocol: mailbox.IMAP, Login: "a"}, nettest.Say("* OK\r\n", nettest.Answer("+ what for\r\n", nettest.Silent)), "login: + what for"},
		{mailbox.Config{Protocol: mailbox.IMAP, StartTLS: true}, nettest.Say("* OK\r\n", nettest.Answer("a1 OK\r\n* OK injected\r\n", nettest.Silent)), "server sent 15 bytes before the TLS handshake"},
		{mailbox.Config{Protocol: mailbox.POP3}, nettest.Say("-ERR busy\r\n", nettest.Silent), "greeting: -ERR busy"},
		{mailbox.Config{Protocol: mailbox.POP3, Login: "a"}, nettest.Say("+OK\r\n", nettest.Answer("-ERR [IN-USE] locked\r\n", nettest.Silent)), "login: -ERR [IN-USE] locked"},
		{mailbox.Config{Protocol: mailbox.POP3, StartTLS: true}, nettest.Say("+OK\r\n", nettest.Answer("-ERR unknown\r\n", nettest.Silent)), "STLS: -ERR unknown"},
	} {
		_, err := probetest.Ask(t.Context(), newProbe(t, tt.config), healthcheck.Target{Addr: nettest.Serve(t, tt.conduct)})
		if err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %q", err, tt.want)
		}
	}
}

func TestNoPasswordInReasons(t *testing.T) {
	t.Parallel()
	for protocol, hello := range map[mailbox.Protocol]string{mailbox.IMAP: "* OK\r\n", mailbox.POP3: "+OK\r\n"} {
		p := newProbe(t, mailbox.Config{Protocol: protocol, Login: "alice", Passwd: `ses"ame`})
		prefix := "a1 BAD you said: "
		if protocol == mailbox.POP3 {
			prefix = "-ERR you said: "
		}
		probetest.Secretive(t, p, nettest.Say(hello, probetest.Echo(prefix)), `ses"ame`, `ses\"ame`)
	}
}

func FuzzIMAP(f *testing.F) {
	f.Add([]byte("* OK hello\r\n+ go on\r\n* CAPABILITY IMAP4rev1\r\na1 OK in\r\n"))
	f.Add([]byte("* PREAUTH\na1 NO [ALERT] no\n"))
	f.Add([]byte("* BYE\r\n"))
	p, err := mailbox.New(mailbox.Config{Protocol: mailbox.IMAP, Login: "alice", Passwd: "sesamé"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, said []byte) { probetest.Talk(t, p, said, "sesamé") })
}

func FuzzPOP3(f *testing.F) {
	f.Add([]byte("+OK hello\r\n+OK go on\r\n+OK in\r\n"))
	f.Add([]byte("-ERR\n"))
	p, err := mailbox.New(mailbox.Config{Protocol: mailbox.POP3, Login: "alice", Passwd: "sesame"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, said []byte) { probetest.Talk(t, p, said, "sesame") })
}
