package main

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
)

// pages returns the address of a server whose pages tell what was asked.
func pages(t *testing.T, cert, key string) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/gone" {
			w.WriteHeader(http.StatusGone)
		}
		_, _ = io.WriteString(w, r.Proto+" "+r.Host+" "+r.RequestURI)
	})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if cert == "" {
			_ = s.Serve(l)
		} else {
			_ = s.ServeTLS(l, cert, key)
		}
	}()
	t.Cleanup(func() { s.Close(); <-done })
	return l.Addr().(*net.TCPAddr).AddrPort()
}

func TestGenhash(t *testing.T) {
	ca := nettest.NewAuthority(t, t.TempDir())
	cert, key := ca.Issue(time.Hour, "www.example.com")
	plain, secure := pages(t, "", ""), pages(t, cert, key)
	name := fmt.Sprintf("www.example.com:%d", secure.Port())
	tests := []struct {
		name   string
		args   []string
		page   string
		stderr string
	}{
		{"address", []string{"http://" + plain.String() + "/a?b=c"}, "HTTP/1.0 " + plain.String() + " /a?b=c", ""},
		{"no path", []string{"http://" + plain.String()}, "HTTP/1.0 " + plain.String() + " /", ""},
		{"virtual host", []string{"--connect", plain.String(), "http://www.example.com/a"}, "HTTP/1.0 www.example.com /a", ""},
		{"another protocol", []string{"--protocol", "1.0C", "http://" + plain.String() + "/a"}, "HTTP/1.0 " + plain.String() + " /a", ""},
		{"name of a certificate", []string{"--ca", ca.File, "--connect", "127.0.0.1", "https://" + name + "/a"}, "HTTP/1.0 " + name + " /a", ""},
		{"HTTP/2", []string{"--ca", ca.File, "--protocol", "2", "--connect", secure.String(), "https://www.example.com/a"}, "HTTP/2.0 www.example.com /a", ""},
		{"any certificate", []string{"--insecure", "https://" + secure.String() + "/a"}, "HTTP/1.0 " + secure.String() + " /a", ""},
		{"unknown certificate", []string{"https://" + secure.String() + "/a"}, "", "ldirector: GET /a: unknown certificate authority \"Test Authority\"\n"},
		{"status", []string{"http://" + plain.String() + "/gone"}, "HTTP/1.0 " + plain.String() + " /gone", "ldirector: the answer has status 410\n"},
		{"time", []string{"--timeout", "0s", "http://" + plain.String() + "/"}, "", "ldirector: http://" + plain.String() + "/: timed out after 0s\n"},
	}
	for _, tt := range tests {
		for digest, sum := range map[string]string{
			"md5":    fmt.Sprintf("%x\n", md5.Sum([]byte(tt.page))),
			"sha256": fmt.Sprintf("%x\n", sha256.Sum256([]byte(tt.page))),
		} {
			t.Run(tt.name+" "+digest, func(t *testing.T) {
				if tt.page == "" {
					sum = ""
				}
				var stdout, stderr bytes.Buffer
				code := run(t.Context(), append([]string{"genhash", "--digest", digest}, tt.args...), &stdout, &stderr)
				if stdout.String() != sum || stderr.String() != tt.stderr || (code != 0) != (sum == "") {
					t.Errorf("status %d, %q, %q\nwant %q, %q", code, stdout.String(), stderr.String(), sum, tt.stderr)
				}
			})
		}
	}
}
