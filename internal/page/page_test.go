package page

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/internal/api"
)

// ask makes a request with some headers, "Name: value".
func ask(h http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// mounted are the routes of a daemon with the page: those of its socket, and
// those of its TCP listener.
func mounted(token string) map[string]http.Handler {
	d := newFake(api.Status{})
	s := api.NewServer(d, d.events, slog.New(slog.DiscardHandler))
	s.Mount("/{$}", Handler())
	s.Mount(Prefix, Handler())
	return map[string]http.Handler{"socket": s.Handler(), "TCP": api.Protect(s.ReadOnly(), token, Paths()...)}
}

func TestFilesAreServed(t *testing.T) {
	kinds := map[string]string{"/": "text/html; charset=utf-8", "/page/app.js": "text/javascript; charset=utf-8", "/page/style.css": "text/css; charset=utf-8", "/page/icon.svg": "image/svg+xml"}
	for listener, h := range mounted("") {
		for _, path := range Paths() {
			w := ask(h, http.MethodGet, path)
			if w.Code != http.StatusOK || w.Body.Len() == 0 {
				t.Errorf("%s %s: status %d, %d bytes", listener, path, w.Code, w.Body.Len())
			}
			if want, got := kinds[path], w.Header().Get("Content-Type"); want != "" && got != want {
				t.Errorf("%s %s: Content-Type %q", listener, path, got)
			}
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-cache", "Content-Security-Policy": policy,
			} {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s %s: %s: %q", listener, path, name, got)
				}
			}
			tag := w.Header().Get("ETag")
			if w := ask(h, http.MethodGet, path, "If-None-Match: "+tag); tag == "" || w.Code != http.StatusNotModified || w.Body.Len() > 0 {
				t.Errorf("%s %s: status %d with its ETag %q", listener, path, w.Code, tag)
			}
			if w := ask(h, http.MethodGet, path, `If-None-Match: "of another version"`); w.Code != http.StatusOK {
				t.Errorf("%s %s: status %d with another ETag", listener, path, w.Code)
			}
			if w := ask(h, http.MethodHead, path); w.Code != http.StatusOK || w.Body.Len() > 0 {
				t.Errorf("%s %s: HEAD: status %d, %d bytes", listener, path, w.Code, w.Body.Len())
			}
			if w := ask(h, http.MethodPost, path); w.Code != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: POST: status %d", listener, path, w.Code)
			}
		}
		for _, path := range []string{"/page/", "/page/index.html", "/page/missing.js", "/page/static/app.js", "/index.html"} {
			if w := ask(h, http.MethodGet, path); w.Code != http.StatusNotFound {
				t.Errorf("%s %s: status %d", listener, path, w.Code)
			}
		}
	}
}

func TestPolicyAllowsNothingElse(t *testing.T) {
	for _, need := range []string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "base-uri 'none'",
		"form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
	} {
		if !strings.Contains(policy, need) {
			t.Errorf("%s is missing", need)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") || strings.Contains(policy, "data:") {
		t.Error(policy)
	}
}

// With a token the page comes without it, to ask for it; the state does not.
func TestTokenProtectsTheState(t *testing.T) {
	h := mounted("a secret of sixteen")["TCP"]
	for _, path := range append(Paths(), "/healthz") {
		if w := ask(h, http.MethodGet, path); w.Code != http.StatusOK {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
	for _, path := range []string{
		"/api/v1/status", "/api/v1/events", "/api/v1/events/stream", "/metrics", "/page", "/page/", "/page/../api/v1/status",
		"//", "/page/app.js/../../api/v1/status", "/page/missing.js",
	} {
		if w := ask(h, http.MethodGet, path); w.Code != http.StatusUnauthorized {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
	if w := ask(h, http.MethodGet, "/api/v1/status", "Authorization: Bearer a secret of sixteen"); w.Code != http.StatusOK {
		t.Errorf("with the token: status %d", w.Code)
	}
}

// The files make no markup from text, run no text, and ask nobody else.
func TestFilesAreHarmless(t *testing.T) {
	bad := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setTimeout\("|DOMParser|\bjavascript:|srcdoc|@import|https?://|\son[a-z]+=|\sstyle=`)
	for _, f := range read() {
		text := strings.NewReplacer("http://www.w3.org/2000/svg", "").Replace(string(f.content))
		if found := bad.FindAllString(text, -1); found != nil {
			t.Errorf("%s: %q", f.name, found)
		}
		if f.name == index && regexp.MustCompile(`<script[^>]*>[^<]`).MatchString(text) {
			t.Errorf("%s: a script in the page", f.name)
		}
	}
}

// Every module that one imports is there.
func TestImportsAreThere(t *testing.T) {
	there := make(map[string]bool)
	for _, path := range Paths() {
		there[path] = true
	}
	reference := regexp.MustCompile(`(?:from "\./|(?:src|href)="page/|url\(")([^"]+)"`)
	found := 0
	for _, f := range read() {
		for _, m := range reference.FindAllStringSubmatch(string(f.content), -1) {
			found++
			if !there[Prefix+m[1]] {
				t.Errorf("%s: there is no %s", f.name, m[1])
			}
		}
	}
	if found < 10 {
		t.Errorf("%d references", found)
	}
}
