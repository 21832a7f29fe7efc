package keepalived

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/internal/migrate"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with the file name, or writes it with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// samples returns the configurations in testdata that can be imported.
func samples(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob("testdata/[sk]*/*.conf")
	if err != nil || len(names) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	return names
}

// reportText returns a report as users see it.
func reportText(t testing.TB, r *migrate.Report) string {
	t.Helper()
	var out bytes.Buffer
	if err := r.WriteText(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestSamples translates into the full language, so that the golden files stay
// the same when words come into the language.
func TestSamples(t *testing.T) {
	for _, name := range samples(t) {
		t.Run(name, func(t *testing.T) {
			doc, report, err := Convert(name, Options{ConfigID: "one"})
			if err != nil {
				t.Fatalf("%v\n%s", err, reportText(t, report))
			}
			base := strings.TrimSuffix(name, ".conf")
			golden(t, base+".hcl", string(doc.Bytes()))
			golden(t, base+".report", reportText(t, report))
		})
	}
}

// check loads a configuration with internal/config. Warnings do not count.
func check(t testing.TB) func(text []byte) []migrate.Problem {
	name := filepath.Join(t.TempDir(), "out.hcl")
	return func(text []byte) []migrate.Problem {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		_, diags := config.Load(name, nil, nil)
		var problems []migrate.Problem
		for _, d := range diags {
			if d.Severity != hcl.DiagError {
				continue
			}
			p := migrate.Problem{Text: d.Summary + ": " + d.Detail}
			if d.Subject != nil {
				p.Line = d.Subject.Start.Line
			}
			problems = append(problems, p)
		}
		return problems
	}
}

// TestResultsAreValid translates into the language as it is.
func TestResultsAreValid(t *testing.T) {
	for _, name := range samples(t) {
		t.Run(name, func(t *testing.T) {
			language := migrate.Language{Knows: config.NewLanguage().Knows, Check: check(t)}
			doc, report, err := Convert(name, Options{ConfigID: "one", Language: language})
			if err != nil {
				t.Fatalf("%v\n%s", err, reportText(t, report))
			}
			for _, p := range language.Check(doc.Bytes()) {
				t.Errorf("line %d: %s", p.Line, p.Text)
			}
			if t.Failed() {
				t.Logf("%s", doc.Bytes())
			}
		})
	}
}

// TestRoutersAreComplete checks that nothing of VRRP becomes a comment in the
// sample that is made of what ldirector has.
func TestRoutersAreComplete(t *testing.T) {
	const name = "testdata/complete/routers.conf"
	whole, said, err := Convert(name, Options{ConfigID: "one"})
	if err != nil {
		t.Fatal(err)
	}
	language := migrate.Language{Knows: config.NewLanguage().Knows, Check: check(t)}
	doc, report, err := Convert(name, Options{ConfigID: "one", Language: language})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(whole.Bytes()), string(doc.Bytes())); diff != "" {
		t.Errorf("(-whole language +result):\n%s\n%s", diff, reportText(t, report))
	}
	golden(t, "testdata/complete/routers.hcl", string(whole.Bytes()))
	golden(t, "testdata/complete/routers.report", reportText(t, said))
}
