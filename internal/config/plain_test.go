package config

import (
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// comparePlain compares the tree of a text with HCL's. It reports whether the
// text is plain.
func comparePlain(t *testing.T, text []byte) bool {
	t.Helper()
	if checkNesting("a.hcl", text) != nil {
		return false
	}
	got, _ := parsePlain("a.hcl", text, "")
	if got == nil {
		return false
	}
	file, diags := hclsyntax.ParseConfig(text, "a.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("plain, but HCL says %v\n%s", diags, text)
	}
	want, _ := file.Body.(*hclsyntax.Body)
	got.SrcRange, want.SrcRange = hcl.Range{}, hcl.Range{} // of the whole file, where HCL leaves out comments
	if diff := cmp.Diff(want, got,
		cmp.Comparer(func(a, b cty.Value) bool { return a.RawEquals(b) }),
		cmp.Comparer(func(a, b *big.Float) bool { return a.Cmp(b) == 0 }),
		cmp.Comparer(func(a, b *hclsyntax.Operation) bool { return a == b }),
		cmpopts.IgnoreUnexported(hclsyntax.Body{}),
		cmp.Exporter(func(reflect.Type) bool { return true }),
	); diff != "" {
		t.Fatalf("%s\n(-HCL +plain):\n%s", text, diff)
	}
	return true
}

func TestPlainIsWhatHCLReads(t *testing.T) {
	for _, test := range []struct {
		text  string
		plain bool
	}{
		{"", true},
		{"\n \t\n# only\n// comments", true},
		{"a = 1", true},
		{"a = 1 # é\nb = 2 // é\n", true},
		{"a {}", true},
		{"a \"b\" c {\n}\n", true},
		{"a { b = 1 }\nc { d = [1, \"x\"] } # e\n", true},
		{"a { b = 1 # no\n}\n", false},
		{"a {\n  b {\n    c = true\n  }\n\n}\n", true},
		{"a { # comment\n}\n", true},
		{"a {\n} # comment\nb=null\n", true},
		{"a = [\n  1, # one\n  \"two\",\n  // three\n  [false],\n]\n", true},
		{"a = []\nb = [ ]\nc = [[],[1]]", true},
		{"a = \"\"\nb = \"${var.x}y\"\nc = \"\\n\"\nd = \"%{ if true }x%{ endif }\"\n", true},
		{"a = -1\nb = 1.5\nc = 1e3\nd = 1 + 2\ne = (\n  1\n)\nf = { a = 1\n b = 2 }\ng = 007\n", true},
		{"a = [for x in var.y : x]\nb = f(1, \"}\")\nc = \"a\" == \"b\" ? [\n1] : [2]\nd = true.x\n", true},
		{"a = { b = var.x }\nc { d = var.x[0] }\n", true},
		{"a = [var.x, \"${y}\"]\nb = [1] [0]\nc = \"x\"[0]\n", true},
		{"a = [1 2]\n", false},
		{"a = [1\n", false},
		{"a = 1 b = 2\n", false},
		{"a = 1\na = 2\n", false},
		{"a = 1 }\n", false},
		{"a == 1\n", false},
		{"a => 1\n", false},
		{"a =\n1\n", false},
		{"a = \"b\nc\"\n", false},
		{"a = \"é\"\n", false},
		{"a \"${b}\" {}\n", false},
		{"a = <<E\nx\nE\n", false},
		{"/* a */ b = 1\n", false},
		{"a = 1\r\n", false},
		{"a\n{}\n", false},
		{"a {} b {}\n", false},
		{"a { b {} }\n", false},
		{"a {\n", false},
		{"\ufeffa = 1\n", false},
	} {
		if got := comparePlain(t, []byte(test.text)); got != test.plain {
			t.Errorf("%q: plain is %t, want %t", test.text, got, test.plain)
		}
	}
}

// TestPlainFilesAreTheRule: the good files and the benchmark's are plain, but
// those that are about something else.
func TestPlainFilesAreTheRule(t *testing.T) {
	for _, text := range []string{services(0, 3, true), services(0, 3, false)} {
		if !comparePlain(t, []byte(text)) {
			t.Errorf("not plain: %s", text)
		}
	}
	names, err := filepath.Glob("testdata/*/*.hcl")
	if err != nil || len(names) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if plain := comparePlain(t, text); !plain && filepath.Base(filepath.Dir(name)) == "good" && filepath.Base(name) != "defaults.hcl" {
			t.Errorf("%s is not plain", name)
		}
	}
}

// FuzzPlain: a text that is plain has HCL's tree.
func FuzzPlain(f *testing.F) {
	names, err := filepath.Glob("testdata/*/*.hcl")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) { comparePlain(t, text) })
}
