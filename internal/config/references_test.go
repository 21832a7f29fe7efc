package config

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

func TestReferencesOf(t *testing.T) {
	for _, test := range []struct {
		text string
		want []reference
	}{
		{`1`, nil},
		{`var.a`, []reference{{"var", "a"}}},
		{`var["a"].b`, []reference{{"var", "a"}}},
		{`"${local.a}${var.b[local.c]}"`, []reference{{"local", "a"}, {"var", "b"}, {"local", "c"}}},
		{`keys(local)`, []reference{{"local", ""}}},
		{`local[0]`, []reference{{"local", ""}}},
		{`[for x in var.a : x + local.b]`, []reference{{"var", "a"}, {"local", "b"}}},
	} {
		expr, diags := hclsyntax.ParseExpression([]byte(test.text), "a.hcl", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if diff := cmp.Diff(test.want, slices.Collect(referencesOf(expr)), cmp.AllowUnexported(reference{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.text, diff)
		}
	}
}
