package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/internal/nettest"
)

// The listener follows the configuration, and is tried again when its address is
// taken.
func TestWebListener(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := netip.MustParseAddrPort(taken.Addr().String())
	l := newWebListener(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }), slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- l.run(ctx) }()
	get := func(token string) string {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr.String()+"/api/v1/status", nil)
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
		if err != nil {
			return "nothing"
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		return fmt.Sprint(resp.StatusCode, " ", string(text))
	}
	await := func(token, want string) {
		t.Helper()
		nettest.Eventually(t, 10*time.Second, want, func() error {
			if got := get(token); got != want {
				return fmt.Errorf("it says %q, trouble %q", got, l.err())
			}
			return nil
		})
	}
	l.set(&config.HTTP{Listen: addr})
	nettest.Eventually(t, 10*time.Second, "trouble", func() error {
		if l.err() == "" {
			return fmt.Errorf("none")
		}
		return nil
	})
	taken.Close()
	await("", "200 hello")
	l.set(&config.HTTP{Listen: addr, Token: "secret"})
	await("", "401 the token of global's block http is needed\n")
	await("secret", "200 hello")
	l.set(&config.HTTP{Listen: addr, Token: "secret", Certificate: "/missing"})
	await("secret", "nothing")
	l.set(nil)
	l.set(&config.HTTP{Listen: addr})
	await("", "200 hello")
	l.set(nil)
	await("", "nothing")
	if text := l.err(); text != "" {
		t.Errorf("trouble: %s", text)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
