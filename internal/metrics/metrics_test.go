package metrics

import (
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

func update() bool { return flag.Lookup("update").Value.String() == "true" }

func TestMain(m *testing.M) {
	flag.Bool("update", false, "rewrite the golden files")
	os.Exit(m.Run())
}

// answer returns what a scrape of a snapshot gets.
func answer(t *testing.T, s Snapshot) string {
	t.Helper()
	h := NewHandler(func(context.Context) Snapshot { return s }, slog.New(slog.DiscardHandler))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if kind := w.Header().Get("Content-Type"); w.Code != http.StatusOK || !strings.HasPrefix(kind, "text/plain; version=0.0.4") {
		t.Errorf("status %d, content type %q", w.Code, kind)
	}
	return w.Body.String()
}

// ours are the lines about ldirector's own families, with nothing that differs
// from one run to the next.
func ours(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.Contains(line, "ldirector_") {
			b.WriteString(line)
		}
	}
	text = regexp.MustCompile(`go_version="[^"]*"`).ReplaceAllString(b.String(), `go_version="go"`)
	return regexp.MustCompile(`(?m)^(ldirector_metrics_read_duration_seconds) .*`).ReplaceAllString(text, "$1 0")
}

// series are the lines that are no comments.
func series(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			all = append(all, strings.TrimSpace(line))
		}
	}
	return all
}

func TestScrape(t *testing.T) {
	got := ours(answer(t, everything()))
	const name = "testdata/everything.txt"
	if update() {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	for _, f := range families() {
		if !strings.Contains(got, "# HELP "+f.name+" "+f.help+"\n# TYPE "+f.name+" "+string(f.kind)+"\n"+f.name) {
			t.Errorf("%s is missing, or has no series", f.name)
		}
	}
}

// The names are as Prometheus wants them, and those of Go and the process are
// there.
func TestNames(t *testing.T) {
	text := answer(t, everything())
	for _, name := range []string{"go_goroutines", "process_open_fds"} {
		if !strings.Contains(text, "\n"+name+" ") {
			t.Errorf("%s is missing", name)
		}
	}
	problems, err := promlint.New(strings.NewReader(ours(text))).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	seen := make(map[string]bool)
	for _, f := range families() {
		if seen[f.name] || !strings.HasPrefix(f.name, "ldirector_") || !strings.HasSuffix(f.help, ".") ||
			strings.HasSuffix(f.name, "_total") != (f.kind == counter) {
			t.Errorf("%+v", f)
		}
		seen[f.name] = true
	}
}

// What is not known is left out, and is no zero.
func TestScrapeOfLittle(t *testing.T) {
	got := ours(answer(t, Snapshot{Version: "1", VRRPErr: errors.New("no answer"), Refused: true}))
	want := []string{
		`ldirector_build_info{go_version="go",version="1"} 1`,
		"ldirector_config_last_reload_successful 0",
		"ldirector_metrics_left_out_series 0",
		"ldirector_metrics_read_duration_seconds 0",
		"ldirector_vrrp_up 0",
	}
	if diff := cmp.Diff(want, series(got)); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}

	blind := everything()
	blind.Table.CountersErr = errors.New("no answer")
	blind.Table.Settings, blind.Table.Error, blind.Table.LedgerError = "no", "no", "no"
	for i := range blind.Table.VirtualServers {
		v := &blind.Table.VirtualServers[i]
		v.Stats = nil
		for j := range v.RealServers {
			v.RealServers[j].Stats = nil
		}
	}
	text := answer(t, blind)
	for _, want := range []string{"ldirector_ipvs_counters_readable 0\n", "ldirector_ipvs_table_in_sync 0\n", "ldirector_ipvs_settings_in_sync 0\n", "ldirector_ipvs_ledger_saved 0\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
	for _, not := range []string{"connections_total{", "real_server_active_connections{", "_per_second{"} {
		if strings.Contains(text, not) {
			t.Errorf("there are series with %q", not)
		}
	}
}

func TestLimits(t *testing.T) {
	for _, tt := range []struct {
		name          string
		limits        Limits
		virtual, real bool
		leftOut       string
	}{
		{"all", Limits{RealServers: true, MaxSeries: 2*virtualSeries + 3*realSeries}, true, true, "0"},
		{"too many real servers", Limits{RealServers: true, MaxSeries: 2*virtualSeries + 3*realSeries - 1}, true, false, "45"},
		{"real servers are not wanted", Limits{MaxSeries: 2 * virtualSeries}, true, false, "0"},
		{"too many virtual servers", Limits{RealServers: true, MaxSeries: 2*virtualSeries - 1}, false, false, "97"},
		{"none", Limits{}, false, false, "52"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := everything()
			s.Limits = tt.limits
			text := answer(t, s)
			if got := strings.Contains(text, "ldirector_virtual_server_"); got != tt.virtual {
				t.Errorf("virtual servers: %t", got)
			}
			if got := strings.Contains(text, "ldirector_real_server_"); got != tt.real {
				t.Errorf("real servers: %t", got)
			}
			if !strings.Contains(text, "\nldirector_metrics_left_out_series "+tt.leftOut+"\n") {
				t.Errorf("want %s series to be left out", tt.leftOut)
			}
		})
	}
}

// The numbers that the limit goes by are those of the columns.
func TestSeriesPerRow(t *testing.T) {
	s := farm(1)
	virtual, real := 0, 0
	for _, line := range series(ours(answer(t, s))) {
		switch {
		case strings.HasPrefix(line, "ldirector_virtual_server_"):
			virtual++
		case strings.HasPrefix(line, "ldirector_real_server_"):
			real++
		}
	}
	if virtual != virtualSeries || real != 10*realSeries {
		t.Errorf("%d series of a virtual server and %d of ten real servers, want %d and %d", virtual, real, virtualSeries, 10*realSeries)
	}
}

// Many scrapes cost one reading, and the next second another one.
func TestScrapesShareASnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reads atomic.Int32
		var alone atomic.Bool
		h := NewHandler(func(ctx context.Context) Snapshot {
			reads.Add(1)
			if _, ok := ctx.Deadline(); !ok {
				t.Error("a reading may take for ever")
			}
			if !alone.CompareAndSwap(false, true) {
				t.Error("two readings at a time")
			}
			defer alone.Store(false)
			return everything()
		}, slog.New(slog.DiscardHandler))
		scrapes := func() {
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() {
					w := httptest.NewRecorder()
					h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
					if !strings.Contains(w.Body.String(), "ldirector_real_server_up{") {
						t.Error("no real servers")
					}
				})
			}
			all.Wait()
		}
		scrapes()
		scrapes()
		time.Sleep(maxAge)
		synctest.Wait()
		h.cache.mu.Lock()
		if h.cache.latest != nil {
			t.Error("the snapshot is kept")
		}
		h.cache.mu.Unlock()
		scrapes()
		if n := reads.Load(); n != 2 {
			t.Errorf("%d readings, want 2", n)
		}
		time.Sleep(maxAge)
	})
}

// A scraper that hangs up is no trouble.
func TestScraperHangsUp(t *testing.T) {
	h := NewHandler(func(context.Context) Snapshot { return farm(100) }, slog.New(slog.DiscardHandler))
	h.ServeHTTP(&gone{httptest.NewRecorder()}, httptest.NewRequest(http.MethodGet, "/metrics", nil))
}

type gone struct{ *httptest.ResponseRecorder }

func (*gone) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
