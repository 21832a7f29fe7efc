package metrics

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/internal/nettest"
)

const (
	alerts     = "../../packaging/prometheus/alerts.yml"
	alertsTest = "../../packaging/prometheus/alerts_test.yml"
	dashboard  = "../../packaging/grafana/ldirector.json"
	document   = "../../docs/metrics.md"
)

// Prometheus accepts the rules, and they fire when they should and not before.
func TestAlertRules(t *testing.T) {
	nettest.Require(t, "promtool")
	for _, args := range [][]string{{"check", "rules", alerts}, {"test", "rules", alertsTest}} {
		p := nettest.Start(t, "promtool", args...)
		<-p.Done()
		if out := p.Output(); !strings.Contains(out, "SUCCESS") || strings.Contains(out, "FAILED") {
			t.Errorf("promtool %s:\n%s", strings.Join(args, " "), out)
		}
	}
}

// Rules, dashboard and document name only what there is, and only labels that
// it has.
func TestNamesInUse(t *testing.T) {
	known := make(map[string]family)
	for _, f := range families() {
		known[f.name] = f
	}
	for _, file := range []string{alerts, alertsTest, dashboard, document} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		used := regexp.MustCompile(`(ldirector_[a-z0-9_]+)(?:\{([^}]*)\})?`).FindAllStringSubmatch(strings.ReplaceAll(string(text), `\"`, `"`), -1)
		if len(used) == 0 {
			t.Errorf("%s names no metric", file)
		}
		for _, u := range used {
			f, ok := known[u[1]]
			if base, isHistogram := strings.CutSuffix(u[1], "_bucket"); !ok && isHistogram {
				f, ok = known[base]
				ok = ok && f.kind == histogram
			}
			if !ok {
				t.Errorf("%s: there is no %s", file, u[1])
			}
			for _, label := range regexp.MustCompile(`([a-z_]+)\s*(?:=~|!~|!=|=)`).FindAllStringSubmatch(u[2], -1) {
				if !strings.Contains(" job instance "+strings.Join(f.labels, " ")+" ", " "+label[1]+" ") {
					t.Errorf("%s: %s has no label %s", file, u[1], label[1])
				}
			}
		}
	}
}

// The dashboard is what Grafana loads: panels with queries of their own numbers,
// none over another.
func TestDashboard(t *testing.T) {
	text, err := os.ReadFile(dashboard)
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Title  string
		UID    string
		Panels []struct {
			ID      int
			Type    string
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	if d.Title == "" || d.UID == "" || len(d.Panels) < 10 {
		t.Errorf("title %q, uid %q, %d panels", d.Title, d.UID, len(d.Panels))
	}
	ids, taken := make(map[int]bool), make(map[[2]int]string)
	for _, p := range d.Panels {
		if ids[p.ID] {
			t.Errorf("%s: number %d is used twice", p.Title, p.ID)
		}
		ids[p.ID] = true
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("%s asks nothing", p.Title)
		}
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("%s is over %q", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
}
