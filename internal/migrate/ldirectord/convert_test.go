package ldirectord

import (
	"bytes"
	"errors"
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

var update = flag.Bool("update", false, "write the golden files")

// testNames are the names that samples may use.
func testNames() Files {
	return Files{Hosts: filepath.Join("testdata", "hosts"), Services: filepath.Join("testdata", "services")}
}

// today is the language that this version of the daemon loads.
func today(t *testing.T) migrate.Language {
	path := filepath.Join(t.TempDir(), "fit.hcl")
	return migrate.Language{
		Knows: config.NewLanguage().Knows,
		Check: func(text []byte) []migrate.Problem {
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			_, diags := config.Load(path, nil, nil)
			var problems []migrate.Problem
			for _, d := range diags {
				if d.Severity != hcl.DiagError {
					continue
				}
				p := migrate.Problem{Text: d.Detail}
				if d.Subject != nil {
					p.Line = d.Subject.Start.Line
				}
				problems = append(problems, p)
			}
			return problems
		},
	}
}

func samples(t *testing.T, dirs ...string) []string {
	t.Helper()
	var paths []string
	for _, dir := range dirs {
		found, err := filepath.Glob(filepath.Join("testdata", dir, "*.cf"))
		if err != nil || len(found) == 0 {
			t.Fatalf("no samples in %s (%v)", dir, err)
		}
		paths = append(paths, found...)
	}
	return paths
}

// What a sample becomes in the full language, and what is said about it.
func TestConvertGolden(t *testing.T) {
	for _, path := range samples(t, "good", "kernel") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			doc, report, err := Convert(path, Options{Names: testNames()})
			var said bytes.Buffer
			report.WriteText(&said)
			if err != nil {
				t.Fatalf("%v\n%s", err, &said)
			}
			base := strings.TrimSuffix(path, ".cf")
			golden(t, base+".hcl", doc.Bytes())
			golden(t, base+".txt", said.Bytes())
		})
	}
}

// All errors of a file come at once, each with its line.
func TestConvertErrors(t *testing.T) {
	for _, path := range samples(t, "bad") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			doc, report, err := Convert(path, Options{Names: testNames()})
			if !errors.Is(err, migrate.ErrNotImported) || doc != nil {
				t.Errorf("document %v, error %v; want no document and %v", doc, err, migrate.ErrNotImported)
			}
			var said strings.Builder
			for _, f := range report.Findings() {
				if f.Severity == migrate.Error {
					said.WriteString(f.String() + "\n")
				}
			}
			golden(t, strings.TrimSuffix(path, ".cf")+".txt", []byte(said.String()))
		})
	}
}

// What this version cannot say is a comment, so that every result loads.
func TestConvertedLoads(t *testing.T) {
	for _, path := range samples(t, "good", "kernel") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			doc, report, err := Convert(path, Options{Names: testNames(), Language: today(t)})
			if err != nil {
				t.Fatalf("%v: %v", err, report.Findings())
			}
			if problems := today(t).Check(doc.Bytes()); problems != nil {
				t.Errorf("the result does not load: %v\n%s", problems, doc.Bytes())
			}
		})
	}
}

// Samples for the kernel have nothing that this version cannot do.
func TestKernelSamplesAct(t *testing.T) {
	for _, path := range samples(t, "kernel") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			_, report, err := Convert(path, Options{Names: testNames(), Language: today(t)})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range report.Findings() {
				if f.Severity == migrate.Unsupported {
					t.Error(f)
				}
			}
		})
	}
}

func TestConvertMissingFile(t *testing.T) {
	doc, report, err := Convert(filepath.Join(t.TempDir(), "none.cf"), Options{})
	if !errors.Is(err, os.ErrNotExist) || doc != nil || report == nil {
		t.Errorf("document %v, report %v, error %v; want no document, a report and os.ErrNotExist", doc, report, err)
	}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
