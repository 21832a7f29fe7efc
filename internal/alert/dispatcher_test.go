package alert

import (
	"context"
	"fmt"
	"log/slog"
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

// start runs a Dispatcher until stop or the end of the test.
func start(t *testing.T, cfg Config, services ...Service) (d *Dispatcher, stop func()) {
	t.Helper()
	d = New(func() []Service { return services }, slog.New(slog.DiscardHandler))
	d.Set(cfg)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	ended := false
	stop = func() {
		if ended {
			return
		}
		ended = true
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return d, stop
}

// await waits until the statuses of the sinks satisfy ok.
func await(t *testing.T, d *Dispatcher, what string, ok func([]api.Sink) bool) {
	t.Helper()
	nettest.Eventually(t, 20*time.Second, what, func() error {
		if st := d.Status(); !ok(st) {
			return fmt.Errorf("status %+v", st)
		}
		return nil
	})
}

// TestAHangingSinkDelaysNobody: one hook never answers, a mail server neither,
// and a command sleeps. All events reach the file of another command, in their
// order, and senders come through.
func TestAHangingSinkDelaysNobody(t *testing.T) {
	silent := nettest.Serve(t, nettest.Silent)
	file := filepath.Join(t.TempDir(), "events")
	d, _ := start(t, Config{
		Email: &Email{Server: silent.String(), To: []string{"a@example.com"}, ConnectTimeout: time.Hour, Choice: Choice{RealServers: true}},
		Webhooks: []Webhook{
			{Name: "hangs", URL: "http://" + silent.String(), Method: http.MethodPost, Timeout: time.Hour, Selected: Selection{All}},
		},
		Commands: []Command{
			{Name: "sleeps", Command: []string{"sleep", "3600"}, Timeout: time.Hour, Selected: Selection{All}},
			{Name: "writes", Command: []string{"sh", "-c", `echo "$LDIRECTOR_TEXT" >>"$0"`, file}, Timeout: time.Minute, Selected: Selection{All}},
		},
	})
	var want strings.Builder
	for i := range 50 {
		d.Send(api.Event{Kind: "real_server_down", Warning: true, Text: fmt.Sprint(i)})
		fmt.Fprintln(&want, i)
	}
	await(t, d, "events in the file", func(all []api.Sink) bool { return all[3].Delivered == 50 })
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, s := range d.Status()[:3] {
		if s.Waiting != 50 || s.Delivered != 0 {
			t.Errorf("%+v, want all to wait", s)
		}
	}
}

func TestReloadKeepsWhatWaits(t *testing.T) {
	got := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.URL.Path + " " + r.Header.Get("X-Router") }))
	defer server.Close()
	hook := func(name, url string, digest time.Duration) Webhook {
		return Webhook{Name: name, URL: url, Method: http.MethodPost, Timeout: time.Minute, Digest: digest, Selected: Selection{All}, Headers: map[string]string{"X-Router": name}}
	}
	closed := nettest.FreePort(t)
	d, stop := start(t, Config{Webhooks: []Webhook{
		hook("changed", "http://"+closed.String(), 0),
		hook("kept", server.URL+"/kept", time.Hour),
		hook("removed", server.URL+"/removed", time.Hour),
	}})
	d.Send(api.Event{Kind: "started", Text: "a"})
	await(t, d, "failure", func(all []api.Sink) bool { return all[0].FailingSince != nil })
	d.Set(Config{Webhooks: []Webhook{
		hook("added", server.URL+"/added", time.Hour),
		hook("kept", server.URL+"/kept", time.Hour),
		hook("changed", server.URL+"/changed", 0),
	}})
	d.Send(api.Event{Kind: "started", Text: "b"})
	await(t, d, "delivery of what has changed", func(all []api.Sink) bool {
		return all[0].Waiting == 1 && all[1].Waiting == 2 && all[2].Delivered == 2
	})
	stop()
	close(got)
	seen := make(map[string]int)
	for line := range got {
		seen[line]++
	}
	for _, line := range []string{"/changed changed", "/kept kept", "/added added", "/removed removed"} {
		if seen[line] == 0 {
			t.Errorf("no request %q: %v", line, seen)
		}
	}
}
