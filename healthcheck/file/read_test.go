package file

import (
	"errors"
	"io/fs"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestParse(t *testing.T) {
	tests := []struct {
		text string
		want int64
		err  error
	}{
		{"", 0, nil},
		{"5\n", 5, nil},
		{"-5", -5, nil},
		{"+5", 5, nil},
		{" \t\r\n\v\f 7", 7, nil},
		{"12abc", 12, nil},
		{"12 13", 12, nil},
		{"1.5", 1, nil},
		{"abc", 0, nil},
		{"--1", 0, nil},
		{"- 1", 0, nil},
		{"0x1f", 31, nil},
		{"-0X1Fg", -31, nil},
		{"0x", 0, nil},
		{"0xg", 0, nil},
		{"010", 8, nil},
		{"08", 0, nil},
		{"1\x002", 1, nil},
		{"2147483647", math.MaxInt32, nil},
		{"2147483648", math.MaxInt32 + 1, nil},
		{"-2147483648", math.MinInt32, nil},
		{"2147483649", 0, ErrRange},
		{"-2147483649", 0, ErrRange},
		{"99999999999999999999999999999999", 0, ErrRange},
	}
	for _, tt := range tests {
		if got, err := parse([]byte(tt.text)); got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%q: got %d, %v, want %d, %v", tt.text, got, err, tt.want, tt.err)
		}
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if _, err := Read(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: got error %v, want %v", err, fs.ErrNotExist)
	}
	if _, err := Read(dir); err == nil {
		t.Error("no error for a directory")
	}
	if err := os.WriteFile(path, []byte(strings.Repeat(" ", maxContent-2)+"123"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := Read(path); got != 12 || err != nil {
		t.Errorf("long: got %d, %v, want the 12 within the limit", got, err)
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(pipe); err == nil || !strings.Contains(err.Error(), "not a file") {
		t.Errorf("named pipe: got error %v", err)
	}
}

// FuzzParse compares whole numbers with a parser of others.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"5\n", "-0x1f", "010", "2147483649", "1_0", "0b1", "0o7"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := parse(text)
		if err != nil && got != 0 || got < math.MinInt32 || got > math.MaxInt32+1 {
			t.Fatalf("%q: got %d, %v", text, got, err)
		}
		word := string(text)
		if strings.ContainsAny(word, "_bBoO") {
			return // Go's, not C's
		}
		if want, ok := new(big.Int).SetString(word, 0); ok {
			inRange := want.IsInt64() && want.Int64() >= -math.MaxInt32-1 && want.Int64() <= math.MaxInt32+1
			if inRange != (err == nil) || inRange && want.Int64() != got {
				t.Errorf("%q: got %d, %v, want %s", text, got, err, want)
			}
		}
	})
}
