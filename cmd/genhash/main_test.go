package main

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
)

// genhash runs a command line and returns what it printed, without the time.
func genhash(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return timeless(out.String()), errs.String(), code
}

func timeless(s string) string {
	return regexp.MustCompile(`= \d+ usecs`).ReplaceAllString(s, "= N usecs")
}

// address returns the options for a server.
func address(addr netip.AddrPort) []string {
	return []string{"-s", addr.Addr().String(), "-p", strconv.Itoa(int(addr.Port()))}
}

// answers are what the server of the tests says, by path.
func answers() map[string]string {
	const ok = "HTTP/1.1 200 OK\r\n"
	return map[string]string{
		"/length":        ok + "Content-Length: 5\r\n\r\nhello",
		"/more":          ok + "Content-Length: 3\r\n\r\nhello",
		"/less":          ok + "Content-Length: 30\r\n\r\nhello",
		"/close":         ok + "\r\nhello",
		"/empty":         ok + "Content-Length: 0\r\n\r\n",
		"/none":          "HTTP/1.0 204 No Content\r\n\r\n",
		"/404":           "HTTP/1.0 404 Not Found\r\n\r\nnothing here",
		"/twice":         ok + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nhello",
		"/chunked":       ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		"/chunkedlength": ok + "Content-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		"/binary":        ok + "Content-Length: 10000\r\n\r\n" + binary(),
		"/binaryclose":   ok + "\r\n" + binary(),
	}
}

// binary returns a body with all bytes, longer than keepalived's buffer.
func binary() string {
	b := make([]byte, 10000)
	for i := range b {
		b[i] = byte(i * i >> 3)
	}
	return string(b)
}

// serve returns the address of a server that gives the answers, and a channel
// of the requests that it read.
func serve(t *testing.T) (netip.AddrPort, <-chan string) {
	requests := make(chan string, 1)
	return nettest.Serve(t, func(c net.Conn) {
		b := make([]byte, 4096)
		n, _ := c.Read(b)
		requests <- string(b[:n])
		path := strings.Fields(string(b[:n]) + " x x")[1]
		_, _ = io.WriteString(c, answers()[path])
		_ = c.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, c)
	}), requests
}

// TestAsKeepalived compares requests and output with keepalived's own genhash.
func TestAsKeepalived(t *testing.T) {
	nettest.Require(t, nettest.Keepalived)
	addr, requests := serve(t)
	for path := range answers() {
		for _, more := range [][]string{nil, {"-v"}, {"-P", "1.0c", "-V", "a.example"}, {"--proto", "1.1", "--verb"}} {
			args := append(append(address(addr), "-u", path), more...)
			want, err := exec.Command("genhash", args...).Output()
			if err != nil {
				t.Fatal(err)
			}
			asked := <-requests
			got, errs, code := genhash(t, args...)
			if request := <-requests; request != asked {
				t.Errorf("genhash %s asks %q\nkeepalived's %q", args, request, asked)
			}
			if got != timeless(string(want)) || code != 0 {
				t.Errorf("genhash %s: status %d, %s, prints\n%s\nkeepalived's\n%s", args, code, errs, got, want)
			}
		}
	}
}

const nginxConf = `
daemon off;
pid nginx.pid;
error_log stderr crit;
worker_processes 1;
events {}
http {
  access_log off;
  client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;
  root html;
  ssl_certificate CERT;
  ssl_certificate_key KEY;
  server {
    listen PLAIN;
    listen TLS ssl;
    location /ssi/ { alias html/; ssi on; ssi_types *; }
  }
}
`

// nginx returns the addresses of an nginx, without and with TLS. What is under
// /ssi/ has no Content-Length, so HTTP/1.1 has it in chunks.
func nginx(t *testing.T) (plain, tls netip.AddrPort) {
	t.Helper()
	nettest.Require(t, nettest.Nginx)
	dir := t.TempDir()
	html := filepath.Join(dir, "html")
	if err := os.MkdirAll(html, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"page.html": "<p>hello</p>\n", "empty.html": "", "page.bin": binary()} {
		if err := os.WriteFile(filepath.Join(html, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// The worker is another user if this one is root.
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cert, key := nettest.NewAuthority(t, dir).Issue(time.Hour, "a.example")
	plain, tls = nettest.FreePort(t), nettest.FreePort(t)
	conf := strings.NewReplacer("PLAIN", plain.String(), "TLS", tls.String(), "CERT", cert, "KEY", key, "html", html).Replace(nginxConf)
	path := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(path, []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	nettest.Start(t, "nginx", "-p", dir, "-c", path, "-e", "stderr")
	for _, addr := range []netip.AddrPort{plain, tls} {
		nettest.Eventually(t, 10*time.Second, "nginx listens", func() error {
			c, err := net.Dial("tcp", addr.String())
			if err == nil {
				c.Close()
			}
			return err
		})
	}
	return plain, tls
}

// TestAsKeepalivedWithNginx compares digests of a real server's pages.
func TestAsKeepalivedWithNginx(t *testing.T) {
	nettest.Require(t, nettest.Keepalived)
	plain, tls := nginx(t)
	for _, path := range []string{"/page.html", "/empty.html", "/page.bin", "/ssi/page.html", "/ssi/page.bin", "/none"} {
		for _, protocol := range []string{"1.0", "1.0c", "1.1"} {
			for _, where := range [][]string{address(plain), append(address(tls), "-S"), append(address(tls), "-S", "-I", "-V", "a.example")} {
				args := append([]string{"-u", path, "-P", protocol}, where...)
				want, err := exec.Command("genhash", args...).Output()
				if err != nil {
					t.Fatal(err)
				}
				if got, errs, code := genhash(t, args...); got != string(want) || len(got) != 33 || code != 0 {
					t.Errorf("genhash %s: status %d, %s, %q, want %q", args, code, errs, got, want)
				}
			}
		}
	}
}

func TestErrors(t *testing.T) {
	addr := nettest.Serve(t, nettest.Answer("hello\n", nettest.Silent))
	server := address(addr)
	tests := []struct {
		args []string
		want string
	}{
		{nil, "--server, --port and --url are needed: try genhash --help"},
		{append(server, "/"), `"/" is no option: try genhash --help`},
		{append(server, "-u", "/"), `GET /: answer is not HTTP: "hello"`},
		{append(server, "-u", "index.html"), `path "index.html": it begins with "/"`},
		{[]string{"-s", "localhost", "-p", "80", "-u", "/"}, `server "localhost" is no IP address`},
		{append(server, "-u", "/", "-P", "1.2"), `HTTP protocol "1.2" is not known: use "1.0", "1.0C", "1.1" or "2"`},
		{append(server, "-u", "/", "-P", "2"), "HTTP protocol 2: use ldirector genhash --protocol 2"},
		{append(server, "-u", "/", "-t", "0"), "timed out after 0s"},
		{[]string{"-x"}, "unknown shorthand flag: 'x' in -x"},
		{[]string{"--use", "x"}, "unknown flag: --use"},
	}
	for _, tt := range tests {
		if out, errs, code := genhash(t, tt.args...); out != "" || errs != "genhash: "+tt.want+"\n" || code != 1 {
			t.Errorf("genhash %s: status %d, %q, %q, want %q", tt.args, code, out, errs, tt.want)
		}
	}
}

func TestHelp(t *testing.T) {
	out, errs, code := genhash(t, "-h")
	if !strings.Contains(out, "--use-virtualhost") || errs != "" || code != 0 {
		t.Errorf("status %d, %q, %q", code, out, errs)
	}
}
