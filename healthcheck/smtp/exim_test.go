package smtp

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/healthcheck/probetls"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/internal/probetest"
)

// startExim runs a mail server in the clear, with STARTTLS, and over TLS.
func startExim(t *testing.T, cert, key string) (plain, secure netip.AddrPort) {
	t.Helper()
	nettest.Require(t, "exim4")
	dir := probetest.Dir(t, t.TempDir())
	if err := os.Chmod(dir, 0o777); err != nil { // exim works as a user of its own
		t.Fatal(err)
	}
	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatal(err)
	}
	plain, secure = nettest.FreePort(t), nettest.FreePort(t)
	config := probetest.Write(t, filepath.Join(dir, "exim.conf"), fmt.Sprintf(`
spool_directory = %[1]s
log_file_path = %[1]s/%%slog
pid_file_path = %[1]s/pid
primary_hostname = mail.example.org
host_lookup =
rfc1413_query_timeout = 0s
smtp_banner = mail.example.org ESMTP\nwelcome
smtp_enforce_sync = true
helo_accept_junk_hosts =
tls_advertise_hosts = *
tls_certificate = %[2]s
tls_privatekey = %[3]s
tls_on_connect_ports = %[4]d
acl_smtp_helo = helo

begin acl
helo:
  deny condition = ${if eq {$sender_helo_name}{unwanted.example.org}}
       message = go away
  accept
`, dir, cert, key, secure.Port()))
	p := nettest.Start(t, "exim4", "-C", config, "-bdf", "-oX", fmt.Sprintf("<, 127.0.0.1.%d , 127.0.0.1.%d", plain.Port(), secure.Port()))
	probetest.Listening(t, p, plain, secure)
	return plain, secure
}

func TestExim(t *testing.T) {
	authority := nettest.NewAuthority(t, probetest.Dir(t, t.TempDir()))
	cert, key := authority.Issue(48*time.Hour, "mail.example.org", "127.0.0.1")
	plain, secure := startExim(t, cert, key)
	trusted := probetls.Config{Verify: true, CA: authority.File, ServerName: "mail.example.org", SNI: true}
	wrongName := trusted
	wrongName.ServerName = "mail.example.net"
	tests := []struct {
		name    string
		addr    netip.AddrPort
		config  Config
		want    string
		warning string
	}{
		{"clear", plain, Config{}, "", ""},
		{"name", plain, Config{HeloName: "probe.example.org"}, "", ""},
		{"unwanted name", plain, Config{HeloName: "unwanted.example.org"}, "HELO: 550 go away", ""},
		{"STARTTLS", plain, Config{StartTLS: true, TLSConfig: trusted}, "", ""},
		{"STARTTLS with another name", plain, Config{StartTLS: true, TLSConfig: wrongName}, "certificate is for", ""},
		{"TLS", secure, Config{TLS: true, TLSConfig: trusted}, "", ""},
		{"expires soon", secure, Config{TLS: true, TLSConfig: probetls.Config{ExpiryWarning: 72 * time.Hour}}, "", "certificate expires in 1 day"},
		{"expires soon, STARTTLS", plain, Config{StartTLS: true, TLSConfig: probetls.Config{ExpiryWarning: 72 * time.Hour}}, "", "certificate expires in 1 day"},
		{"TLS where none is", plain, Config{TLS: true}, "does not speak TLS", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			result, err := askServer(t, tt.config, tt.addr)
			check(t, err, tt.want)
			if !strings.HasPrefix(result.Warning, tt.warning) || tt.warning == "" && result.Warning != "" {
				t.Errorf("warning %q, want %q", result.Warning, tt.warning)
			}
		})
	}
}
