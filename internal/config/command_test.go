package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSplitWords has what sh(1) makes of the same lines.
func TestSplitWords(t *testing.T) {
	for _, test := range []struct {
		line string
		want []string
		err  string
	}{
		{``, nil, ""},
		{"  \t\n ", nil, ""},
		{`a`, []string{"a"}, ""},
		{` a  b	c `, []string{"a", "b", "c"}, ""},
		{`'a b' "c d"`, []string{"a b", "c d"}, ""},
		{`a'b'"c"d`, []string{"abcd"}, ""},
		{`'' ""`, []string{"", ""}, ""},
		{`a\ b \\ \"`, []string{"a b", `\`, `"`}, ""},
		{`"a\"b\\c\d\$e"`, []string{`a"b\c\d$e`}, ""},
		{`'a\b' '"'`, []string{`a\b`, `"`}, ""},
		{`"it's"`, []string{"it's"}, ""},
		{`$HOME *.c | ; > x`, []string{"$HOME", "*.c", "|", ";", ">", "x"}, ""},
		{`ä "ö ü"`, []string{"ä", "ö ü"}, ""},
		{`'a`, nil, "a quote is not closed"},
		{`"a`, nil, "a quote is not closed"},
		{`a"b\"`, nil, "a quote is not closed"},
		{`a\`, nil, "a backslash is the last character"},
	} {
		got, err := splitWords(test.line)
		if (err != nil) != (test.err != "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("splitWords(%q): error %v, want %q", test.line, err, test.err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("splitWords(%q) (-want +got):\n%s", test.line, diff)
		}
	}
}
