package healthcheck

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

func TestPattern(t *testing.T) {
	tests := []struct {
		pattern string
		reply   string // in hexadecimal
		want    bool
	}{
		{"", "", true},
		{"", "00", true},
		{"01 02", "0102", true},
		{"0102", "010203", true},
		{"0102", "01", true}, // as far as it goes
		{"0102", "", true},
		{"0102", "0103", false},
		{"aBcD", "abcd", true},
		{"XX02", "ff02", true},
		{"X1", "f1", true},
		{"X1", "f2", false},
		{"1x", "1f", true},
		{"1x", "2f", false},
		{"1 2 3", "010203", true}, // one digit is an octet too
		{"\t 1", "01", true},
		{"x", "0f", true},
		{"x", "1f", false}, // its other half is 0
		{"Ab12f 3 456 546443123", "ab120f0345065464431203", true}, // keepalived.conf(5)
		{"01zz", "01", true},
		{"01zz", "0102", false}, // Validate refuses it
	}
	for _, tt := range tests {
		reply, err := hex.DecodeString(tt.reply)
		if err != nil {
			t.Fatal(err)
		}
		if got := matches(tt.pattern, reply); got != tt.want {
			t.Errorf("%q and %s: got %v", tt.pattern, tt.reply, got)
		}
	}
}

func TestValidPattern(t *testing.T) {
	tests := map[string]string{
		"0":      "",
		" xX 1 ": "",
		"":       `no octets in ""`,
		" \t":    `no octets in " \t"`,
		"01 g":   `'g' at position 4 is no hexadecimal digit, nor X for any digit`,
		"0:":     `':' at position 2 is no hexadecimal digit, nor X for any digit`,
	}
	for pattern, want := range tests {
		got := ""
		if err := validPattern(pattern); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", pattern, got, want)
		}
	}
}

// FuzzPattern compares with a pattern that is taken apart beforehand.
func FuzzPattern(f *testing.F) {
	f.Add("01 X2 3", []byte{1, 0xf2, 3, 4})
	f.Add("zz", []byte{1})
	f.Add("", []byte{})
	f.Fuzz(func(t *testing.T, pattern string, reply []byte) {
		got := matches(pattern, reply)
		if validPattern(pattern) != nil {
			return // it only has to come back
		}
		var digits strings.Builder // two for each octet
		for field := range strings.FieldsFuncSeq(pattern, func(r rune) bool { return r == ' ' || r == '\t' }) {
			for len(field) >= 2 {
				digits.WriteString(field[:2])
				field = field[2:]
			}
			if field != "" {
				digits.WriteString("0" + field)
			}
		}
		want := []byte(strings.ToLower(digits.String()))
		have := []byte(hex.EncodeToString(reply))
		n := min(len(want), len(have))
		want, have = want[:n], have[:n]
		for i, c := range want {
			if c == 'x' {
				have[i] = 'x'
			}
		}
		if got != bytes.Equal(want, have) {
			t.Errorf("matches(%q, %x) = %v", pattern, reply, got)
		}
	})
}
