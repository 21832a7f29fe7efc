package httpget_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/httpget"
	"github.com/ldirector/ldirector/healthcheck/probetls"
	"github.com/ldirector/ldirector/internal/nettest"
)

const nginxConf = `
daemon off;
pid nginx.pid;
error_log stderr crit;
worker_processes 1;
events {}
http {
  access_log off;
  client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;
  root ROOT;
  ssl_certificate CERT;
  ssl_certificate_key KEY;
  ssl_client_certificate CA;
  ssl_verify_client optional;
  server {
    listen PLAIN;
    listen TLS ssl http2;
    location / { add_header X-Weight 70%; }
    location /chunked/ { alias ROOT/; ssi on; ssi_types *; }
    location /gzip/ { alias ROOT/; gzip on; gzip_types *; gzip_http_version 1.0; }
    location /moved { return 302 /page.html; }
    location /client { return 200 $ssl_client_verify; }
    location /auth { if ($http_authorization != "Basic dXNlcjpwYXNz") { return 401; } return 200; }
    location /host { return 200 $host; }
  }
  server {
    listen CLEAR http2;
  }
}
`

// An nginx is a running server.
type nginx struct {
	plain, tls, clear netip.AddrPort // HTTP/1, HTTPS, HTTP/2 without TLS
	ca                *nettest.Authority
	page              string
}

func startNginx(t testing.TB) nginx {
	t.Helper()
	nettest.Require(t, nettest.Nginx)
	dir := t.TempDir()
	root := filepath.Join(dir, "html")
	if err := os.MkdirAll(root, 0o755); err != nil {
		t.Fatal(err)
	}
	n := nginx{page: "<p>" + strings.Repeat("hello ", 100) + "</p>\n", ca: nettest.NewAuthority(t, dir)}
	for name, text := range map[string]string{"page.html": n.page, "index.html": n.page} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// The worker is another user if this one is root.
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cert, key := n.ca.Issue(time.Hour, "a.example")
	n.plain, n.tls, n.clear = nettest.FreePort(t), nettest.FreePort(t), nettest.FreePort(t)
	conf := strings.NewReplacer("PLAIN", n.plain.String(), "TLS", n.tls.String(), "CLEAR", n.clear.String(),
		"CERT", cert, "KEY", key, "CA", n.ca.File, "ROOT", root).Replace(nginxConf)
	path := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(path, []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	nettest.Start(t, "nginx", "-p", dir, "-c", path, "-e", "stderr")
	for _, addr := range []netip.AddrPort{n.plain, n.tls, n.clear} {
		nettest.Eventually(t, 10*time.Second, "nginx listens", func() error {
			c, err := net.Dial("tcp", addr.String())
			if err == nil {
				c.Close()
			}
			return err
		})
	}
	return n
}

func TestNginx(t *testing.T) {
	n := startNginx(t)
	cert, key := n.ca.Issue(time.Hour, "client.example")
	verified := probetls.Config{Verify: true, ServerName: "a.example", SNI: true, CA: n.ca.File, Certificate: cert, Key: key}
	weight := httpget.WeightFrom{Header: "X-Weight"}
	tests := []struct {
		name   string
		addr   netip.AddrPort
		url    httpget.URL
		change func(*httpget.Config)
		err    string
	}{
		{"page", n.plain, httpget.URL{Path: "/page.html", Digest: md5Of(n.page), SHA256: sha256Of(n.page), Regex: "^<p>(hello )+</p>"}, nil, ""},
		{"directory", n.plain, httpget.URL{Path: "/", Digest: md5Of(n.page)}, nil, ""},
		{"chunks, whole over 1.0", n.plain, httpget.URL{Path: "/chunked/page.html", Digest: md5Of(n.page)}, nil, ""},
		{"chunks over 1.1", n.plain, httpget.URL{Path: "/chunked/page.html", Digest: md5Of(fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(n.page), n.page)), Regex: "</p>\n$"},
			func(c *httpget.Config) { c.Protocol = "1.1" }, ""},
		{"not asked for gzip", n.plain, httpget.URL{Path: "/gzip/page.html", Digest: md5Of(n.page)}, nil, ""},
		{"gzip", n.plain, httpget.URL{Path: "/gzip/page.html", Regex: `^\x1f`}, func(c *httpget.Config) {
			c.Headers = []httpget.Header{{Name: "Accept-Encoding", Value: "gzip"}}
		}, ""},
		{"moved", n.plain, httpget.URL{Path: "/moved", VirtualHost: "www.example", Digest: md5Of(n.page)}, func(c *httpget.Config) { c.Redirects = 1 }, ""},
		{"not found", n.plain, httpget.URL{Path: "/none"}, nil, "GET /none: status 404, want 200-299"},
		{"HEAD", n.plain, httpget.URL{Path: "/page.html"}, func(c *httpget.Config) { c.Method = "HEAD" }, ""},
		{"POST", n.plain, httpget.URL{Path: "/page.html", Status: "405"}, func(c *httpget.Config) { c.Method, c.Body = "POST", "x" }, ""},
		{"authorized", n.plain, httpget.URL{Path: "/auth"}, func(c *httpget.Config) { c.BasicAuth = "user:pass" }, ""},
		{"not authorized", n.plain, httpget.URL{Path: "/auth"}, func(c *httpget.Config) { c.BasicAuth = "user:past" }, "GET /auth: status 401, want 200-299"},
		{"virtual host", n.plain, httpget.URL{Path: "/host", VirtualHost: "b.example", Regex: "^b.example$"}, nil, ""},
		{"weight", n.plain, httpget.URL{Path: "/page.html"}, func(c *httpget.Config) { c.Weight = weight }, ""},
		{"TLS, unverified", n.tls, httpget.URL{Path: "/page.html", Digest: md5Of(n.page)}, func(c *httpget.Config) { c.SSL = true }, ""},
		{"TLS, verified both ways", n.tls, httpget.URL{Path: "/client", Regex: "^SUCCESS$"}, func(c *httpget.Config) { c.SSL, c.TLS = true, verified }, ""},
		{"HTTP/2, verified both ways", n.tls, httpget.URL{Path: "/client", Regex: "^SUCCESS$"}, func(c *httpget.Config) { c.SSL, c.TLS, c.Protocol = true, verified, "2" }, ""},
		{"HTTP/2 without TLS", n.clear, httpget.URL{Path: "/page.html", Digest: md5Of(n.page)}, func(c *httpget.Config) { c.Protocol = "2" }, ""},
		{"HTTP/2 with a server that speaks 1.1", n.plain, httpget.URL{Path: "/"}, func(c *httpget.Config) { c.Protocol = "2" }, "GET /: server does not speak HTTP/2, but HTTP/1.1"},
		{"HTTP with a server that speaks HTTPS", n.tls, httpget.URL{Path: "/"}, nil, "GET /: status 400, want 200-299"},
		{"HTTPS with a server that speaks HTTP", n.plain, httpget.URL{Path: "/"}, func(c *httpget.Config) { c.SSL = true }, "GET /: TLS handshake: the server does not speak TLS"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := page(tt.url)
			if tt.change != nil {
				tt.change(&c)
			}
			result, err := probe(t, c, tt.addr)
			want := healthcheck.Result{}
			if c.Weight == weight {
				want.Weight = healthcheck.Weight{Kind: healthcheck.WeightPercent, N: 70}
			}
			if err != tt.err || result != want {
				t.Errorf("%+v, error %q\nwant %+v, %q", result, err, want, tt.err)
			}
		})
	}
}

// BenchmarkProbe measures a probe of nginx, which is another process, beside
// net/http's client over the same connections. cpu-µs/op is this process's.
func BenchmarkProbe(b *testing.B) {
	n := startNginx(b)
	probe := func(c httpget.Config, addr netip.AddrPort) func(context.Context) error {
		p, t := prober(b, c), healthcheck.Target{Addr: addr}
		return func(ctx context.Context) error {
			_, err := p.Probe(ctx, t, healthcheck.Up)
			return err
		}
	}
	status, digest, ssl, two := page(httpget.URL{Path: "/page.html"}), page(httpget.URL{Path: "/page.html", Digest: md5Of(n.page)}), page(httpget.URL{Path: "/page.html"}), page(httpget.URL{Path: "/page.html"})
	ssl.SSL, two.Protocol = true, "2"
	b.Run("connect only", func(b *testing.B) {
		measure(b, func(ctx context.Context) error {
			c, err := healthcheck.Dial(ctx, healthcheck.Target{Addr: n.plain})
			if err == nil {
				c.Close()
			}
			return err
		})
	})
	b.Run("status", func(b *testing.B) { measure(b, probe(status, n.plain)) })
	b.Run("digest", func(b *testing.B) { measure(b, probe(digest, n.plain)) })
	b.Run("net-http", func(b *testing.B) { measure(b, netHTTP(n.plain)) })
	b.Run("TLS", func(b *testing.B) { measure(b, probe(ssl, n.tls)) })
	b.Run("HTTP-2", func(b *testing.B) { measure(b, probe(two, n.clear)) })
}

// netHTTP asks for the page with net/http's client.
func netHTTP(addr netip.AddrPort) func(context.Context) error {
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, DisableCompression: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return healthcheck.Dial(ctx, healthcheck.Target{Addr: addr})
		},
	}}
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr.String()+"/page.html", nil)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			return err
		}
		if resp.StatusCode != http.StatusOK {
			return errors.New(resp.Status)
		}
		return nil
	}
}

func measure(b *testing.B, probe func(context.Context) error) {
	b.Helper()
	b.ReportAllocs()
	before := cpu(b)
	for b.Loop() {
		ctx, cancel := context.WithTimeout(b.Context(), 5*time.Second)
		err := probe(ctx)
		cancel()
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

// cpu returns the time that this process has used.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(fmt.Errorf("getrusage: %w", err))
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
