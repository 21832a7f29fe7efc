package alert

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/nettest"
)

func oneEvent() batch {
	return batch{events: []api.Event{{Seq: 7, Time: at(1), Kind: "quorum_lost", Warning: true, VirtualServer: "web", Text: "quorum lost"}}}
}

// newHook returns a hook with defaults.
func newHook(w Webhook) *hook {
	if w.Method == "" {
		w.Method = http.MethodPost
	}
	if w.Timeout == 0 {
		w.Timeout = time.Minute
	}
	return &hook{webhook: w, router: "lvs1"}
}

func TestWebhookRequest(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = fmt.Sprintf("%s %s %s %s %s %s %s\n%s", r.Method, r.Host, r.URL, r.Header.Get("Content-Type"), r.Header.Get("Authorization"), r.Header.Get("X-A"), r.UserAgent(), body)
	}))
	defer server.Close()
	plain := `{"router_id":"lvs1","subject":"[lvs1] virtual server web DOWN","warning":true,"events":[{"seq":7,"time":"2026-01-02T03:04:01Z","kind":"quorum_lost","warning":true,"virtual_server":"web","real_server":"","instance":"","text":"quorum lost","by":""}],"left_out":null}`
	host := strings.TrimPrefix(server.URL, "http://")
	for _, tt := range []struct {
		webhook Webhook
		want    string
	}{
		{Webhook{}, "POST " + host + " /x application/json   ldirector\n" + plain},
		{Webhook{Token: "file:" + token, Method: "PUT"}, "PUT " + host + " /x application/json Bearer s3cret  ldirector\n" + plain},
		{Webhook{Headers: map[string]string{"X-A": "b", "Host": "example.com", "Content-Type": "text/plain"}, Body: "{{ .RouterID }} {{ range .Events }}{{ .Kind }}{{ end }}"},
			"POST example.com /x text/plain  b ldirector\nlvs1 quorum_lost"},
	} {
		tt.webhook.URL = server.URL + "/x"
		if err := newHook(tt.webhook).deliver(t.Context(), oneEvent()); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestWebhookAnswers(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tt := range []struct {
		status     int
		retryAfter string
		text       string
		want       string // with ! for a refusal, and the time to wait
	}{
		{200, "", "", ""},
		{204, "", "", ""},
		{301, "", "", "!the server answers 301 Moved Permanently"},
		{400, "", "  bad \x1b[31mthing\nmore", "!the server answers 400 Bad Request: bad  [31mthing"},
		{404, "", strings.Repeat("x", 500), "!the server answers 404 Not Found: " + strings.Repeat("x", 199) + "…"},
		{408, "", "", "the server answers 408 Request Timeout"},
		{429, "7", "", "the server answers 429 Too Many Requests 7s"},
		{429, "Fri, 02 Jan 2026 03:05:05 GMT", "", "the server answers 429 Too Many Requests 1m0s"},
		{429, "Fri, 02 Jan 2020 03:05:05 GMT", "", "the server answers 429 Too Many Requests"},
		{503, "99999999", "", "the server answers 503 Service Unavailable 1h0m0s"},
		{503, "-1", "", "the server answers 503 Service Unavailable"},
		{500, "soon", "", "the server answers 500 Internal Server Error"},
	} {
		got := ""
		if err := judge(tt.status, tt.retryAfter, tt.text, now); err != nil {
			got = err.Error()
			if _, refused := errors.AsType[*refusal](err); refused {
				got = "!" + got
			}
			if wait := after(err); wait > 0 {
				got += " " + wait.String()
			}
		}
		if got != tt.want {
			t.Errorf("%d: %q, want %q", tt.status, got, tt.want)
		}
	}
}

func TestWebhookFollowsNoRedirect(t *testing.T) {
	asked := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	err := newHook(Webhook{URL: server.URL, Token: "t"}).deliver(t.Context(), oneEvent())
	if _, refused := errors.AsType[*refusal](err); !refused || asked {
		t.Errorf("error %v, other server asked: %t", err, asked)
	}
}

func TestWebhookTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	server.Config.ErrorLog = nil
	if err := newHook(Webhook{URL: server.URL}).deliver(t.Context(), oneEvent()); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown certificate: %v", err)
	}
	if err := newHook(Webhook{URL: server.URL, Trust: Trust{Any: true}}).deliver(t.Context(), oneEvent()); err != nil {
		t.Errorf("any certificate: %v", err)
	}
}

// TestWebhookSecretsStaySecret: neither address nor token are in errors.
func TestWebhookSecretsStaySecret(t *testing.T) {
	closed := nettest.FreePort(t)
	file := filepath.Join(t.TempDir(), "url")
	for _, text := range []string{"http://" + closed.String() + "/hunter2", "ftp://hunter2", "http://hunter2\x01/", "hunter2", "http://[hunter2"} {
		for _, url := range []string{text, "file:" + file} {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			err := newHook(Webhook{URL: url, Token: "hunter2"}).deliver(t.Context(), oneEvent())
			if err == nil || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%q: error %v", url, err)
			}
		}
	}
}

func TestWebhookSurvivesHostileServers(t *testing.T) {
	for _, h := range nettest.Hostile() {
		t.Run(h.Name, func(t *testing.T) {
			server := nettest.Serve(t, h.Conduct)
			err := newHook(Webhook{URL: "http://" + server.String(), Timeout: 300 * time.Millisecond}).deliver(t.Context(), oneEvent())
			if err == nil {
				t.Error("no error")
			}
			if _, refused := errors.AsType[*refusal](err); refused {
				t.Errorf("refused: %v", err)
			}
		})
	}
}

func TestWebhookTemplates(t *testing.T) {
	for _, tt := range []struct{ body, contentType, want string }{
		{"", "", ""},
		{`{"text": {{ json .Subject }}}`, "", ""},
		{`{"a": {{ json .Events }}, "b": {{ json .LeftOut }}, "c": {{ .Warning }}}`, "", ""},
		{`{"text": "{{ .Subject }}"}`, "", "no JSON"},
		{"{{ .Subject }}", "text/plain", ""},
		{"{{ .Subject }}", "application/vnd.x+json", "no JSON"},
		{"{{ .Nothing }}", "text/plain", `can't evaluate field Nothing`},
		{"{{ range .Events }}", "text/plain", "unexpected EOF"},
		{"{{ nosuch }}", "text/plain", `function "nosuch" not defined`},
		{"{{ index .Events 9 }}", "text/plain", "out of range"},
		{`{{ range 100000000 }}0123456789{{ end }}`, "text/plain", "more than"},
	} {
		w := Webhook{Body: tt.body}
		if tt.contentType != "" {
			w.Headers = map[string]string{"Content-Type": tt.contentType}
		}
		err := w.Check()
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%q: %v, want %q", tt.body, err, tt.want)
		}
	}
}

func TestMessageFormIsStable(t *testing.T) {
	got, err := json.Marshal(sample())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"router_id":"lvs\"1\\","subject":"[lvs\"1\\] 4 changes: 2 real server up, 1 real server down, 1 VRRP state","warning":true,` +
		`"events":[{"seq":1,"time":"2026-01-02T03:04:05Z","kind":"real_server_down","warning":true,"virtual_server":"we\"b","real_server":"192.0.2.31:80","instance":"","text":"real server down: \"tcp_check\": \u003crefused\u003e \\ \t","by":""},` +
		`{"seq":2,"time":"2026-01-02T03:04:05Z","kind":"vrrp_state","warning":false,"virtual_server":"","real_server":"","instance":"VI_1","text":"MASTER, was BACKUP","by":""}],"left_out":{"real_server_up":2}}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
