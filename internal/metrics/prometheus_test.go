package metrics

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
)

// A database is a running Prometheus that scrapes a handler every second.
type database struct {
	t    *testing.T
	addr string
}

func startPrometheus(t *testing.T, h http.Handler) *database {
	t.Helper()
	nettest.Require(t, "prometheus")
	target := httptest.NewServer(h)
	t.Cleanup(target.Close)
	rules, err := filepath.Abs(alerts)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	text := fmt.Sprintf(`
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [%q]
scrape_configs: [{job_name: ldirector, static_configs: [{targets: [%q]}]}]
`, rules, target.Listener.Addr())
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &database{t, nettest.FreePort(t).String()}
	nettest.Start(t, "prometheus", "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+p.addr)
	return p
}

// ask asks Prometheus' API and decodes its data.
func (p *database) ask(path string, data any) error {
	resp, err := http.Get("http://" + p.addr + "/api/v1/" + path)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer := struct {
		Status, Error string
		Data          any
	}{Data: data}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return err
	}
	if answer.Status != "success" {
		return fmt.Errorf("%s: %s", path, answer.Error)
	}
	return nil
}

// A result is the answer to a query.
type result struct {
	Result []struct {
		Metric map[string]string
		Value  [2]any // time and value
	}
}

// query returns the values that an expression has, with their labels.
func (p *database) query(expr string) (r result, err error) {
	err = p.ask("query?query="+url.QueryEscape(expr), &r)
	return r, err
}

// await waits for the one value of an expression.
func (p *database) await(expr, want string) {
	p.t.Helper()
	nettest.Eventually(p.t, 60*time.Second, expr+" is "+want, func() error {
		r, err := p.query(expr)
		if err != nil {
			return err
		}
		if len(r.Result) != 1 || r.Result[0].Value[1] != want {
			return fmt.Errorf("it is %v", r.Result)
		}
		return nil
	})
}

// A real Prometheus takes everything in, and understands every expression of
// rules, dashboard and document.
func TestPrometheusScrapes(t *testing.T) {
	h := NewHandler(func(context.Context) Snapshot { return everything() }, slog.New(slog.DiscardHandler))
	p := startPrometheus(t, h)
	p.await(`up{job="ldirector"}`, "1")
	p.await(`count({__name__=~"ldirector_.*", __name__!~".*_(bucket|sum|count)"})`, fmt.Sprint(len(series(ours(answer(t, everything()))))-17))
	p.await(`ldirector_real_server_connections_total{real_server="192.0.2.1:80"}`, fmt.Sprint(2<<40+1))
	p.await(`ldirector_virtual_server_quorum{virtual_server="the \"web\\"}`, "2")
	p.await(`ldirector_vrrp_state == 1 and ldirector_vrrp_state{state="BACKUP"}`, "1")
	p.await(`histogram_quantile(0.5, ldirector_probe_duration_seconds_bucket)`, "0.0075")

	for _, expr := range expressions(t) {
		if _, err := p.query(expr); err != nil {
			t.Error(err)
		}
	}
	var rules struct {
		Groups []struct {
			Rules []struct{ Name, Health, LastError string }
		}
	}
	nettest.Eventually(t, 60*time.Second, "all rules have been evaluated", func() error {
		if err := p.ask("rules", &rules); err != nil {
			return err
		}
		if len(rules.Groups) == 0 {
			return fmt.Errorf("no rules")
		}
		for _, g := range rules.Groups {
			for _, r := range g.Rules {
				if r.Health != "ok" {
					return fmt.Errorf("%s is %s: %s", r.Name, r.Health, r.LastError)
				}
			}
		}
		return nil
	})
}

// expressions are those of the dashboard and the document.
func expressions(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(dashboard)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range regexp.MustCompile(`"expr": ("(?:[^"\\]|\\.)*")`).FindAllSubmatch(text, -1) {
		var expr string
		if err := json.Unmarshal(m[1], &expr); err != nil {
			t.Fatal(err)
		}
		expr = strings.NewReplacer("$__rate_interval", "1m", "$job", ".*", "$instance", ".*", "$virtual_server", ".*").Replace(expr)
		all = append(all, expr)
	}
	if text, err = os.ReadFile(document); err != nil {
		t.Fatal(err)
	}
	_, questions, _ := strings.Cut(string(text), "## Questions")
	for _, m := range regexp.MustCompile("\\| `(.*)` \\|").FindAllStringSubmatch(questions, -1) {
		all = append(all, m[1])
	}
	if len(all) < 30 || slices.Contains(all, "") {
		t.Fatalf("%d expressions", len(all))
	}
	return all
}
