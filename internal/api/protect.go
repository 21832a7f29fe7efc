package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
)

// Protect lets only those in who know the token: as a bearer token (RFC 6750),
// or, for programs that know nothing else, as the password of any user (RFC
// 7617). Everybody may ask whether the daemon is well, and for what is at the
// paths in open. Without a token everybody may ask everything.
func Protect(h http.Handler, token string, open ...string) http.Handler {
	if token == "" {
		return h
	}
	want := sha256.Sum256([]byte(token))
	open = append([]string{"/healthz"}, open...)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := sha256.Sum256([]byte(tokenOf(r)))
		if !slices.Contains(open, r.URL.Path) && subtle.ConstantTimeCompare(given[:], want[:]) == 0 {
			w.Header().Add("WWW-Authenticate", `Bearer realm="ldirector"`)
			w.Header().Add("WWW-Authenticate", `Basic realm="ldirector", charset="UTF-8"`)
			http.Error(w, "the token of global's block http is needed", http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// tokenOf is the token that a request brings, "" for none.
func tokenOf(r *http.Request) string {
	if _, password, ok := r.BasicAuth(); ok {
		return password
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
