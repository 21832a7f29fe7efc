package smtp

import (
	"bufio"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/internal/probetest"
)

// askServer probes a target that has all the time it needs.
func askServer(t *testing.T, c Config, addr netip.AddrPort) (healthcheck.Result, error) {
	t.Helper()
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return probetest.Ask(t.Context(), p, healthcheck.Target{Addr: addr})
}

// check fails the test unless err has the text, or is nil for "".
func check(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("got %v, want success", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("got %v, want %q", err, want)
	}
}

// serve greets and answers each command with the reply that has its verb. What
// it was told goes to heard.
func serve(t *testing.T, greeting string, replies map[string]string) (addr netip.AddrPort, heard chan string) {
	heard = make(chan string, 10)
	return nettest.Serve(t, func(c net.Conn) {
		_, _ = io.WriteString(c, greeting)
		lines := bufio.NewScanner(c)
		for lines.Scan() {
			verb, _, _ := strings.Cut(lines.Text(), " ")
			heard <- lines.Text()
			_, _ = io.WriteString(c, replies[verb])
			if verb == "QUIT" {
				return
			}
		}
	}), heard
}

func TestNewRefuses(t *testing.T) {
	for _, name := range []string{"a b", "a\r\nRSET", "mail.exämple.org", strings.Repeat("a", 256)} {
		_, err := New(Config{HeloName: name})
		if err == nil || !strings.Contains(err.Error(), "is no name for a mail server") {
			t.Errorf("helo_name %q: got %v", name, err)
		}
	}
	if _, err := New(Config{TLS: true, StartTLS: true}); err == nil {
		t.Error("TLS within TLS: no error")
	}
}

func TestConversation(t *testing.T) {
	const hello = "250-mail.example.org\r\n250 STARTTLS\r\n"
	tests := []struct {
		name     string
		config   Config
		greeting string
		replies  map[string]string
		want     string
		heard    []string
	}{
		{
			"good", Config{HeloName: "probe.example.org"}, "220 mail.example.org\r\n",
			map[string]string{"EHLO": hello, "QUIT": "221 bye\r\n"}, "",
			[]string{"EHLO probe.example.org", "QUIT"},
		},
		{
			"address for a name", Config{}, "220-mail.example.org\r\n220-welcome\r\n220\r\n",
			map[string]string{"EHLO": "250\n"}, "",
			[]string{"EHLO [127.0.0.1]", "QUIT"},
		},
		{
			"only HELO", Config{HeloName: "a"}, "220 mail.example.org\r\n",
			map[string]string{"EHLO": "500 what?\r\n", "HELO": "250 hello\r\n"}, "",
			[]string{"EHLO a", "HELO a", "QUIT"},
		},
		{
			"refused", Config{HeloName: "a"}, "220 mail.example.org\r\n",
			map[string]string{"EHLO": "550 go away\r\n", "HELO": "550 go away\r\n"}, "HELO: 550 go away",
			[]string{"EHLO a", "HELO a"},
		},
		{"not at all", Config{}, "554 no service\r\n", nil, "greeting: 554 no service", nil},
		{
			"too busy", Config{HeloName: "a"}, "220 mail.example.org\r\n",
			map[string]string{"EHLO": "421 too busy\r\n"}, "EHLO: 421 too busy", []string{"EHLO a"},
		},
		{
			"no STARTTLS", Config{HeloName: "a", StartTLS: true}, "220 mail.example.org\r\n",
			map[string]string{"EHLO": "250-mail.example.org\r\n250-STARTTLSX\r\n250 SIZE\r\n"}, "the server does not offer STARTTLS", []string{"EHLO a"},
		},
		{
			"STARTTLS refused", Config{HeloName: "a", StartTLS: true}, "220 mail.example.org\r\n",
			map[string]string{"EHLO": hello, "STARTTLS": "454 not now\r\n"}, "STARTTLS: 454 not now", []string{"EHLO a", "STARTTLS"},
		},
		{
			"more than STARTTLS asks for", Config{HeloName: "a", StartTLS: true}, "220 mail.example.org\r\n",
			map[string]string{"EHLO": hello, "STARTTLS": "220 go\r\n250 injected\r\n"}, "server sent 14 bytes before the TLS handshake", []string{"EHLO a", "STARTTLS"},
		},
		{"no SMTP", Config{}, "SSH-2.0-OpenSSH\r\n", nil, "greeting: no SMTP reply: SSH-2.0-OpenSSH", nil},
		{"two codes", Config{}, "220-a\r\n250 b\r\n", nil, "greeting: reply with code 220 goes on: 250 b", nil},
		{"no end", Config{}, strings.Repeat("220-a\r\n", 200), nil, "greeting: reply has more than 100 lines", nil},
		{"long line", Config{}, "220 " + strings.Repeat("a", 5000) + "\r\n", nil, "greeting: server sent a line of more than 4096 bytes", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			addr, heard := serve(t, tt.greeting, tt.replies)
			_, err := askServer(t, tt.config, addr)
			check(t, err, tt.want)
			for _, want := range tt.heard {
				if got := <-heard; got != want {
					t.Errorf("heard %q, want %q", got, want)
				}
			}
		})
	}
}

func TestNameIsTheAddressOfThisEnd(t *testing.T) {
	for _, tt := range []struct {
		local net.Addr
		want  string
	}{
		{&net.TCPAddr{IP: net.ParseIP("192.0.2.1"), Port: 5}, "[192.0.2.1]"},
		{&net.TCPAddr{IP: net.ParseIP("fe80::1"), Port: 5, Zone: "eth0"}, "[IPv6:fe80::1]"},
		{nil, "[127.0.0.1]"},
	} {
		if got := new(Probe).name(local{addr: tt.local}); got != tt.want {
			t.Errorf("%v: got %s, want %s", tt.local, got, tt.want)
		}
	}
}

// local is a connection from an address.
type local struct {
	net.Conn
	addr net.Addr
}

func (l local) LocalAddr() net.Addr { return l.addr }

func TestHostileServers(t *testing.T) {
	for name, c := range map[string]Config{"clear": {}, "TLS": {TLS: true}, "STARTTLS": {StartTLS: true}} {
		t.Run(name, func(t *testing.T) {
			p, err := New(c)
			if err != nil {
				t.Fatal(err)
			}
			opening := []string{"220 mail.example.org\r\n"}
			switch {
			case c.TLS:
				opening = nil // of the handshake
			case c.StartTLS:
				opening = append(opening, "250-mail.example.org\r\n250 STARTTLS\r\n", "220 go\r\n")
			}
			probetest.Survives(t, p, nil, opening...)
		})
	}
}

func TestParse(t *testing.T) {
	type parsed struct {
		Code     int
		Text     string
		Last, OK bool
	}
	tests := map[string]parsed{
		"220 hello":  {220, "hello", true, true},
		"220-hello":  {220, "hello", false, true},
		"220":        {220, "", true, true},
		"220 ":       {220, "", true, true},
		"250-":       {250, "", false, true},
		"":           {},
		"22":         {},
		"2200":       {},
		"22x hello":  {},
		"120 hello":  {},
		"620 hello":  {},
		"220\thello": {},
		" 220 hello": {},
	}
	for line, want := range tests {
		var got parsed
		got.Code, got.Text, got.Last, got.OK = parse(line)
		if !got.OK {
			got = parsed{}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", line, diff)
		}
	}
}

// FuzzReply feeds a server's bytes to the reader of replies.
func FuzzReply(f *testing.F) {
	f.Add("220 mail.example.org ESMTP\r\n")
	f.Add("250-mail.example.org\r\n250-STARTTLS\r\n250 SIZE 1000\r\n")
	f.Add("550\x00\xff\r\n")
	f.Add("220-a\n221 b\n")
	f.Fuzz(func(t *testing.T, said string) {
		c := dialog.New(t.Context(), reader{r: strings.NewReader(said)})
		r, err := read(c)
		err = want(c, "EHLO", r, err, completed)
		if err == nil && (r.code != completed || !strings.HasPrefix(said, "250")) {
			t.Fatalf("%q counts as good", said)
		}
		if err != nil && (len(err.Error()) > 1000 || strings.ContainsFunc(err.Error(), func(r rune) bool { return !unicode.IsPrint(r) })) {
			t.Fatalf("reason %q is not fit for a status line", err)
		}
	})
}

// A reader is a connection that can only be read.
type reader struct {
	net.Conn
	r io.Reader
}

func (r reader) Read(b []byte) (int, error) { return r.r.Read(b) }
