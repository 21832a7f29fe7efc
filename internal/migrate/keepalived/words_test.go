package keepalived

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplitComment(t *testing.T) {
	tests := []struct {
		line, text, comment string
		has, open           bool
	}{
		{"  a b  # c", "a b", " c", true, false},
		{"a!b", "a", "b", true, false},
		{`a\!b\#c d`, "a!b#c d", "", false, false},
		{`"a#b" c`, `"a#b" c`, "", false, false},
		{`'a#b' c`, "'a", "b' c", true, false},
		{`"a \# b`, `"a \# b`, "", false, true},
		{`$A=b  \`, `$A=b\`, "", false, false},
		{`a \\ b`, `a \\ b`, "", false, false},
		{"", "", "", false, false},
		{"! all", "", " all", true, false},
	}
	for _, tt := range tests {
		text, comment, has, open := splitComment(tt.line)
		if text != tt.text || comment != tt.comment || has != tt.has || open != tt.open {
			t.Errorf("splitComment(%q) = %q, %q, %t, %t", tt.line, text, comment, has, open)
		}
	}
}

func TestSplitWords(t *testing.T) {
	for line, want := range map[string][]string{
		"":             nil,
		" a\tb ":       {"a", "b"},
		`a "b c" d`:    {"a", "b c", "d"},
		`a"b c"d`:      {"a", "b c", "d"},
		`a "" b`:       {"a", "", "b"},
		`a "b c`:       {"a"},
		`'a b' \"c d"`: {"'a", "b'", `\`, "c d"},
	} {
		if diff := cmp.Diff(want, splitWords(line)); diff != "" {
			t.Errorf("splitWords(%q) (-want +got):\n%s", line, diff)
		}
	}
}

func TestCutBrace(t *testing.T) {
	for line, want := range map[string][]string{
		"a {b}":       {"a", "{", "b", "}"},
		`a "{" } "}`:  {`a "{"`, "}", `"`, "}"},
		"}{ a":        {"}", "{", "a"},
		"a":           {"a"},
		`a "b { c`:    {`a "b`, "{", "c"},
		"  { \t a  }": {"{", "a", "}"},
	} {
		var got []string
		for rest := line; rest != ""; {
			var piece string
			piece, rest = cutBrace(rest)
			got = append(got, piece)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("cutBrace(%q) (-want +got):\n%s", line, diff)
		}
	}
}

func TestShellWords(t *testing.T) {
	tests := []struct {
		line    string
		escapes bool
		want    []string
		err     error
	}{
		{`a "b c" 'd e'`, true, []string{"a", "b c", "d e"}, nil},
		{`a"b c"d 'e'f`, true, []string{"ab cd", "ef"}, nil},
		{`"it's" 'say "x"'`, true, []string{"it's", `say "x"`}, nil},
		{`a\ b \"c\" "d\"e"`, true, []string{"a b", `"c"`, `d"e`}, nil},
		{`a\ b \"c\"`, false, []string{`a\ b`, `\"c\"`}, nil},
		{`\t\x41\x4G\101\cA\E\q`, true, []string{"\tA\x04GA\x01\x1bq"}, nil},
		{`''`, true, []string{""}, nil},
		{`a "b`, true, nil, errOpenQuote},
		{`a \`, true, nil, errBackslash},
	}
	for _, tt := range tests {
		got, err := shellWords(tt.line, tt.escapes)
		if diff := cmp.Diff(tt.want, got); diff != "" || !errors.Is(err, tt.err) {
			t.Errorf("shellWords(%q, %t): %v (-want +got):\n%s", tt.line, tt.escapes, err, diff)
		}
	}
}

func TestBraces(t *testing.T) {
	for pattern, want := range map[string][]string{
		"a":              {"a"},
		"{a,b}.conf":     {"a.conf", "b.conf"},
		"x{a,{b,c}}{1,}": {"xa1", "xa", "xb1", "xb", "xc1", "xc"},
		"{a":             {"{a"},
	} {
		got := braces(pattern)
		if diff := cmp.Diff(len(want), len(got)); diff != "" {
			t.Errorf("braces(%q) = %q", pattern, got)
		}
		for _, w := range want {
			found := false
			for _, g := range got {
				found = found || g == w
			}
			if !found {
				t.Errorf("braces(%q) = %q, without %q", pattern, got, w)
			}
		}
	}
}
