package track

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ldirector/ldirector/healthcheck/file"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/internal/trackfile"
)

func TestJudgeFile(t *testing.T) {
	wrap := func(err error) error { return fmt.Errorf("read /x: %w", err) }
	tests := []struct {
		name  string
		n     int64
		err   error
		value int
		told  bool
	}{
		{"number", -30, nil, -30, false},
		{"not there", 0, wrap(fs.ErrNotExist), 0, false},
		{"no right to read it", 0, wrap(fs.ErrPermission), 0, true},
		{"out of range", 0, wrap(file.ErrRange), 7, true},
		{"no descriptors", 0, wrap(syscall.EMFILE), 7, true},
	}
	for _, tt := range tests {
		value, trouble := judge(tt.n, tt.err, 7)
		if value != tt.value || (trouble != "") != tt.told {
			t.Errorf("%s: got %d, %q", tt.name, value, trouble)
		}
	}
}

// A reading is a files under test.
type reading struct {
	files
	text bytes.Buffer // of the log, to be read at the end

	mu   sync.Mutex
	seen map[string]int // by the last element of the path
}

// readFiles runs a reading that watches by follow; stop ends it.
func readFiles(t *testing.T, follow func(context.Context, []string, func([]string), *slog.Logger) error) (r *reading, stop func()) {
	t.Helper()
	r = &reading{seen: make(map[string]int)}
	r.files = files{
		follow: follow, report: r.note, log: slog.New(slog.NewTextHandler(&r.text, nil)), sets: make(chan []string, 1),
		values: make(map[string]int), troubles: make(map[string]string),
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.run(ctx)
	}()
	stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(stop)
	return r, stop
}

func (r *reading) note(path string, value int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen[filepath.Base(path)] = value
}

func (r *reading) expect(t *testing.T, want string) {
	t.Helper()
	nettest.Eventually(t, 10*time.Second, want, func() error {
		r.mu.Lock()
		defer r.mu.Unlock()
		if got := fmt.Sprint(r.seen); got != want {
			return errors.New(got)
		}
		return nil
	})
}

func TestFilesAreReadWhenTheyChange(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(a, "10\n")
	r, stop := readFiles(t, trackfile.Watch)
	r.sets <- []string{a, b}
	r.expect(t, "map[a:10 b:0]")
	write(b, "99999999999\n")
	write(a, "-20\n")
	r.expect(t, "map[a:-20 b:0]")
	write(b, "5\n")
	r.expect(t, "map[a:-20 b:5]")
	write(b, "99999999999\n")
	write(a, "")
	r.expect(t, "map[a:0 b:5]")
	r.sets <- []string{b}
	if err := os.Remove(b); err != nil {
		t.Fatal(err)
	}
	r.expect(t, "map[a:0 b:0]")
	r.sets <- nil
	stop()
	if got := r.text.String(); strings.Count(got, "not understood") != 2 || strings.Count(got, "value=5") != 1 {
		t.Errorf("log:\n%s\nwant two lines, the second of which says that 5 stands", got)
	}
}

func TestFilesAreReadWithoutInotify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	r, stop := readFiles(t, func(context.Context, []string, func([]string), *slog.Logger) error {
		return errors.New("no instance left")
	})
	r.sets <- []string{path}
	r.expect(t, "map[a:0]")
	if err := os.WriteFile(path, []byte("3"), 0o644); err != nil {
		t.Fatal(err)
	}
	r.expect(t, "map[a:3]")
	stop()
	if got := strings.Count(r.text.String(), "once a second"); got != 1 {
		t.Errorf("%d lines, want one:\n%s", got, r.text.String())
	}
}
