package mailbox_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/mailbox"
	"github.com/ldirector/ldirector/healthcheck/probetls"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/internal/probetest"
)

const password = `päss "wörd\ 1`

// A dovecot has the account alice.
type dovecot struct {
	imap, imaps, pop3, pop3s netip.AddrPort
	authority                string
}

func startDovecot(t *testing.T) dovecot {
	t.Helper()
	nettest.Require(t, nettest.NetNS, "dovecot") // it changes users, and must be root
	dir := probetest.Dir(t, t.TempDir())
	authority := nettest.NewAuthority(t, dir)
	cert, key := authority.Issue(48*time.Hour, "127.0.0.1")
	d := dovecot{nettest.FreePort(t), nettest.FreePort(t), nettest.FreePort(t), nettest.FreePort(t), authority.File}
	conf := fmt.Sprintf(`
base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = /dev/stderr
protocols = imap pop3
listen = 127.0.0.1
ssl = yes
ssl_cert = <%[2]s
ssl_key = <%[3]s
disable_plaintext_auth = no
auth_failure_delay = 0
passdb {
  driver = passwd-file
  args = scheme=plain username_format=%%u %[1]s/users
}
userdb {
  driver = static
  args = uid=mail gid=mail home=%[1]s/home
}
mail_location = maildir:%[1]s/home
first_valid_uid = 1
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service imap-login {
  inet_listener imap {
    port = %[4]d
  }
  inet_listener imaps {
    port = %[5]d
  }
}
service pop3-login {
  inet_listener pop3 {
    port = %[6]d
  }
  inet_listener pop3s {
    port = %[7]d
  }
}
`, dir, cert, key, d.imap.Port(), d.imaps.Port(), d.pop3.Port(), d.pop3s.Port())
	probetest.Write(t, filepath.Join(dir, "users"), "alice:"+password+"\n")
	home := filepath.Join(dir, "home")
	if err := errors.Join(os.Mkdir(home, 0o755), os.Chown(home, 8, 8)); err != nil { // mail's numbers, in every Debian
		t.Fatal(err)
	}
	p := nettest.Start(t, "dovecot", "-F", "-c", probetest.Write(t, filepath.Join(dir, "conf"), conf))
	probetest.Listening(t, p, d.imap, d.imaps, d.pop3, d.pop3s)
	return d
}

func TestDovecot(t *testing.T) {
	t.Parallel()
	d := startDovecot(t)
	trusted := probetls.Config{Verify: true, CA: d.authority}
	soon := probetls.Config{ExpiryWarning: 72 * time.Hour}
	for _, tt := range []struct {
		name   string
		addr   netip.AddrPort
		config mailbox.Config
		want   string // in the reason; "" for up
	}{
		{"imap greeting", d.imap, mailbox.Config{Protocol: mailbox.IMAP}, ""},
		{"imap login", d.imap, mailbox.Config{Protocol: mailbox.IMAP, Login: "alice", Passwd: password}, ""},
		{"imap bad password", d.imap, mailbox.Config{Protocol: mailbox.IMAP, Login: "alice", Passwd: "sesame"}, "login: NO [AUTHENTICATIONFAILED]"},
		{"imap bad user", d.imap, mailbox.Config{Protocol: mailbox.IMAP, Login: "bob", Passwd: password}, "login: NO [AUTHENTICATIONFAILED]"},
		{"imaps", d.imaps, mailbox.Config{Protocol: mailbox.IMAP, Login: "alice", Passwd: password, TLS: true, TLSConfig: trusted}, ""},
		{"imap starttls", d.imap, mailbox.Config{Protocol: mailbox.IMAP, Login: "alice", Passwd: password, StartTLS: true, TLSConfig: trusted}, ""},
		{"imap certificate expires", d.imap, mailbox.Config{Protocol: mailbox.IMAP, StartTLS: true, TLSConfig: soon}, ""},
		{"imap wrong name", d.imaps, mailbox.Config{Protocol: mailbox.IMAP, TLS: true, TLSConfig: probetls.Config{Verify: true, CA: d.authority, ServerName: "mail.example.com"}}, "certificate is for 127.0.0.1, not mail.example.com"},
		{"imap wrong authority", d.imap, mailbox.Config{Protocol: mailbox.IMAP, StartTLS: true, TLSConfig: probetls.Config{Verify: true}}, "unknown certificate authority"},
		{"imap over pop3", d.pop3, mailbox.Config{Protocol: mailbox.IMAP}, "greeting: +OK"},
		{"pop greeting", d.pop3, mailbox.Config{Protocol: mailbox.POP3}, ""},
		{"pop login", d.pop3, mailbox.Config{Protocol: mailbox.POP3, Login: "alice", Passwd: password}, ""},
		{"pop bad password", d.pop3, mailbox.Config{Protocol: mailbox.POP3, Login: "alice", Passwd: "sesame"}, "login: -ERR [AUTH]"},
		{"pops", d.pop3s, mailbox.Config{Protocol: mailbox.POP3, Login: "alice", Passwd: password, TLS: true, TLSConfig: trusted}, ""},
		{"pop starttls", d.pop3, mailbox.Config{Protocol: mailbox.POP3, Login: "alice", Passwd: password, StartTLS: true, TLSConfig: trusted}, ""},
		{"pop over imap", d.imap, mailbox.Config{Protocol: mailbox.POP3}, "greeting: * OK"},
		{"pops in the clear", d.pop3, mailbox.Config{Protocol: mailbox.POP3, TLS: true}, "does not speak TLS"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := mailbox.New(tt.config)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Prepare(); err != nil {
				t.Fatal(err)
			}
			result, err := probetest.Ask(t.Context(), p, healthcheck.Target{Addr: tt.addr})
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if warns := tt.config.TLSConfig.ExpiryWarning != 0; warns != strings.Contains(result.Warning, "expires in 1 day") {
				t.Errorf("warning %q", result.Warning)
			}
		})
	}
}
