package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func texts(events []Event) string {
	var all []string
	for _, e := range events {
		all = append(all, e.Text)
	}
	return strings.Join(all, " ")
}

func TestEventLog(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	l := NewEventLog(start)
	first := uint64(start.UnixMicro())
	if got, _ := l.After(0, 10); got.Missed || len(got.Events) > 0 || l.Last() != first-1 {
		t.Errorf("empty: %+v, last %d", got, l.Last())
	}
	_, news := l.After(l.Last(), 10)
	for i := range 3 {
		l.Add(Event{Text: fmt.Sprint(i)})
	}
	select {
	case <-news:
	default:
		t.Error("no news")
	}
	for _, tt := range []struct {
		after  uint64
		most   int
		want   string
		missed bool
	}{
		{0, 10, "0 1 2", false},
		{first - 1, 10, "0 1 2", false},
		{first, 10, "1 2", false},
		{first, 1, "2", false},
		{first + 2, 10, "", false},
		{first + 3, 10, "0 1 2", false}, // of a run in the future: a clock was set back
		{first - 1e9, 10, "0 1 2", false},
	} {
		got, _ := l.After(tt.after, tt.most)
		if texts(got.Events) != tt.want || got.Missed != tt.missed {
			t.Errorf("after %d: %q, missed %t", int64(tt.after-first), texts(got.Events), got.Missed)
		}
	}
	for i := range keptEvents {
		l.Add(Event{Text: fmt.Sprint(i + 3)})
	}
	got, _ := l.After(first, keptEvents)
	if !got.Missed || len(got.Events) != keptEvents || got.Events[0].Text != "3" || got.Events[0].Seq != first+3 {
		t.Errorf("after many: missed %t, %d events, the first %+v", got.Missed, len(got.Events), got.Events[0])
	}
	if got, _ := l.After(first+2, keptEvents); got.Missed || !slices.IsSortedFunc(got.Events, func(a, b Event) int { return int(a.Seq) - int(b.Seq) }) {
		t.Errorf("nothing is missed after the third, but %t", got.Missed)
	}
}

// streamOf reads server-sent events into a channel until the test ends.
func streamOf(ctx context.Context, t *testing.T, url, last string) <-chan string {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/api/v1/events/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		t.Fatalf("status %s", resp.Status)
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		defer resp.Body.Close()
		for s := bufio.NewScanner(resp.Body); s.Scan(); {
			if text := s.Text(); text != "" {
				lines <- text
			}
		}
	}()
	if hello := <-lines; hello != ": hello" {
		t.Errorf("the stream begins with %q", hello)
	}
	return lines
}

// web serves until the test and its requests have ended.
func web(t *testing.T, s *Server) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(s.ReadOnly())
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	return srv
}

func TestStreamResumes(t *testing.T) {
	events := NewEventLog(time.Now())
	srv := web(t, NewServer(fakeDaemon{}, events, slog.New(slog.DiscardHandler)))
	events.Add(Event{Text: "before"})
	ctx, cancel := context.WithCancel(t.Context())
	lines := streamOf(ctx, t, srv.URL, "")
	events.Add(Event{Text: "one\ntwo"})
	id := strings.TrimPrefix(<-lines, "id: ")
	var e Event
	if err := json.Unmarshal([]byte(strings.TrimPrefix(<-lines, "data: ")), &e); err != nil || e.Text != "one\ntwo" || fmt.Sprint(e.Seq) != id {
		t.Errorf("id %s, event %+v, %v", id, e, err)
	}
	cancel()
	for range lines { // until it has ended
	}
	events.Add(Event{Text: "meanwhile"})
	lines = streamOf(t.Context(), t, srv.URL, id)
	<-lines
	if data := <-lines; !strings.Contains(data, "meanwhile") {
		t.Errorf("after coming back: %s", data)
	}
	for range keptEvents + 1 {
		events.Add(Event{})
	}
	if lines := streamOf(t.Context(), t, srv.URL, id); <-lines != "event: missed" {
		t.Error("not told what is missing")
	}
	resp, err := http.Get(srv.URL + "/api/v1/events/stream?after=x")
	if err != nil || resp.StatusCode != http.StatusBadRequest {
		t.Errorf("a wrong number: %v %v", resp, err)
	}
	resp.Body.Close()
}

// A writer whose reader takes nothing.
type stuckWriter struct {
	http.ResponseWriter
	wrote chan struct{}
	until time.Time
}

func (w *stuckWriter) SetWriteDeadline(t time.Time) error { w.until = t; return nil }
func (w *stuckWriter) SetReadDeadline(time.Time) error    { return nil }
func (w *stuckWriter) Flush()                             {}
func (w *stuckWriter) Write(p []byte) (int, error) {
	select {
	case w.wrote <- struct{}{}: // the reader has room for some
		return len(p), nil
	default:
		time.Sleep(time.Until(w.until))
		return 0, context.DeadlineExceeded
	}
}

func TestSlowReadersAreCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := NewEventLog(time.Now())
		h := NewServer(fakeDaemon{}, events, slog.New(slog.DiscardHandler)).newHandlers()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			w := &stuckWriter{ResponseWriter: httptest.NewRecorder(), wrote: make(chan struct{}, 3)}
			h.streamEvents(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
		}()
		synctest.Wait()
		begin := time.Now()
		for range 5 {
			events.Add(Event{})
		}
		if time.Since(begin) > 0 {
			t.Error("a slow reader held up who adds events")
		}
		<-ended
		if waited := time.Since(begin); waited != streamTimeout {
			t.Errorf("cut off after %s, want %s", waited, streamTimeout)
		}
	})
}

func TestStreamsAreBounded(t *testing.T) {
	srv := web(t, newServer(fakeDaemon{}))
	for range maxStreams {
		streamOf(t.Context(), t, srv.URL, "")
	}
	resp, err := http.Get(srv.URL + "/api/v1/events/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Errorf("one too many: %s", resp.Status)
	}
	if resp, err := http.Get(srv.URL + "/healthz"); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("others: %v %v", resp, err)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := limit(inner, 2)
	defer l.Close()
	accepted := make(chan net.Conn)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	dial := func() net.Conn {
		t.Helper()
		c, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	dial()
	first := <-accepted
	dial()
	<-accepted
	refused := dial()
	if n, err := refused.Read(make([]byte, 1)); err == nil {
		t.Errorf("read %d bytes from one too many", n)
	}
	first.Close()
	first.Close() // gives back one slot only
	dial()
	<-accepted
	if _, err := dial().Read(make([]byte, 1)); err == nil {
		t.Error("a third connection")
	}
}

func TestEventLogTellsInOrder(t *testing.T) {
	l := NewEventLog(time.Now())
	l.Add(Event{Text: "before"})
	var heard []Event
	l.Tell(func(e Event) { heard = append(heard, e) })
	l.Add(Event{Text: "a"})
	l.Add(Event{Text: "b"})
	kept, _ := l.After(0, 10)
	if !slices.Equal(kept.Events[1:], heard) {
		t.Errorf("heard %+v, kept %+v", heard, kept.Events[1:])
	}
}
