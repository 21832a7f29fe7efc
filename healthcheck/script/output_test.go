package script

import (
	"context"
	"os"
	"strings"
	"testing"
	"unicode"
)

func TestFirstAndLastLine(t *testing.T) {
	long := strings.Repeat("x", maxLine)
	tests := []struct {
		name        string
		writes      []string
		first, last string
	}{
		{"nothing", nil, "", ""},
		{"one line", []string{"one\n"}, "one", "one"},
		{"no newline at the end", []string{"one\ntwo"}, "one", "two"},
		{"no newline at all", []string{"one"}, "one", "one"},
		{"empty lines do not count", []string{"\n one\n\n \n\t"}, "one", "one"},
		{"in pieces", []string{"o", "ne\ntw", "o", "\n"}, "one", "two"},
		{"long line is cut", []string{long + "tail\n"}, long, long},
		{"long line in pieces is cut", []string{long[:10], long, "tail"}, long, long},
		{"after a long line", []string{long + "tail\nshort\n"}, long, "short"},
		{"three lines", []string{"one\ntwo\nthree\n"}, "one", "three"},
		{"space and line ends of Windows", []string{"  one \r\n"}, "one", "one"},
		{"no UTF-8", []string{"a\xffb\n"}, "a\uFFFDb", "a\uFFFDb"},
		{"no text", []string{"\x1b[31mred\tcar\x00\n"}, "\uFFFD[31mred car\uFFFD", "\uFFFD[31mred car\uFFFD"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var o Output
			for _, w := range tt.writes {
				if n, err := o.Write([]byte(w)); n != len(w) || err != nil {
					t.Errorf("Write returned %d, %v, want %d", n, err, len(w))
				}
			}
			if o.First() != tt.first || o.Last() != tt.last {
				t.Errorf("got first %q, last %q, want %q, %q", o.First(), o.Last(), tt.first, tt.last)
			}
		})
	}
}

func TestCollect(t *testing.T) {
	collect := func(ctx context.Context, t *testing.T, text string, max int64) (*Output, bool) {
		t.Helper()
		pipe, in, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		if _, err := in.WriteString(text); err != nil {
			t.Fatal(err)
		}
		if ctx.Err() == nil {
			in.Close()
		}
		o := newOutput(pipe)
		flooded := o.Collect(ctx, max)
		<-o.Done()
		return o, flooded
	}
	t.Run("to the end", func(t *testing.T) {
		o, flooded := collect(t.Context(), t, "one\ntwo\n", 9)
		if flooded || o.Last() != "two" {
			t.Errorf("flooded %v, last line %q, want all of it", flooded, o.Last())
		}
	})
	t.Run("too much", func(t *testing.T) {
		o, flooded := collect(t.Context(), t, "one\ntwo\n", 4)
		if !flooded || o.Last() != "one" {
			t.Errorf("flooded %v, last line %q, want the four bytes", flooded, o.Last())
		}
	})
	t.Run("until the context is done", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, flooded := collect(ctx, t, "one\n", 9); flooded {
			t.Error("flooded")
		}
	})
}

func FuzzOutput(f *testing.F) {
	f.Add("one\ntwo\r\n\n", 3)
	f.Add("\x00\xff\x1b]0;title\a", 1)
	f.Fuzz(func(t *testing.T, text string, at int) {
		at = min(max(at, 0), len(text))
		var whole, pieces Output
		whole.Write([]byte(text))
		pieces.Write([]byte(text[:at]))
		pieces.Write([]byte(text[at:]))
		if whole.First() != pieces.First() || whole.Last() != pieces.Last() {
			t.Errorf("whole %q, %q; in pieces %q, %q", whole.First(), whole.Last(), pieces.First(), pieces.Last())
		}
		for _, line := range []string{whole.First(), whole.Last()} {
			if len(line) > maxLine*len("\uFFFD") || strings.ContainsFunc(line, func(r rune) bool {
				return r != unicode.ReplacementChar && !unicode.IsPrint(r)
			}) {
				t.Errorf("line %q is too long or cannot be printed", line)
			}
		}
	})
}
