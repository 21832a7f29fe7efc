package exchange

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

// startNginx runs a web server in the clear and over TLS.
func startNginx(t *testing.T, cert, key string) (plain, secure netip.AddrPort) {
	t.Helper()
	nettest.Require(t, nettest.Nginx)
	dir := t.TempDir()
	plain, secure = nettest.FreePort(t), nettest.FreePort(t)
	config := fmt.Sprintf(`
daemon off;
master_process off;
pid %[1]s/pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path %[1]s/body;
  proxy_temp_path %[1]s/proxy;
  fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi;
  scgi_temp_path %[1]s/scgi;
  server {
    listen %[2]s;
    listen %[3]s ssl;
    ssl_certificate %[4]s;
    ssl_certificate_key %[5]s;
    location / { return 200 "hello\n"; }
  }
}
`, dir, plain, secure, cert, key)
	p := nettest.Start(t, "nginx", "-e", "stderr", "-c", probetest.Write(t, filepath.Join(dir, "nginx.conf"), config))
	probetest.Listening(t, p, plain, secure)
	return plain, secure
}

func TestNginx(t *testing.T) {
	authority := nettest.NewAuthority(t, t.TempDir())
	cert, key := authority.Issue(48*time.Hour, "www.example.org", "127.0.0.1")
	plain, secure := startNginx(t, cert, key)
	const request = "GET / HTTP/1.0\r\n\r\n"
	trusted := probetls.Config{Verify: true, CA: authority.File, ServerName: "www.example.org", SNI: true}
	wrongName := trusted
	wrongName.ServerName = "www.example.net"
	tests := []struct {
		name    string
		addr    netip.AddrPort
		config  Config
		want    string
		warning string
	}{
		{"match", plain, Config{Send: request, Expect: `(?s)^HTTP/1\.1 200 .*hello\n$`}, "", ""},
		{"line", plain, Config{Send: request, Expect: "^hello$", Lines: true}, "", ""},
		{"no match", plain, Config{Send: request, Expect: "goodbye"}, `answered "HTTP/1.1 200 OK Server: nginx`, ""},
		{"send alone", plain, Config{Send: request}, "", ""},
		{"handshake alone", secure, Config{TLS: true}, "", ""},
		{"match over TLS", secure, Config{TLS: true, TLSConfig: trusted, Send: request, Expect: "hello"}, "", ""},
		{"no match over TLS", secure, Config{TLS: true, TLSConfig: trusted, Send: request, Expect: "goodbye"}, "without a match", ""},
		{"send alone over TLS", secure, Config{TLS: true, TLSConfig: trusted, Send: request}, "", ""},
		{"expires soon", secure, Config{TLS: true, TLSConfig: probetls.Config{ExpiryWarning: 72 * time.Hour}}, "", "certificate expires in 1 day"},
		{"wrong name", secure, Config{TLS: true, TLSConfig: wrongName}, "certificate is for", ""},
		{"wrong authority", secure, Config{TLS: true, TLSConfig: probetls.Config{Verify: true}}, "unknown certificate authority", ""},
		{"no TLS", plain, Config{TLS: true}, "does not speak TLS", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			result, err := ask(t, tt.config, tt.addr)
			check(t, err, tt.want)
			if !strings.HasPrefix(result.Warning, tt.warning) || tt.warning == "" && result.Warning != "" {
				t.Errorf("warning %q, want %q", result.Warning, tt.warning)
			}
		})
	}
}

func TestOpenSSL(t *testing.T) {
	nettest.Require(t, "openssl")
	authority := nettest.NewAuthority(t, t.TempDir())
	cert, key := authority.Issue(time.Hour, "127.0.0.1")
	addr := nettest.FreePort(t)
	p := nettest.Start(t, "openssl", "s_server", "-accept", addr.String(), "-cert", cert, "-key", key, "-rev", "-tls1_2")
	probetest.Listening(t, p, addr)
	config := Config{TLS: true, TLSConfig: probetls.Config{Verify: true, CA: authority.File}, Send: "hello\n", Expect: "^olleh\n"}
	_, err := ask(t, config, addr) // the reversed line
	check(t, err, "")
	config.TLSConfig.MinVersion = 0x0304
	_, err = ask(t, config, addr)
	check(t, err, "TLS handshake: the server says: protocol version not supported")
}

func TestPrepareMissesFiles(t *testing.T) {
	p := mustNew(t, Config{TLS: true, TLSConfig: probetls.Config{Verify: true, CA: filepath.Join(t.TempDir(), "ca.pem")}})
	if err := p.Prepare(); err == nil || !strings.Contains(err.Error(), os.ErrNotExist.Error()) && !strings.Contains(err.Error(), "no such file") {
		t.Errorf("got %v, want that the file is not there", err)
	}
	check(t, mustNew(t, Config{Expect: "x"}).Prepare(), "")
}
