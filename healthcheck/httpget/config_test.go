package httpget_test

import (
	"testing"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/httpget"
	"github.com/ldirector/ldirector/healthcheck/probetls"
)

var (
	_ healthcheck.Talker   = (*httpget.Prober)(nil)
	_ healthcheck.Preparer = (*httpget.Prober)(nil)
)

func TestNewRefuses(t *testing.T) {
	urls := []httpget.URL{{Path: "/"}}
	with := func(u httpget.URL) httpget.Config { return page(u) }
	header := func(name, value string) httpget.Config {
		return httpget.Config{URLs: urls, Headers: []httpget.Header{{Name: name, Value: value}}}
	}
	tests := []struct {
		config httpget.Config
		want   string
	}{
		{httpget.Config{}, "there is no url to ask for"},
		{httpget.Config{URLs: make([]httpget.URL, 1)}, `path "": it begins with "/"`},
		{with(httpget.URL{Path: "index.html"}), `path "index.html": it begins with "/"`},
		{with(httpget.URL{Path: "/a b"}), `path "/a b": write space and control characters as %20 and the like`},
		{with(httpget.URL{Path: "/\r\nX: y"}), `path "/\r\nX: y": write space and control characters as %20 and the like`},
		{with(httpget.URL{VirtualHost: "a\nb"}), `virtual host "a\nb": write a name or an address, and a port if need be`},
		{httpget.Config{URLs: urls, VirtualHost: "http://a"}, `virtual host "http://a": write a name or an address, and a port if need be`},
		{with(httpget.URL{Status: "200-"}), `status code "200-": write a number from 100 to 599, or a range such as 200-299`},
		{with(httpget.URL{Status: "99"}), `status code "99": write a number from 100 to 599, or a range such as 200-299`},
		{with(httpget.URL{Status: "300-200"}), `status code "300-200": write a number from 100 to 599, or a range such as 200-299`},
		{with(httpget.URL{Status: " "}), `status codes " ": there is none`},
		{with(httpget.URL{Digest: "abc"}), `digest "abc": it has 32 hexadecimal digits`},
		{with(httpget.URL{SHA256: md5Of("")}), `sha256 "` + md5Of("") + `": it has 64 hexadecimal digits`},
		{with(httpget.URL{Regex: "("}), "pattern \"(\": error parsing regexp: missing closing ): `(`"},
		{with(httpget.URL{Regex: "a", RegexOptions: []string{"utf"}}), `pattern option "utf" is not known: use caseless, multiline, dotall or ungreedy`},
		{with(httpget.URL{Regex: "a", RegexMinOffset: 2, RegexMaxOffset: 1}), "pattern begins at byte 2 at the earliest and 1 at the latest"},
		{with(httpget.URL{Regex: "a", RegexMinOffset: -1}), "an offset of a pattern is not negative"},
		{with(httpget.URL{RegexNoMatch: true}), "what is said of a pattern needs a pattern"},
		{httpget.Config{URLs: urls, Protocol: "3"}, `HTTP protocol "3" is not known: use "1.0", "1.0C", "1.1" or "2"`},
		{httpget.Config{URLs: urls, Method: "GET /"}, `method "GET /" cannot be asked: use one such as GET, HEAD or POST`},
		{httpget.Config{URLs: urls, Method: "CONNECT"}, `method "CONNECT" cannot be asked: use one such as GET, HEAD or POST`},
		{httpget.Config{URLs: urls, BasicAuth: "user"}, "basic authentication: write user:password"},
		{httpget.Config{URLs: urls, Redirects: -1}, "-1 redirects: write 0 or more"},
		{httpget.Config{URLs: urls, BodyLimit: -1}, "body limit -1: write the number of bytes"},
		{header("X A", "b"), `header name "X A": it has letters, digits and hyphens only`},
		{header("X-A", "b\r\nX-B: c"), "header X-A: its value has a control character, such as the end of a line"},
		{header("host", "a"), "header Host: use virtualhost"},
		{header("Connection", "keep-alive"), "header Connection: use http_protocol"},
		{header("Content-Length", "5"), "header Content-Length: the probe itself says how the body is sent"},
		{httpget.Config{URLs: urls, Weight: httpget.WeightFrom{Header: "X", Body: true}}, "weight: it is in a header or in the body, not in both"},
		{httpget.Config{URLs: urls, Weight: httpget.WeightFrom{Pattern: "x"}}, "weight: a pattern looks at the body"},
		{httpget.Config{URLs: urls, Weight: httpget.WeightFrom{Header: "X Y"}}, `weight: "X Y" is no name of a header`},
		{httpget.Config{URLs: urls, Weight: httpget.WeightFrom{Body: true, Pattern: "("}}, "weight: pattern \"(\": error parsing regexp: missing closing ): `(`"},
		{httpget.Config{URLs: urls, SSL: true, TLS: probetls.Config{Key: "k"}}, "a client key needs a client certificate"},
	}
	for _, tt := range tests {
		if _, err := httpget.New(tt.config); text(err) != tt.want {
			t.Errorf("%+v:\nerror %q\nwant  %q", tt.config, text(err), tt.want)
		}
	}
}

func TestNewAccepts(t *testing.T) {
	for _, path := range []string{"/", "/a?b=c", "*", "http://a.example/", "https://a.example/x", "/ä"} {
		if _, err := httpget.New(page(httpget.URL{Path: path})); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestKind(t *testing.T) {
	c := page(httpget.URL{})
	if got := prober(t, c).Kind(); got != "http_get" {
		t.Errorf("kind %s", got)
	}
	c.SSL = true
	if got := prober(t, c).Kind(); got != "ssl_get" {
		t.Errorf("kind %s", got)
	}
}
