package file

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ldirector/ldirector/healthcheck"
)

func TestJudge(t *testing.T) {
	const down = math.MinInt64
	tests := []struct {
		weight  int32
		reverse bool
		value   int64
		want    int64 // offset, or down
	}{
		{1, false, 0, 0},
		{1, false, 5, 5},
		{1, false, -5, -5},
		{-3, false, 5, -15},
		{3, true, 5, -15},
		{3, true, -5, 15},
		{1, false, math.MaxInt32, math.MaxInt32},
		{1, false, math.MaxInt32 + 1, math.MaxInt32},
		{1, true, math.MaxInt32 + 1, down},
		{1, false, math.MinInt32 + 1, math.MinInt32 + 1},
		{1, false, math.MinInt32, down},
		{2, false, math.MinInt32/2 + 1, math.MinInt32 + 2},
		{2, false, math.MinInt32 / 2, down},
		{math.MaxInt32, false, math.MaxInt32 + 1, math.MaxInt32},
		{math.MinInt32, false, math.MaxInt32 + 1, down},
		{math.MinInt32, true, math.MaxInt32 + 1, math.MaxInt32},
		{math.MinInt32, false, math.MinInt32, math.MaxInt32},
	}
	for _, tt := range tests {
		weight, err := Config{Weight: tt.weight, Reverse: tt.reverse}.judge(tt.value)
		got := int64(weight.N)
		if err != nil {
			got = down
		}
		if got != tt.want || err == nil && weight.Kind != healthcheck.WeightOffset {
			t.Errorf("%d × %d, reverse %v: got %+v, %v, want %d", tt.value, tt.weight, tt.reverse, weight, err, tt.want)
		}
	}
}

func TestWeightZeroMeansUpOrDown(t *testing.T) {
	for _, tt := range []struct {
		reverse bool
		value   int64
		up      bool
	}{{false, 0, true}, {false, 1, false}, {false, -1, false}, {true, 0, false}, {true, 1, true}, {true, -1, true}} {
		weight, err := Config{Reverse: tt.reverse}.judge(tt.value)
		if (err == nil) != tt.up || weight != (healthcheck.Weight{}) {
			t.Errorf("%d, reverse %v: got %+v, %v, want up %v", tt.value, tt.reverse, weight, err, tt.up)
		}
	}
}

func TestProbe(t *testing.T) {
	offset := func(n int32) healthcheck.Result {
		return healthcheck.Result{Weight: healthcheck.Weight{Kind: healthcheck.WeightOffset, N: n}}
	}
	path := filepath.Join(t.TempDir(), "track")
	write := func(text string) func() error {
		return func() error { return os.WriteFile(path, []byte(text), 0o644) }
	}
	tests := []struct {
		name   string
		make   func() error
		config Config
		want   healthcheck.Result
		err    string
	}{
		{"missing", func() error { return nil }, Config{Weight: 2}, offset(0), ""},
		{"missing with weight 0", func() error { return nil }, Config{}, healthcheck.Result{}, ""},
		{"missing with weight 0 reverse", func() error { return nil }, Config{Reverse: true}, healthcheck.Result{},
			"0 in " + path + " (open " + path + ": no such file or directory)"},
		{"number", write("-7\n"), Config{Weight: 2}, offset(-14), ""},
		{"number with weight 0", write("1"), Config{}, healthcheck.Result{}, "1 in " + path},
		{"empty", write(""), Config{Weight: 2}, offset(0), ""},
		{"directory", func() error { return os.Mkdir(path, 0o755) }, Config{Weight: 2}, healthcheck.Result{
			Weight:  offset(0).Weight,
			Warning: "read " + path + ": not a file",
		}, ""},
		{"directory with weight 0 reverse", func() error { return os.Mkdir(path, 0o755) }, Config{Reverse: true},
			healthcheck.Result{}, "0 in " + path + " (read " + path + ": not a file)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := errors.Join(os.RemoveAll(path), tt.make()); err != nil {
				t.Fatal(err)
			}
			tt.config.Path = path
			p, err := New(tt.config)
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Probe(t.Context(), healthcheck.Target{}, healthcheck.Unknown)
			if got != tt.want || (err == nil) != (tt.err == "") || err != nil && err.Error() != tt.err {
				t.Errorf("got %+v, %v, want %+v, %q", got, err, tt.want, tt.err)
			}
		})
	}
}

func TestNumberOutOfRangeSaysNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "track")
	if err := os.WriteFile(path, []byte("2147483649"), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := New(Config{Path: path, Weight: 1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Probe(t.Context(), healthcheck.Target{}, healthcheck.Up)
	if !errors.Is(err, healthcheck.ErrLocal) || !strings.Contains(err.Error(), path+": number out of range") {
		t.Errorf("got error %v, want %v with the path", err, healthcheck.ErrLocal)
	}
	if !IsShortage(&os.PathError{Op: "open", Path: path, Err: syscall.EMFILE}) || IsShortage(syscall.EACCES) {
		t.Error("a lack of descriptors, and it alone, says nothing")
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	for path, want := range map[string]string{"": "absolute path", "track": "absolute path", "/a\x00b": "NUL"} {
		if _, err := New(Config{Path: path}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got error %v, want %q", path, err, want)
		}
	}
}
