package httpget_test

import (
	"bufio"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/httpget"
	"github.com/ldirector/ldirector/internal/nettest"
)

// page returns the Config that asks for one URL.
func page(u httpget.URL) httpget.Config {
	if u.Path == "" {
		u.Path = "/"
	}
	return httpget.Config{URLs: []httpget.URL{u}}
}

func prober(t testing.TB, c httpget.Config) *httpget.Prober {
	t.Helper()
	p, err := httpget.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// probe asks a server on addr; it has a minute.
func probe(t *testing.T, c httpget.Config, addr netip.AddrPort) (healthcheck.Result, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	result, err := prober(t, c).Probe(ctx, healthcheck.Target{Addr: addr}, healthcheck.Unknown)
	return result, text(err)
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// answers returns the address of a server that reads a request, answers and
// closes the connection.
func answers(t *testing.T, answer string) netip.AddrPort {
	return nettest.Serve(t, nettest.Answer(answer, drain))
}

// drain ends the connection in a way that resets nothing.
func drain(c net.Conn) {
	_ = c.(*net.TCPConn).CloseWrite()
	_, _ = io.Copy(io.Discard, c)
}

func md5Of(s string) string    { d := md5.Sum([]byte(s)); return hex.EncodeToString(d[:]) }
func sha256Of(s string) string { d := sha256.Sum256([]byte(s)); return hex.EncodeToString(d[:]) }

// TestRequest compares with what keepalived 2.2.7 sends.
func TestRequest(t *testing.T) {
	tests := []struct {
		name   string
		config httpget.Config
		want   string
	}{
		{"1.0", httpget.Config{}, "GET /x HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: ADDR\r\n\r\n"},
		{"1.0C", httpget.Config{Protocol: "1.0C"}, "GET /x HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: ADDR\r\n\r\n"},
		{"1.1", httpget.Config{Protocol: "1.1", VirtualHost: "a.example"}, "GET /x HTTP/1.1\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: a.example\r\n\r\n"},
		{"headers", httpget.Config{Headers: []httpget.Header{{Name: "X-A", Value: "b c"}, {Name: "user-agent", Value: "probe/1"}}, BasicAuth: "user:pass:word"},
			"GET /x HTTP/1.0\r\nUser-Agent: probe/1\r\nHost: ADDR\r\nX-A: b c\r\nAuthorization: Basic dXNlcjpwYXNzOndvcmQ=\r\n\r\n"},
		{"body", httpget.Config{Method: "POST", Body: "a=b"}, "POST /x HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: ADDR\r\nContent-Length: 3\r\n\r\na=b"},
		{"no body", httpget.Config{Method: "POST"}, "POST /x HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: ADDR\r\nContent-Length: 0\r\n\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			seen := make(chan string, 1)
			addr := nettest.Serve(t, func(c net.Conn) {
				b := make([]byte, 4096)
				n, _ := c.Read(b)
				seen <- string(b[:n])
				_, _ = io.WriteString(c, "HTTP/1.0 200 OK\r\n\r\n")
				drain(c)
			})
			tt.config.URLs = []httpget.URL{{Path: "/x"}}
			if _, err := probe(t, tt.config, addr); err != "" {
				t.Fatal(err)
			}
			if got, want := <-seen, strings.ReplaceAll(tt.want, "ADDR", addr.String()); got != want {
				t.Errorf("sent %q\nwant %q", got, want)
			}
		})
	}
}

func TestAnswer(t *testing.T) {
	const (
		ok      = "HTTP/1.1 200 OK\r\n"
		chunked = ok + "Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nX: y\r\n\r\n"
	)
	tests := []struct {
		name    string
		url     httpget.URL
		answer  string
		err     string
		warning string
	}{
		{name: "status", answer: ok + "\r\nhello"},
		{name: "status without reason", answer: "HTTP/1.1 200\r\n\r\n"},
		{name: "status of a range", url: httpget.URL{Status: "301-302 404"}, answer: "HTTP/1.1 404 Not Found\r\n\r\n"},
		{name: "wrong status", url: httpget.URL{Path: "/health"}, answer: "HTTP/1.1 503 Gone\r\n\r\n", err: "GET /health: status 503, want 200-299"},
		{name: "redirect", url: httpget.URL{Status: "200 204-206"}, answer: "HTTP/1.1 302 Found\r\nLocation: /\x1blogin\r\n\r\n", err: `GET /: status 302 (to "/\x1blogin"), want 200 204-206`},
		{name: "status of two digits", answer: "HTTP/1.1 20 OK\r\n\r\n", err: `GET /: answer has no status code: "HTTP/1.1 20 OK"`},
		{name: "interim answers", answer: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok + "\r\n"},
		{name: "lines without CR", url: httpget.URL{Digest: md5Of("hello")}, answer: "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello, world"},
		{name: "no answer", answer: "", err: "GET /: connection closed without an answer"},
		{name: "no end of the header", answer: ok + "A: b\r\n", err: "GET /: connection closed in the header"},
		{name: "no end of the first line", answer: "HTT", err: "GET /: connection closed in the header"},
		{name: "garbage", answer: "\x1b[31mSSH-2.0-OpenSSH\r\n", err: `GET /: answer is not HTTP: "\x1b[31mSSH-2.0-OpenSSH"`},
		{name: "long garbage", answer: strings.Repeat("x", 100), err: `GET /: answer is not HTTP: "` + strings.Repeat("x", 32) + `"`},
		{name: "endless header", answer: ok + strings.Repeat("X-A: b\r\n", 20000), err: "GET /: header is longer than 65536 bytes"},
		{name: "endless line", answer: ok + "X-A: " + strings.Repeat("b", 100000), err: "GET /: header is longer than 65536 bytes"},
		{name: "long line", url: httpget.URL{Digest: md5Of("hel")}, answer: ok + "X-A: " + strings.Repeat("b", 9000) + "\r\nContent-Length: 3\r\n\r\nhello"},
		{name: "long path", url: httpget.URL{Path: "/" + strings.Repeat("p", 100)}, answer: "HTTP/1.0 500 No\r\n\r\n", err: "GET /" + strings.Repeat("p", 63) + "…: status 500, want 200-299"},

		{name: "digest", url: httpget.URL{Digest: md5Of("hello")}, answer: ok + "\r\nhello"},
		{name: "digest in capitals", url: httpget.URL{Digest: strings.ToUpper(md5Of("hello"))}, answer: ok + "\r\nhello"},
		{name: "digest of nothing", url: httpget.URL{Digest: md5Of("")}, answer: "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"},
		{name: "digest up to Content-Length", url: httpget.URL{Digest: md5Of("hel")}, answer: ok + "content-length: 3\r\n\r\nhello"},
		{name: "the first Content-Length", url: httpget.URL{Digest: md5Of("hel")}, answer: ok + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nhello"},
		{name: "a Content-Length that is no number", url: httpget.URL{Digest: md5Of("hello")}, answer: ok + "Content-Length: 3x\r\n\r\nhello"},
		{name: "another header like Content-Length", url: httpget.URL{Digest: md5Of("hello")}, answer: ok + "X-Content-Length: 3\r\n\r\nhello"},
		{name: "digest of chunks", url: httpget.URL{Digest: md5Of("5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nX: y\r\n\r\n")}, answer: chunked},
		{name: "digest of chunks up to Content-Length", url: httpget.URL{Digest: md5Of("5\r\nhell")}, answer: ok + "Content-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"},
		{name: "digests of a large body", url: httpget.URL{Digest: md5Of(strings.Repeat("0123456789", 50000)), SHA256: sha256Of(strings.Repeat("0123456789", 50000))}, answer: ok + "\r\n" + strings.Repeat("0123456789", 50000)},
		{name: "wrong digest", url: httpget.URL{Digest: md5Of("hello")}, answer: ok + "\r\nhullo", err: "GET /: digest 54bf43965e2b… differs from 5d41402abc4b…"},
		{name: "sha256", url: httpget.URL{SHA256: sha256Of("hello")}, answer: ok + "\r\nhello"},
		{name: "wrong sha256", url: httpget.URL{SHA256: sha256Of("hello")}, answer: ok + "\r\nhullo", err: "GET /: sha256 7835066a1457… differs from 2cf24dba5fb0…"},
		{name: "short body", answer: ok + "Content-Length: 30\r\n\r\nhello", warning: "body ended after 5 of 30 bytes"},
		{name: "chunks without end", answer: ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", warning: "chunked body has no end"},
		{name: "broken chunks", answer: ok + "Transfer-Encoding: chunked\r\n\r\nhello\r\n", err: "GET /: chunked body is broken: no size of a chunk"},
		{name: "chunk longer than it says", answer: ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n", err: "GET /: chunked body is broken: 'l' follows a chunk"},
		{name: "huge chunk", answer: ok + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", err: "GET /: chunked body is broken: no size of a chunk"},

		{name: "regex", url: httpget.URL{Regex: "lo w"}, answer: chunked},
		{name: "no regex", url: httpget.URL{Regex: "bye"}, answer: chunked, err: `GET /: "bye" does not match the body of 11 bytes`},
		{name: "regex that must not match", url: httpget.URL{Regex: "error", RegexNoMatch: true}, answer: ok + "\r\nfine"},
		{name: "regex that must not match, matches", url: httpget.URL{Regex: "err.r", RegexNoMatch: true}, answer: ok + "\r\nan error", err: `GET /: "err.r" matches the body`},
		{name: "caseless", url: httpget.URL{Regex: "HELLO", RegexOptions: []string{"caseless"}}, answer: ok + "\r\nhello"},
		{name: "multiline", url: httpget.URL{Regex: "^b$", RegexOptions: []string{"multiline"}}, answer: ok + "\r\na\nb\nc"},
		{name: "not multiline", url: httpget.URL{Regex: "^b$"}, answer: ok + "\r\na\nb\nc", err: `GET /: "^b$" does not match the body of 5 bytes`},
		{name: "dotall", url: httpget.URL{Regex: "a.*c", RegexOptions: []string{"dotall"}}, answer: ok + "\r\na\nb\nc"},
		{name: "earliest start", url: httpget.URL{Regex: "o", RegexMinOffset: 5}, answer: ok + "\r\nhello, world"},
		{name: "start too early", url: httpget.URL{Regex: "e", RegexMinOffset: 5}, answer: ok + "\r\nhello, world", err: `GET /: "e" does not match the body of 12 bytes`},
		{name: "start after the body", url: httpget.URL{Regex: "x*", RegexMinOffset: 6}, answer: ok + "\r\nhello", err: `GET /: "x*" does not match the body of 5 bytes`},
		{name: "latest start", url: httpget.URL{Regex: "w", RegexMaxOffset: 7}, answer: ok + "\r\nhello, world"},
		{name: "start too late", url: httpget.URL{Regex: "w", RegexMaxOffset: 6}, answer: ok + "\r\nhello, world", err: `GET /: "w" does not match the body of 12 bytes`},
		{name: "window", url: httpget.URL{Regex: "w", RegexMinOffset: 7, RegexMaxOffset: 7}, answer: ok + "\r\nhello, world"},
		{name: "bytes that are no UTF-8", url: httpget.URL{Regex: "a.b"}, answer: ok + "\r\na\xffb"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			result, err := probe(t, page(tt.url), answers(t, tt.answer))
			if err != tt.err || result.Warning != tt.warning {
				t.Errorf("error %q, warning %q\nwant  %q, %q", err, result.Warning, tt.err, tt.warning)
			}
		})
	}
}

// TestAnswerEndsWithoutTheConnection is about servers that keep it open.
func TestAnswerEndsWithoutTheConnection(t *testing.T) {
	tests := []struct {
		name, method, answer string
	}{
		{"Content-Length", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"},
		{"chunks", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"},
		{"HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"},
		{"204", "GET", "HTTP/1.1 204 No Content\r\n\r\n"},
		{"empty", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := page(httpget.URL{})
			c.Method = tt.method
			if _, err := probe(t, c, nettest.Serve(t, nettest.Answer(tt.answer, nettest.Silent))); err != "" {
				t.Error(err)
			}
		})
	}
}

func TestBodyLimit(t *testing.T) {
	long := "HTTP/1.1 200 OK\r\n\r\n"
	tests := []struct {
		name string
		url  httpget.URL
		from httpget.WeightFrom
		err  string
	}{
		{name: "status only"},
		{name: "digest", url: httpget.URL{Digest: md5Of("")}, err: "GET /: body is longer than 1000 bytes (body_limit)"},
		{name: "match before the limit", url: httpget.URL{Regex: "xx"}},
		{name: "no match before the limit", url: httpget.URL{Regex: "y"}, err: "GET /: body is longer than 1000 bytes (body_limit)"},
		{name: "perhaps no match", url: httpget.URL{Regex: "y", RegexNoMatch: true}, err: "GET /: body is longer than 1000 bytes (body_limit)"},
		{name: "weight", from: httpget.WeightFrom{Body: true}, err: "GET /: body is longer than 1000 bytes (body_limit)"},
		{name: "pattern of weight", from: httpget.WeightFrom{Body: true, Pattern: `\d+`}, err: "GET /: body is longer than 1000 bytes (body_limit)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := page(tt.url)
			c.BodyLimit, c.Weight = 1000, tt.from
			_, err := probe(t, c, nettest.Serve(t, nettest.Answer(long, nettest.Flood("x", 1<<30))))
			if err != tt.err {
				t.Errorf("error %q, want %q", err, tt.err)
			}
		})
	}
}

func TestWeight(t *testing.T) {
	header := httpget.WeightFrom{Header: "X-Weight"}
	all := httpget.WeightFrom{Body: true}
	part := httpget.WeightFrom{Body: true, Pattern: `load=(\d+)`}
	tests := []struct {
		name   string
		from   httpget.WeightFrom
		answer string
		want   healthcheck.Weight
		err    string
	}{
		{"nowhere", httpget.WeightFrom{}, "X-Weight: 5\r\n\r\n7", healthcheck.Weight{}, ""},
		{"header", header, "x-weight: 17\r\n\r\n", healthcheck.Weight{Kind: healthcheck.WeightIs, N: 17}, ""},
		{"percent", header, "X-Weight: 75%\r\n\r\n", healthcheck.Weight{Kind: healthcheck.WeightPercent, N: 75}, ""},
		{"zero", header, "X-Weight: 0\r\n\r\n", healthcheck.Weight{Kind: healthcheck.WeightIs}, ""},
		{"no header", header, "\r\n", healthcheck.Weight{}, "GET /: no weight: there is no header X-Weight"},
		{"no number", header, "X-Weight: -1\r\n\r\n", healthcheck.Weight{}, `GET /: no weight in header X-Weight: "-1"`},
		{"too large", header, "X-Weight: 65536\r\n\r\n", healthcheck.Weight{}, "GET /: weight in header X-Weight is 65536, more than 65535"},
		{"body", all, "\r\n 17\n", healthcheck.Weight{Kind: healthcheck.WeightIs, N: 17}, ""},
		{"body in chunks", all, "Transfer-Encoding: chunked\r\n\r\n1\r\n1\r\n2\r\n7%\r\n0\r\n\r\n", healthcheck.Weight{Kind: healthcheck.WeightPercent, N: 17}, ""},
		{"empty body", all, "\r\n", healthcheck.Weight{}, `GET /: no weight in body: ""`},
		{"much", all, "\r\n" + strings.Repeat("1", 100), healthcheck.Weight{}, `GET /: no weight in body: "` + strings.Repeat("1", 32) + `"`},
		{"pattern", part, "\r\nbusy=1 load=30 x", healthcheck.Weight{Kind: healthcheck.WeightIs, N: 30}, ""},
		{"pattern without group", httpget.WeightFrom{Body: true, Pattern: `\d+%`}, "\r\nbusy=1 free=30%", healthcheck.Weight{Kind: healthcheck.WeightPercent, N: 30}, ""},
		{"no match", part, "\r\nbusy=1", healthcheck.Weight{}, `GET /: no weight in body: "load=(\\d+)" does not match`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := page(httpget.URL{})
			c.Weight = tt.from
			result, err := probe(t, c, answers(t, "HTTP/1.1 200 OK\r\n"+tt.answer))
			if err != tt.err || result.Weight != tt.want {
				t.Errorf("weight %+v, error %q\nwant %+v, %q", result.Weight, err, tt.want, tt.err)
			}
		})
	}
}

// site returns the address of a server that knows the answers to requests that
// begin so, each with an end.
func site(t *testing.T, pages map[string]string) netip.AddrPort {
	return nettest.Serve(t, func(c net.Conn) {
		line, err := bufio.NewReader(c).ReadString('\n')
		if err != nil {
			return
		}
		for begin, answer := range pages {
			if strings.HasPrefix(line, begin+" ") {
				_, _ = io.WriteString(c, strings.ReplaceAll(answer, "ADDR", c.LocalAddr().String()))
			}
		}
		drain(c)
	})
}

func TestRedirects(t *testing.T) {
	moved := func(to string) string { return "HTTP/1.1 302 Found\r\nLocation: " + to + "\r\n\r\n" }
	addr := site(t, map[string]string{
		"GET /":          "HTTP/1.1 200 OK\r\n\r\n",
		"GET /path":      moved("/"),
		"GET /a/b":       moved("../"),
		"GET /query":     moved("?x=1"),
		"GET /query?x=1": moved("/#x"),
		"GET /url":       moved("http://ADDR/path"),
		"GET /name":      moved("http://A.example:80/path"),
		"GET /else":      moved("http://b.example/"),
		"GET /tls":       moved("https://ADDR/"),
		"GET /port":      moved("http://a.example:81/"),
		"GET /loop":      moved("/loop"),
		"GET /broken":    moved("http://[::1/"),
		"GET /nowhere":   "HTTP/1.1 302 Found\r\n\r\n",
		"POST /form":     moved("/"),
		"POST /again":    "HTTP/1.1 307 Temporary Redirect\r\nLocation: /form2\r\n\r\n",
		"POST /form2":    "HTTP/1.1 200 OK\r\n\r\n",
	})
	tests := []struct {
		method, path, status string
		redirects            int
		err                  string
	}{
		{"", "/path", "", 1, ""},
		{"", "/path", "", 0, `GET /path: status 302 (to "/"), want 200-299`},
		{"", "/path", "302", 5, ""},
		{"", "/a/b", "", 1, ""},
		{"", "/query", "", 2, ""},
		{"", "/url", "", 2, ""},
		{"", "/url", "", 1, `GET /path: status 302 (to "/") after 1 redirects`},
		{"", "/name", "", 2, ""},
		{"", "/else", "", 2, `GET /else: status 302 to "http://b.example/", which is not this server`},
		{"", "/tls", "", 2, `GET /tls: status 302 to "https://` + addr.String() + `/", which is not this server`},
		{"", "/port", "", 2, `GET /port: status 302 to "http://a.example:81/", which is not this server`},
		{"", "/loop", "", 3, `GET /loop: status 302 (to "/loop") after 3 redirects`},
		{"", "/broken", "", 3, `GET /broken: status 302 to "http://[::1/", which is no URL`},
		{"", "/nowhere", "", 3, "GET /nowhere: status 302, want 200-299"},
		{"POST", "/form", "", 1, ""},
		{"POST", "/again", "", 1, ""},
	}
	for _, tt := range tests {
		c := page(httpget.URL{Path: tt.path, Status: tt.status, VirtualHost: "a.example"})
		c.Redirects, c.Method = tt.redirects, tt.method
		if _, err := probe(t, c, addr); err != tt.err {
			t.Errorf("%s %s, %d redirects: error %q, want %q", tt.method, tt.path, tt.redirects, err, tt.err)
		}
	}
}

func TestSeveralURLs(t *testing.T) {
	addr := site(t, map[string]string{
		"GET /a": "HTTP/1.1 200 OK\r\nX-Weight: 5\r\n\r\n",
		"GET /b": "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
		"GET /c": "HTTP/1.1 500 No\r\n\r\n",
	})
	c := httpget.Config{URLs: []httpget.URL{{Path: "/a"}, {Path: "/b"}}, Weight: httpget.WeightFrom{Header: "X-Weight"}}
	result, err := probe(t, c, addr)
	want := healthcheck.Result{Weight: healthcheck.Weight{Kind: healthcheck.WeightIs, N: 5}, Warning: "body ended after 5 of 9 bytes"}
	if err != "" || result != want {
		t.Errorf("%+v, error %q, want %+v", result, err, want)
	}
	c.URLs = append(c.URLs, httpget.URL{Path: "/c"}, httpget.URL{Path: "/a"})
	if _, err := probe(t, c, addr); err != "GET /c: status 500, want 200-299" {
		t.Errorf("error %q", err)
	}
}

// TestHostileServers asks servers that would hold a probe for ever.
func TestHostileServers(t *testing.T) {
	servers := nettest.Hostile()
	for _, begin := range []string{"HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"} {
		for _, s := range nettest.Hostile() {
			servers = append(servers, nettest.HostileConduct{Name: s.Name + " after " + begin[17:], Conduct: nettest.Answer(begin, s.Conduct)})
		}
	}
	for _, protocol := range []string{"1.1", "2"} {
		for _, s := range servers {
			t.Run(protocol+" "+s.Name, func(t *testing.T) {
				t.Parallel()
				c := page(httpget.URL{Regex: "never"})
				c.Protocol = protocol
				ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
				defer cancel()
				_, err := prober(t, c).Probe(ctx, healthcheck.Target{Addr: nettest.Serve(t, s.Conduct)}, healthcheck.Unknown)
				if err == nil || errors.Is(err, healthcheck.ErrLocal) || len(err.Error()) > 150 {
					t.Errorf("error: %v", err)
				}
			})
		}
	}
}

// TestDeadlines gives urls their shares of the time.
func TestDeadlines(t *testing.T) {
	tests := []struct {
		name string
		urls int
		took time.Duration
		err  string
		is   bool // context.DeadlineExceeded
	}{
		{"one url", 1, 6 * time.Second, "GET /: timed out", true},
		{"two urls", 2, 3 * time.Second, "GET /: timed out after 3s", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := httpget.Config{URLs: make([]httpget.URL, tt.urls)}
				for i := range c.URLs {
					c.URLs[i].Path = "/"
				}
				near, far := net.Pipe()
				go nettest.Drip("HTTP/1.1 200 OK\r\n\r\n"+strings.Repeat("x", 1000), time.Second/2)(far)
				ctx, cancel := context.WithTimeout(t.Context(), 6*time.Second)
				start := time.Now()
				_, err := prober(t, c).Talk(ctx, near, healthcheck.Target{}, healthcheck.Up)
				if took := time.Since(start); took != tt.took || errors.Is(err, context.DeadlineExceeded) != tt.is || !tt.is && text(err) != tt.err {
					t.Errorf("%v after %s, want %q after %s", err, took, tt.err, tt.took)
				}
				cancel()
				near.Close()
				far.Close()
			})
		})
	}
}

func TestCancelEndsAProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		go nettest.Silent(far)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		_, err := prober(t, page(httpget.URL{})).Talk(ctx, near, healthcheck.Target{}, healthcheck.Up)
		if err == nil || time.Since(start) != time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		near.Close()
		far.Close()
	})
}

func TestNobodyListens(t *testing.T) {
	if _, err := probe(t, page(httpget.URL{}), nettest.FreePort(t)); err != "GET /: connection refused" {
		t.Errorf("error %q", err)
	}
}

func TestManyProbesAtOnce(t *testing.T) {
	addr := answers(t, "HTTP/1.1 200 OK\r\nX-Weight: 5\r\n\r\nhello")
	c := page(httpget.URL{Digest: md5Of("hello"), SHA256: sha256Of("hello"), Regex: "^hello$"})
	p := prober(t, c)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if _, err := p.Probe(ctx, healthcheck.Target{Addr: addr}, healthcheck.Up); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// TestMemoryIsUsedAgain asks with what an earlier probe has left behind.
func TestMemoryIsUsedAgain(t *testing.T) {
	addr := site(t, map[string]string{"GET /a": "HTTP/1.1 200 OK\r\n\r\nlong ago", "GET /b": "HTTP/1.1 200 OK\r\n\r\nnow"})
	p := prober(t, httpget.Config{URLs: []httpget.URL{
		{Path: "/a", Regex: "^long ago$", Digest: md5Of("long ago"), SHA256: sha256Of("long ago")},
		{Path: "/b", Regex: "^now$", SHA256: sha256Of("now")},
		{Path: "/b", Regex: "ago", RegexNoMatch: true, Digest: md5Of("now")},
	}})
	for range 10 {
		if _, err := p.Probe(t.Context(), healthcheck.Target{Addr: addr}, healthcheck.Up); err != nil {
			t.Error(err)
		}
	}
}
