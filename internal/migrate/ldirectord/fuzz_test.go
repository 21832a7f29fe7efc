package ldirectord

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ldirector/ldirector/internal/migrate"
)

// Whatever a file says, there is an error with a line or a document that is
// HCL.
func FuzzConvert(f *testing.F) {
	for _, dir := range []string{"good", "bad", "kernel"} {
		paths, err := filepath.Glob(filepath.Join("testdata", dir, "*.cf"))
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		report := &migrate.Report{}
		c := &converter{parser: parse("fuzz.cf", text, noNames{}, report), doc: &migrate.Document{}}
		c.convert()
		if report.HasErrors() {
			for _, finding := range report.Findings() {
				if finding.Severity == migrate.Error && finding.Line == 0 {
					t.Errorf("error without a line: %v", finding)
				}
			}
			return
		}
		if _, diags := hclsyntax.ParseConfig(c.doc.Bytes(), "fuzz.hcl", hcl.InitialPos); diags.HasErrors() {
			t.Errorf("%v\n%s", diags, c.doc.Bytes())
		}
	})
}
