package api

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// twoServices is a status to name things in.
func twoServices() Status {
	return Status{
		VirtualServers: []VirtualServer{
			{Name: "web", Services: []string{"TCP 192.0.2.100:80", "TCP 192.0.2.100:443"}, RealServers: []RealServer{
				{Address: "192.0.2.31:80"}, {Address: "192.0.2.32:80"}, {Address: "192.0.2.32:81"}, {Address: "[2001:db8::1]:80"}, {Address: "192.0.2.33"}}},
			{Name: "a/b ?%2F", Services: []string{"FWM 7"}, RealServers: []RealServer{{Address: "192.0.2.31:80"}}},
		},
		VRRPInstances: []VRRPInstance{{Name: "VI_1"}, {Name: "VI_2"}},
	}
}

func TestCommands(t *testing.T) {
	for want, send := range map[string]func(*Client) error{
		"drain web 192.0.2.31:80":        func(c *Client) error { return c.Drain(t.Context(), "web", "192.0.2.31:80", 0) },
		"drain web 192.0.2.31:80 10m0s":  func(c *Client) error { return c.Drain(t.Context(), "web", "192.0.2.31", 10*time.Minute) },
		"disable a/b ?%2F 192.0.2.31:80": func(c *Client) error { return c.Disable(t.Context(), "a/b ?%2F", "192.0.2.31:80") },
		"disable web [2001:db8::1]:80":   func(c *Client) error { return c.Disable(t.Context(), "web", "[2001:db8:0::1]:80") },
		"disable web [2001:db8::1]:80 ":  func(c *Client) error { return c.Disable(t.Context(), "web", "2001:db8::1") },
		"enable web 192.0.2.33":          func(c *Client) error { return c.Enable(t.Context(), "192.0.2.100:443", "192.0.2.33") },
		"enable a/b ?%2F 192.0.2.31:80":  func(c *Client) error { return c.Enable(t.Context(), "FWM 7", "192.0.2.31:80") },
		"weight 0 web 192.0.2.32:81":     func(c *Client) error { return c.SetWeight(t.Context(), "web", "192.0.2.32:81", 0) },
		"weight 70 web 192.0.2.32:81":    func(c *Client) error { return c.SetWeight(t.Context(), "web", "192.0.2.32:81", 70) },
		"probe web 192.0.2.32:80":        func(c *Client) error { return c.Probe(t.Context(), "web", "192.0.2.32:80") },
		"priority VI_1 90":               func(c *Client) error { return c.SetPriority(t.Context(), "VI_1", 90) },
	} {
		want = strings.TrimSpace(want)
		if err := send(NewClient(serveDaemon(t, fakeDaemon{status: twoServices(), command: want}))); err != nil {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestWrongNames(t *testing.T) {
	c := NewClient(serveDaemon(t, fakeDaemon{status: twoServices()}))
	for _, tt := range []struct {
		err  error
		want string
	}{
		{c.Enable(t.Context(), "wbe", "192.0.2.31:80"), `there is no virtual_server "wbe". Did you mean "web"?`},
		{c.Enable(t.Context(), "mail", "192.0.2.31:80"), `there is no virtual_server "mail". Known: "web", "a/b ?%2F".`},
		{c.Enable(t.Context(), "web", "192.0.2.31:81"), `there is no real_server of web "192.0.2.31:81". Did you mean "192.0.2.31:80"?`},
		{c.Enable(t.Context(), "web", "192.0.2.32"), `there is no real_server of web "192.0.2.32". Did you mean "192.0.2.33"?`},
		{NewClient(serve(t, Status{})).Enable(t.Context(), "web", "x"), `there is no virtual_server "web". There is none at all.`},
	} {
		if got, ok := errors.AsType[*NotFoundError](tt.err); !ok || got.Text != tt.want {
			t.Errorf("error %v, want %s", tt.err, tt.want)
		}
	}
	many := make([]string, 10)
	for i := range many {
		many[i] = fmt.Sprintf("service %02d", i)
	}
	if got := NotFound("virtual_server", "x", many).Error(); !strings.HasSuffix(got, `"service 07" and 2 more.`) {
		t.Errorf("got %s", got)
	}
}

func TestBodiesOfCommands(t *testing.T) {
	const real = "/api/v1/virtual_servers/web/real_servers/192.0.2.31:80"
	for _, tt := range []struct {
		method, path, body string
		want               int
	}{
		{"POST", real + "/drain", "", 200},
		{"POST", real + "/drain", "{}", 200},
		{"POST", real + "/drain", `{"timeout_seconds": 0.5}`, 409}, // not what the daemon expects
		{"POST", real + "/drain", `{"timeout_seconds": -1}`, 400},
		{"POST", real + "/drain", `{"timeout_seconds": 1e300}`, 400},
		{"POST", real + "/drain", `{"timeout_seconds": "10m"}`, 400},
		{"POST", real + "/drain", `{"timeout": 10}`, 400},
		{"PUT", real + "/weight", "", 400},
		{"PUT", real + "/weight", "{}", 400},
		{"PUT", real + "/weight", `{"weight": -1}`, 400},
		{"PUT", real + "/weight", `{"weight": 2147483648}`, 400},
		{"PUT", real + "/weight", `{"weight": ` + strings.Repeat(" ", maxBody) + `1}`, 400},
		{"GET", real + "/drain", "", 405},
		{"POST", "/api/v1/virtual_servers/wbe/real_servers/192.0.2.31:80/drain", "", 404},
	} {
		w := httptest.NewRecorder()
		newServer(fakeDaemon{status: twoServices(), command: "drain web 192.0.2.31:80"}).Handler().
			ServeHTTP(w, httptest.NewRequest(tt.method, tt.path, strings.NewReader(tt.body)))
		if w.Code != tt.want {
			t.Errorf("%s %s %.40q: status %d, want %d: %s", tt.method, tt.path, tt.body, w.Code, tt.want, w.Body)
		}
	}
}

// Who commands is in the log and in the events.
func TestCommandsAreRecorded(t *testing.T) {
	log, text := logBuffer()
	events := NewEventLog(time.Now())
	srv := NewServer(fakeDaemon{status: twoServices(), command: "disable web 192.0.2.31:80"}, events, log)
	c := NewClient(serveServer(t, srv))
	if err := c.Disable(t.Context(), "web", "192.0.2.31:80"); err != nil {
		t.Fatal(err)
	}
	if err := c.Disable(t.Context(), "web", "192.0.2.39:80"); err == nil {
		t.Error("no error")
	}
	by := fmt.Sprintf("uid %d, pid %d", os.Getuid(), os.Getpid())
	want := fmt.Sprintf(`level=INFO msg=command command=disable service=web real_server=192.0.2.31:80 vrrp_instance="" by=%[1]q
level=WARN msg="command refused" command=disable service="" real_server="" vrrp_instance="" by=%[1]q err="there is no real_server`, by)
	if !strings.HasPrefix(text.String(), want) {
		t.Errorf("log:\n%s\nwant\n%s", text, want)
	}
	all, _ := events.After(0, 10)
	if len(all.Events) != 1 {
		t.Fatalf("events %+v", all)
	}
	if e := all.Events[0]; e.Kind != "command" || e.Text != "disable" || e.By != by || e.VirtualServer != "web" || e.RealServer != "192.0.2.31:80" {
		t.Errorf("event %+v", e)
	}
}

// logBuffer collects log lines without their times.
func logBuffer() (*slog.Logger, *strings.Builder) {
	var b strings.Builder
	return slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})), &b
}

// Nothing can be changed by what others than operators may reach.
func TestReadOnly(t *testing.T) {
	srv := newServer(fakeDaemon{status: twoServices(), command: "drain web 192.0.2.31:80"})
	srv.Mount("/metrics", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "up 1") }))
	h := srv.ReadOnly()
	for _, r := range srv.newHandlers().writing() {
		method, path, _ := strings.Cut(r.pattern, " ")
		path = strings.NewReplacer("{name}", "web", "{address}", "192.0.2.31:80").Replace(path)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		if w.Code != http.StatusNotFound && w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: status %d", r.pattern, w.Code)
		}
	}
	for path, want := range map[string]string{
		"/metrics":                    "up 1",
		"/healthz":                    `{"ok":true,"error":""}`,
		"/api/v1/virtual_servers/web": `{"name":"web".*`,
		"/api/v1/virtual_servers/web/real_servers/192.0.2.31:80":     `{"address":"192.0.2.31:80".*`,
		"/api/v1/virtual_servers/web/real_servers/192.0.2.31/probes": `{"probes":\[{"kind":"web 192.0.2.31:80".*`,
		"/api/v1/virtual_servers/wbe":                                `{"error":"there is no virtual_server .*`,
		"/api/v1/vrrp_instances/VI_2":                                `{"name":"VI_2".*`,
		"/api/v1/vrrp_instances/VI_3":                                `{"error":"there is no vrrp_instance .*`,
		"/api/v1/events":                                             `{"missed":false,"events":\[\]}`,
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if !regexp.MustCompile("^" + want + "\n?$").MatchString(w.Body.String()) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	w := httptest.NewRecorder()
	newServer(fakeDaemon{ill: errors.New("no kernel")}).ReadOnly().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/healthz", nil))
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "no kernel") {
		t.Errorf("health of an ill one: %d %s", w.Code, w.Body)
	}
}

func TestProtect(t *testing.T) {
	h := Protect(newServer(fakeDaemon{}).ReadOnly(), "secret")
	for _, tt := range []struct {
		path, header string
		want         int
	}{
		{"/healthz", "", 200},
		{"/api/v1/status", "", 401},
		{"/healthz/../api/v1/status", "", 401},
		{"/api/v1/status", "Bearer secret", 200},
		{"/api/v1/status", "bearer  secret", 200},
		{"/api/v1/status", "Bearer secre", 401},
		{"/api/v1/status", "Basic bWU6c2VjcmV0", 200},
		{"/api/v1/status", "Basic c2VjcmV0Om1l", 401},
		{"/api/v1/status", "secret", 401},
	} {
		r := httptest.NewRequest(http.MethodGet, tt.path, nil)
		if tt.header != "" {
			r.Header.Set("Authorization", tt.header)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != tt.want {
			t.Errorf("%s with %q: status %d, want %d", tt.path, tt.header, w.Code, tt.want)
		}
	}
	w := httptest.NewRecorder()
	Protect(newServer(fakeDaemon{}).ReadOnly(), "").ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v1/status", nil))
	if w.Code != http.StatusOK {
		t.Errorf("without a token: status %d", w.Code)
	}
}

func TestEverywhere(t *testing.T) {
	st := Status{VirtualServers: []VirtualServer{
		{Name: "web", RealServers: []RealServer{{Address: "192.0.2.1:80"}, {Address: "192.0.2.1:443"}, {Address: "[2001:db8::1]:80"}}},
		{Name: "mail", RealServers: []RealServer{{Address: "192.0.2.1:25"}, {Address: "192.0.2.11:25"}}},
	}}
	for _, tt := range []struct{ address, want string }{
		{"192.0.2.1", "[192.0.2.1:80 of web 192.0.2.1:443 of web 192.0.2.1:25 of mail] <nil>"},
		{"192.0.2.1:25", "[192.0.2.1:25 of mail] <nil>"},
		{"2001:DB8::1", "[[2001:db8::1]:80 of web] <nil>"},
		{"[2001:db8::1]", "[[2001:db8::1]:80 of web] <nil>"},
		{"[2001:db8:0::1]:80", "[[2001:db8::1]:80 of web] <nil>"},
		{"192.0.2.12", `[] there is no real_server "192.0.2.12". Did you mean "192.0.2.1"?`},
		{"mail", `[] "mail" is a virtual server: name one of its real servers as well, or nothing but the address of a real server.`},
		{"", `[] there is no real_server "". Known: "192.0.2.1", "192.0.2.11", "192.0.2.11:25", "192.0.2.1:25", "192.0.2.1:443", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80".`},
	} {
		places, err := st.Everywhere(tt.address)
		if got := fmt.Sprint(places, " ", err); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.address, got, tt.want)
		}
	}
	if rs, err := st.At(Place{"mail", "192.0.2.11"}); err != nil || rs.Address != "192.0.2.11:25" {
		t.Errorf("At: %v, %v", rs, err)
	}
	for _, p := range []Place{{"nail", "192.0.2.11"}, {"mail", "192.0.2.2"}} {
		if _, err := st.At(p); err == nil {
			t.Errorf("At(%s) finds something", p)
		}
	}
}

func TestClientGetsProbes(t *testing.T) {
	c := NewClient(serve(t, Status{VirtualServers: []VirtualServer{{Name: "web", RealServers: []RealServer{{Address: "192.0.2.1:80"}}}}}))
	probes, err := c.Probes(t.Context(), "web", "192.0.2.1")
	if err != nil || len(probes) != 1 || probes[0].Kind != "web 192.0.2.1:80" {
		t.Errorf("%v, %v", probes, err)
	}
	if _, err := c.Probes(t.Context(), "web", "192.0.2.2"); err == nil {
		t.Error("probes of nobody")
	}
}
