package alert

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/mail"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/nettest"
)

// newMailer returns a mailer with defaults.
func newMailer(e Email) *mailer {
	if e.From == "" {
		e.From = "The directors <lvs@example.org>"
	}
	if e.To == nil {
		e.To = []string{"Ops <ops@example.org>", "second@example.org"}
	}
	if e.ConnectTimeout == 0 {
		e.ConnectTimeout = time.Minute
	}
	return &mailer{email: e, router: "lvs1", services: func() []Service { return []Service{{Name: "web", LiveWeight: 1, Quorum: 2}} }}
}

// A mailServer speaks SMTP as it is told, and writes down what it is told.
type mailServer struct {
	answers map[string]string // to commands, by their beginning: "RCPT TO:<second"; "" ends the connection
	hangs   string            // after this command it says nothing

	mu    sync.Mutex
	lines []string
}

func (s *mailServer) serve(c net.Conn) {
	in := bufio.NewReader(c)
	fmt.Fprint(c, "220 mail.example.org ESMTP\r\n")
	for data := false; ; {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		s.mu.Lock()
		s.lines = append(s.lines, line)
		s.mu.Unlock()
		command := line
		if data && line != "." {
			continue
		}
		if s.hangs != "" && strings.HasPrefix(command, s.hangs) {
			_, _ = io.Copy(io.Discard, in)
			return
		}
		answer := "250 ok"
		switch {
		case line == "DATA":
			answer = "354 go on"
		case strings.HasPrefix(line, "EHLO"):
			answer = "250-mail.example.org\r\n250 AUTH PLAIN LOGIN"
		case line == "QUIT":
			answer = "221 bye"
		}
		for begin, other := range s.answers {
			if strings.HasPrefix(command, begin) {
				answer = other
			}
		}
		if answer == "" {
			return
		}
		data = line == "DATA" && strings.HasPrefix(answer, "354")
		fmt.Fprint(c, answer+"\r\n")
	}
}

// said returns what clients have said.
func (s *mailServer) said() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.lines...)
}

func TestMailAnswers(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answers map[string]string
		want    string // with ! for a refusal, ~ for partly
	}{
		{"taken", nil, ""},
		{"QUIT not answered", map[string]string{"QUIT": ""}, ""},
		{"sender refused", map[string]string{"MAIL": "550 no\x1b[2J such\r"}, "!MAIL FROM <lvs@example.org>: the server says 550 no [2J such"},
		{"sender not now", map[string]string{"MAIL": "451 later"}, "MAIL FROM <lvs@example.org>: the server says 451 later"},
		{"one recipient refused", map[string]string{"RCPT TO:<second": "550 unknown"}, "~RCPT TO <second@example.org>: the server says 550 unknown"},
		{"all recipients refused", map[string]string{"RCPT": "550-unknown\r\n550 really"}, "!RCPT TO <ops@example.org>: the server says 550 unknown really"},
		{"one refused, one not now", map[string]string{"RCPT TO:<ops": "550 unknown", "RCPT TO:<second": "450 later"}, "RCPT TO <second@example.org>: the server says 450 later"},
		{"no data", map[string]string{"DATA": "554 no"}, "!DATA: the server says 554 no"},
		{"mail refused", map[string]string{".": "554 spam"}, "!the mail: the server says 554 spam"},
		{"mail not now", map[string]string{".": "452 disk full"}, "the mail: the server says 452 disk full"},
		{"not ready", map[string]string{"EHLO": "421 busy", "HELO": "421 busy"}, `smtp: EHLO/HELO exchange failed. EHLO response: 421 "busy", HELO response: 421 "busy"`},
		{"no greeting taken", map[string]string{"EHLO": "550 go away", "HELO": "550 go away"}, `smtp: EHLO/HELO exchange failed. EHLO response: 550 "go away", HELO response: 550 "go away"`},
		{"closed", map[string]string{"RCPT": ""}, "RCPT TO <ops@example.org>: EOF"},
		{"closed at the end", map[string]string{".": ""}, "the mail: EOF"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &mailServer{answers: tt.answers}
			err := newMailer(Email{Server: nettest.Serve(t, s.serve).String()}).deliver(t.Context(), oneEvent())
			got := ""
			if err != nil {
				got = err.Error()
				if _, ok := errors.AsType[*refusal](err); ok {
					got = "!" + got
				}
				if _, ok := errors.AsType[*partly](err); ok {
					got = "~" + strings.TrimPrefix(got, "!")
				}
			}
			if got != tt.want {
				t.Errorf("error %q, want %q", got, tt.want)
			}
		})
	}
}

// TestHungMailServersAreLeft: wherever the server stops answering, the attempt
// ends, and can be made again.
func TestHungMailServersAreLeft(t *testing.T) {
	for _, command := range []string{"EHLO", "MAIL", "RCPT", "DATA", "."} {
		s := &mailServer{hangs: command}
		err := newMailer(Email{Server: nettest.Serve(t, s.serve).String(), ConnectTimeout: 200 * time.Millisecond}).deliver(t.Context(), oneEvent())
		if _, refused := errors.AsType[*refusal](err); err == nil || refused {
			t.Errorf("%s: error %v", command, err)
		}
	}
}

func TestHostileMailServers(t *testing.T) {
	hostile := nettest.Hostile()
	hostile = append(hostile,
		nettest.HostileConduct{Name: "flood of answers", Conduct: nettest.Flood("220-never ends\r\n", 1<<30)},
		nettest.HostileConduct{Name: "endless line", Conduct: nettest.Flood("220 never ends", 1<<30)},
	)
	for _, h := range hostile {
		for _, security := range []Security{Offered, StartTLS, Implicit, Clear} {
			m := newMailer(Email{Server: nettest.Serve(t, h.Conduct).String(), Security: security, ConnectTimeout: 300 * time.Millisecond})
			err := m.deliver(t.Context(), oneEvent())
			if _, refused := errors.AsType[*refusal](err); err == nil || refused {
				t.Errorf("%s, %d: error %v", h.Name, security, err)
			}
		}
	}
}

// TestPasswordsStayAtHome: without TLS none is sent, whatever the server offers.
func TestPasswordsStayAtHome(t *testing.T) {
	s := &mailServer{}
	m := newMailer(Email{Server: nettest.Serve(t, s.serve).String(), User: "lvs", Password: "hunter2"})
	if err := m.deliver(t.Context(), oneEvent()); err == nil {
		t.Error("no error")
	}
	for _, line := range s.said() {
		if strings.HasPrefix(line, "AUTH") {
			t.Errorf("the client says %q", line)
		}
	}
}

func TestNothingIsSentWithoutSTARTTLSIfThatIsWanted(t *testing.T) {
	s := &mailServer{}
	err := newMailer(Email{Server: nettest.Serve(t, s.serve).String(), Security: StartTLS}).deliver(t.Context(), oneEvent())
	if err == nil || strings.Contains(strings.Join(s.said(), "\n"), "MAIL") {
		t.Errorf("error %v, client said %q", err, s.said())
	}
}

// TestMail looks at what a server gets.
func TestMail(t *testing.T) {
	s := &mailServer{}
	m := newMailer(Email{Server: nettest.Serve(t, s.serve).String(), HeloName: "lvs1.example.org"})
	hostile := batch{events: []api.Event{{
		Time: at(1), Kind: "real_server_down", Warning: true, VirtualServer: "web\r\nBcc: evil@example.org\r\n\r\nx", RealServer: "192.0.2.31:80",
		Text: "down: \r\n.\r\nQUIT\r\nnaïve " + strings.Repeat("long ", 300),
	}}}
	if err := m.deliver(t.Context(), hostile); err != nil {
		t.Fatal(err)
	}
	lines := s.said()
	want := []string{"EHLO lvs1.example.org", "NOOP", "MAIL FROM:<lvs@example.org>", "RCPT TO:<ops@example.org>", "RCPT TO:<second@example.org>", "DATA"}
	end := len(lines)
	var commands []string
	for i, line := range lines {
		commands = append(commands, line)
		if line == "DATA" {
			end = i + 1
			break
		}
	}
	commands = slicesDelete(commands, "NOOP")
	if diff := cmp.Diff(slicesDelete(want, "NOOP"), commands); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
	stop := len(lines)
	for i, line := range lines[end:] {
		if line == "." {
			stop = end + i
		}
	}
	text := strings.Join(lines[end:stop], "\r\n") + "\r\n"
	if rest := strings.Join(lines[stop:], " "); rest != ". QUIT" {
		t.Errorf("behind the mail: %q", rest)
	}
	mail, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	checkHeader(t, mail.Header)
	for _, line := range lines[end:stop] {
		if len(line) > 998 { // RFC 5322, section 2.1.1
			t.Errorf("a line has %d bytes", len(line))
		}
	}
}

func slicesDelete(lines []string, unwanted string) (kept []string) {
	for _, line := range lines {
		if line != unwanted {
			kept = append(kept, line)
		}
	}
	return kept
}

func checkHeader(t *testing.T, h mail.Header) {
	t.Helper()
	for name, want := range map[string]string{
		"Auto-Submitted": "auto-generated", "X-Mailer": "ldirector", "From": `"The directors" <lvs@example.org>`,
		"To": `"Ops" <ops@example.org>, <second@example.org>`, "Bcc": "",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if _, err := h.Date(); err != nil || h.Get("Message-Id") == "" || !strings.HasPrefix(h.Get("Subject"), "[lvs1] real server") {
		t.Errorf("header %+v, %v", h, err)
	}
}

// startExim runs a mail server that takes mail for example.org: in the clear,
// with STARTTLS and a login at plain, over TLS at secure. The mails stay in the
// directory spool.
func startExim(t *testing.T, cert, key string) (plain, secure netip.AddrPort, spool string) {
	t.Helper()
	nettest.Require(t, "exim4")
	dir, err := os.MkdirTemp("/tmp", "alert") //nolint:usetesting // exim works as a user of its own
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	for path, mode := range map[string]os.FileMode{dir: 0o777, key: 0o644} { // exim works as a user of its own
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []*string{&cert, &key} {
		text, err := os.ReadFile(*file)
		if err != nil {
			t.Fatal(err)
		}
		*file = filepath.Join(dir, filepath.Base(*file))
		if err := os.WriteFile(*file, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	plain, secure = nettest.FreePort(t), nettest.FreePort(t)
	config := filepath.Join(dir, "exim.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, eximConfig, dir, cert, key, secure.Port()), 0o644); err != nil {
		t.Fatal(err)
	}
	nettest.Start(t, "exim4", "-C", config, "-bdf", "-oX", fmt.Sprintf("<, 127.0.0.1.%d , 127.0.0.1.%d", plain.Port(), secure.Port()))
	nettest.Eventually(t, 20*time.Second, "exim4", func() error {
		conn, err := net.Dial("tcp", secure.String())
		if err == nil {
			conn.Close()
		}
		return err
	})
	return plain, secure, filepath.Join(dir, "input")
}

const eximConfig = `
spool_directory = %[1]s
log_file_path = %[1]s/%%slog
pid_file_path = %[1]s/pid
primary_hostname = mail.example.org
domainlist local = example.org
host_lookup =
rfc1413_query_timeout = 0s
queue_only = true
tls_advertise_hosts = *
tls_certificate = %[2]s
tls_privatekey = %[3]s
tls_on_connect_ports = %[4]d
auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}
acl_smtp_mail = mail
acl_smtp_rcpt = rcpt
acl_smtp_data = accept

begin acl
mail:
  deny condition = ${if eq{$sender_address}{login@example.org}}
       !authenticated = *
  accept
rcpt:
  deny local_parts = nobody
  accept domains = +local
  deny

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${if and{{eq{$auth2}{lvs}}{eq{$auth3}{hunter2}}}}
  server_set_id = $auth2
`

func TestExim(t *testing.T) {
	authority := nettest.NewAuthority(t, t.TempDir())
	cert, key := authority.Issue(48*time.Hour, "mail.example.org", "127.0.0.1")
	plain, secure, spool := startExim(t, cert, key)
	trust := Trust{CA: authority.File}
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		email Email
		want  string
	}{
		{"in the clear", Email{Server: plain.String(), Security: Clear}, ""},
		{"STARTTLS as offered", Email{Server: plain.String(), Trust: trust}, ""},
		{"STARTTLS", Email{Server: plain.String(), Security: StartTLS, Trust: trust}, ""},
		{"any certificate", Email{Server: plain.String(), Security: StartTLS, Trust: Trust{Any: true}}, ""},
		{"unknown certificate", Email{Server: plain.String()}, "certificate"},
		{"TLS", Email{Server: secure.String(), Security: Implicit, Trust: trust}, ""},
		{"unknown certificate, TLS", Email{Server: secure.String(), Security: Implicit}, "certificate"},
		{"login needed", Email{Server: plain.String(), Trust: trust, From: "login@example.org"}, "the server says 550"},
		{"login", Email{Server: plain.String(), Trust: trust, From: "login@example.org", User: "lvs", Password: "hunter2"}, ""},
		{"login over TLS", Email{Server: secure.String(), Security: Implicit, Trust: trust, From: "login@example.org", User: "lvs", Password: "file:" + password}, ""},
		{"wrong password", Email{Server: plain.String(), Trust: trust, User: "lvs", Password: "hunter3"}, "535"},
		{"login not offered", Email{Server: plain.String(), Security: Clear, User: "lvs", Password: "hunter2"}, "AUTH"},
		{"no password file", Email{Server: plain.String(), Trust: trust, User: "lvs", Password: "file:/no/such/file"}, "no such file"},
		{"one unknown recipient", Email{Server: plain.String(), Trust: trust, To: []string{"nobody@example.org", "ops@example.org"}}, "nobody@example.org>: the server says 550"},
		{"no recipient", Email{Server: plain.String(), Trust: trust, To: []string{"nobody@example.org"}}, "nobody@example.org>: the server says 550"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := newMailer(tt.email).deliver(t.Context(), oneEvent())
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error holds the password: %v", err)
			}
		})
	}
	const taken = 8 // the ones without an error, and one that is partly
	headers, err := filepath.Glob(filepath.Join(spool, "*-H"))
	if err != nil || len(headers) != taken {
		t.Errorf("%d mails, want %d", len(headers), taken)
	}
	for _, file := range headers {
		text, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(text), "Subject: [lvs1] virtual server web DOWN\n") {
			t.Errorf("mail %v:\n%s", err, text)
		}
	}
}
