package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
)

// A running daemon has the page on both of its listeners. A token is needed for
// the state, and not for the page, which asks for it.
func TestDaemonServesThePage(t *testing.T) {
	h := newHost(t)
	h.ns.Run("ip", "link", "set", "lo", "up")
	h.write(instance("VI_1", 101, "") + `global {
  http {
    listen = "127.0.0.1:9650"
    token  = "0123456789abcdef"
  }
}
`)
	h.ns.Start(h.play("run"))
	h.awaitStatus("VI_1           MASTER")
	const title = "<title>ldirector</title>"
	for _, c := range []struct{ want, url string }{
		{title, "http://127.0.0.1:9650/"},
		{"import ", "http://127.0.0.1:9650/page/app.js"},
		{"token", "http://127.0.0.1:9650/api/v1/status"},
		{"token", "http://127.0.0.1:9650/metrics"},
	} {
		h.answers(c.want, c.url)
	}
	for _, c := range []struct{ want, url string }{{title, "http://ldirector/"}, {"import ", "http://ldirector/page/app.js"}, {"VI_1", "http://ldirector/api/v1/status"}} {
		h.answers(c.want, "--unix-socket", h.state+"/ldirector.sock", c.url)
	}
}

// answers waits until curl gets an answer with some words.
func (h *host) answers(want string, args ...string) {
	h.t.Helper()
	nettest.Eventually(h.t, 20*time.Second, want, func() error {
		out, err := h.ns.Command("curl", append([]string{"-s", "-S", "-m", "5"}, args...)...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			return fmt.Errorf("%v: %w\n%s", args, err, out)
		}
		return nil
	})
}
