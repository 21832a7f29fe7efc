package httpget_test

import (
	"bytes"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/httpget"
	"github.com/ldirector/ldirector/healthcheck/probetls"
	"github.com/ldirector/ldirector/internal/nettest"
)

// server2 returns the address of Go's HTTP server, which speaks HTTP/1.1 and
// HTTP/2 with TLS if it has a certificate, else without.
func server2(t *testing.T, h http.HandlerFunc, cert, key string) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: h, Protocols: new(http.Protocols), ErrorLog: log.New(io.Discard, "", 0)}
	s.Protocols.SetHTTP1(true)
	s.Protocols.SetHTTP2(true)
	s.Protocols.SetUnencryptedHTTP2(true)
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

func TestHTTP2(t *testing.T) {
	addr := server2(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/echo":
			w.Header().Set("X-Weight", "30%")
			_, _ = io.WriteString(w, strings.Join([]string{r.Proto, r.Method, r.Host, r.UserAgent(), r.Header.Get("X-A"), r.Header.Get("Authorization"), string(body)}, "|"))
		case "/moved":
			http.Redirect(w, r, "/echo", http.StatusSeeOther)
		case "/large":
			_, _ = w.Write(bytes.Repeat([]byte("x"), 100000))
		case "/abort":
			panic(http.ErrAbortHandler)
		default:
			http.NotFound(w, r)
		}
	}, "", "")
	want := "HTTP/2.0|POST|a.example|KeepAliveClient|b|Basic dTpw|ping"
	base := httpget.Config{
		Protocol: "2", Method: "POST", Body: "ping", BasicAuth: "u:p", VirtualHost: "a.example", Redirects: 1,
		Headers: []httpget.Header{{Name: "X-A", Value: "b"}}, BodyLimit: 1000,
	}
	tests := []struct {
		url    httpget.URL
		weight httpget.WeightFrom
		result healthcheck.Result
		err    string
	}{
		{url: httpget.URL{Path: "/echo", Digest: md5Of(want), SHA256: sha256Of(want), Regex: "ping$"}},
		{url: httpget.URL{Path: "/echo"}, weight: httpget.WeightFrom{Header: "x-weight"}, result: healthcheck.Result{Weight: healthcheck.Weight{Kind: healthcheck.WeightPercent, N: 30}}},
		{url: httpget.URL{Path: "/moved", Regex: "GET"}},
		{url: httpget.URL{Path: "/none"}, err: "POST /none: status 404, want 200-299"},
		{url: httpget.URL{Path: "/large"}},
		{url: httpget.URL{Path: "/large", Digest: md5Of("")}, err: "POST /large: body is longer than 1000 bytes (body_limit)"},
		{url: httpget.URL{Path: "/abort"}, err: "POST /abort: HTTP/2: stream error: stream ID 1; INTERNAL_ERROR; received from peer"},
	}
	for _, tt := range tests {
		c := base
		c.URLs, c.Weight = []httpget.URL{tt.url}, tt.weight
		if result, err := probe(t, c, addr); err != tt.err || result != tt.result {
			t.Errorf("%s: %+v, error %q\nwant %+v, %q", tt.url.Path, result, err, tt.result, tt.err)
		}
	}
}

func TestHTTP2NeedsAServerThatSpeaksIt(t *testing.T) {
	c := page(httpget.URL{})
	c.Protocol = "2"
	tests := []struct{ name, answer, err string }{
		{"HTTP/1.1", "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n\r\nno", "GET /: server does not speak HTTP/2, but HTTP/1.1"},
		{"nothing", "", "GET /: HTTP/2: the server closed the connection"},
	}
	for _, tt := range tests {
		if _, err := probe(t, c, answers(t, tt.answer)); err != tt.err {
			t.Errorf("%s: error %q, want %q", tt.name, err, tt.err)
		}
	}
}

func TestTLS(t *testing.T) {
	ca := nettest.NewAuthority(t, t.TempDir())
	cert, key := ca.Issue(48*time.Hour+time.Minute, "a.example")
	addr := server2(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto+"|"+r.TLS.ServerName)
	}, cert, key)
	verify := probetls.Config{Verify: true, CA: ca.File, SNI: true}
	named := verify
	named.ServerName = "a.example"
	expires := named
	expires.ExpiryWarning = 72 * time.Hour
	tests := []struct {
		name             string
		tls              probetls.Config
		host, protocol   string
		want             string
		warning, errText string
	}{
		{"virtual host is the name", verify, "a.example:443", "1.1", "HTTP/1.1|a.example", "", ""},
		{"name of its own", named, "b.example", "1.1", "HTTP/1.1|a.example", "", ""},
		{"HTTP/2", named, "", "2", "HTTP/2.0|a.example", "", ""},
		{"another name", verify, "b.example", "1.1", "", "", "GET /: certificate is for a.example, not b.example"},
		{"address", verify, "", "1.1", "", "", "GET /: certificate is for a.example, not 127.0.0.1"},
		{"as keepalived", probetls.Config{}, "b.example", "1.0", "HTTP/1.0|", "", ""},
		{"expires", expires, "", "1.1", "", "certificate expires in 2 days, " + time.Now().Add(48*time.Hour+time.Minute).UTC().Format(time.DateOnly), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := page(httpget.URL{VirtualHost: tt.host})
			if tt.want != "" {
				c.URLs[0].SHA256 = sha256Of(tt.want)
			}
			c.SSL, c.TLS, c.Protocol = true, tt.tls, tt.protocol
			result, err := probe(t, c, addr)
			if err != tt.errText || result.Warning != tt.warning {
				t.Errorf("warning %q, error %q\nwant %q, %q", result.Warning, err, tt.warning, tt.errText)
			}
		})
	}
}

func TestPrepareLooksForTheFiles(t *testing.T) {
	c := page(httpget.URL{})
	c.SSL, c.TLS = true, probetls.Config{Verify: true, CA: "/nowhere/ca.pem"}
	if err := prober(t, c).Prepare(); err == nil || !strings.Contains(err.Error(), "/nowhere/ca.pem") {
		t.Errorf("error: %v", err)
	}
	c.SSL = false
	if err := prober(t, c).Prepare(); err != nil {
		t.Errorf("error: %v", err)
	}
}
