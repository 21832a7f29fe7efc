package config

import (
	"strings"
	"testing"
)

func TestNestingLimits(t *testing.T) {
	many := func(s string, n int) string { return strings.Repeat(s, n) }
	for _, test := range []struct {
		name, text string
		bad        bool
	}{
		{"brackets", "a = " + many("(", 300_000), true},
		{"lists", "a = " + many("[", 300_000), true},
		{"blocks", many("a {\n", 300_000), true},
		{"templates", "a = " + many(`"${`, 300_000), true},
		{"templates in here-documents", "a = <<E\n" + many("${<<E\n", 300_000), true},
		{"negations", "a = " + many("!", 300_000) + "true", true},
		{"sum", "a = 1" + many("+1", 300_000), true},
		{"sum over lines", "a = (1" + many("\n+1", 300_000) + ")", true},
		{"conditions", "a = 1" + many("?1:1", 300_000), true},
		{"indices", "a = b" + many("[0]", 300_000), true},

		{"many blocks", many("a {\n  b = \"${c}\"\n}\n", 20_000), false},
		{"long list", "a = [\n" + many("-1,\n", 20_000) + "]", false},
		{"long string", `a = "` + many(`(!\"$${`, 20_000) + `"`, false},
		{"comments", many("# ((((\n// [[[[\n/* {{{{\n*/\n", 20_000), false},
		{"division", "a = 1 / 2", false},
		{"200 deep", "a = " + many("(", 200) + "1" + many(")", 200), false},
		{"unfinished", "a = \"\\", false},
		{"unfinished comment", "/* ", false},
		{"slash at the end", "/", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			diag := checkNesting("a.hcl", []byte(test.text))
			if (diag != nil) != test.bad {
				t.Errorf("got %v, want an error: %t", diag, test.bad)
			}
		})
	}
}

// TestLimitsAreFarFromTheParsers parses what is just allowed.
func TestLimitsAreFarFromTheParsers(t *testing.T) {
	for _, text := range []string{
		"a = " + strings.Repeat("(", maxNesting) + "1" + strings.Repeat(")", maxNesting),
		"a = " + strings.Repeat("[", maxNesting) + strings.Repeat("]", maxNesting),
		"a = " + strings.Repeat("!", maxOperators-1) + "true",
		"a = 1" + strings.Repeat("?1:1", maxOperators-1),
		"a = 1" + strings.Repeat("+1", maxOperators-1),
	} {
		cfg, diags := loadText(t, nil, nil, "a.hcl", "locals {\n"+text+"\n}\n")
		for _, diag := range diags {
			if diag.Summary == "Nested too deeply" && len(text) > 500 {
				t.Errorf("%.20s…: %s", text, messages(t, cfg, diags))
			}
		}
	}
}

func TestNestingNamesTheLine(t *testing.T) {
	text := "# first\n/* two\nlines */ a = 1\nb = " + strings.Repeat("(", 300)
	if diag := checkNesting("a.hcl", []byte(text)); diag == nil || diag.Subject.Start.Line != 4 || diag.Subject.Start.Byte != strings.Index(text, "b =") {
		t.Errorf("got %+v", diag)
	}
}
