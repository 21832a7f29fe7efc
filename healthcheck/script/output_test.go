package notify

import (
	"strings"
	"testing"
)

func TestLastLine(t *testing.T) {
	long := strings.Repeat("x", maxLine)
	tests := []struct {
		name   string
		writes []string
		want   string
	}{
		{"nothing", nil, ""},
		{"one line", []string{"one\n"}, "one"},
		{"no newline at the end", []string{"one\ntwo"}, "two"},
		{"empty lines do not count", []string{"one\n\n \n\t"}, "one"},
		{"in pieces", []string{"o", "ne\ntw", "o", "\n"}, "two"},
		{"long line is cut", []string{long + "tail\n"}, long},
		{"long line in pieces is cut", []string{long[:10], long, "tail"}, long},
		{"after a long line", []string{long + "tail\nshort\n"}, "short"},
		{"space and line ends of Windows", []string{"  one \r\n"}, "one"},
		{"no UTF-8", []string{"a\xffb\n"}, "a\uFFFDb"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var l lastLine
			for _, w := range tt.writes {
				if n, err := l.Write([]byte(w)); n != len(w) || err != nil {
					t.Errorf("Write returned %d, %v, want %d", n, err, len(w))
				}
			}
			if got := l.String(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
