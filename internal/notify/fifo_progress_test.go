package notify

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
)

func TestProgress(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var p progress
	check := func(second int, want string) {
		t.Helper()
		since, stuck := p.stuck(start.Add(time.Duration(second) * time.Second))
		got := fmt.Sprintf("%d read, %d left", p.lines, len(p.ends))
		if stuck {
			got += fmt.Sprintf(", stuck since %v", since.Sub(start))
		}
		if got != want {
			t.Errorf("after %d s: %s, want %s", second, got, want)
		}
	}
	at := func(second int) time.Time { return start.Add(time.Duration(second) * time.Second) }
	check(0, "0 read, 0 left")
	p.wrote(10, at(0))
	p.wrote(10, at(5))
	p.left(20, at(6))
	check(9, "0 read, 2 left")
	check(10, "0 read, 2 left, stuck since 0s")
	p.left(15, at(12)) // it reads again, half a line
	check(13, "0 read, 2 left")
	p.left(5, at(14))
	check(14, "1 read, 1 left")
	check(24, "1 read, 1 left, stuck since 14s")
	p.left(25, at(30)) // a line that is being written
	check(30, "1 read, 1 left, stuck since 14s")
	p.left(0, at(31))
	check(1000, "2 read, 0 left")
	p.wrote(10, at(1000)) // long after: the time counts from now
	check(1005, "2 read, 1 left")
	check(1010, "2 read, 1 left, stuck since 16m40s")
}

// TestStuckReaderIsSeen has a FIFO that nobody reads, and then somebody does.
func TestStuckReaderIsSeen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	f, err := OpenFIFO(FIFOConfig{Path: path}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	stop := runFIFO(t, f)
	defer stop()
	const lines = 3000 // of which the kernel has room for fewer
	line := strings.Repeat("x", 63)
	wants := func(what string, ok func(Health) bool) {
		t.Helper()
		nettest.Eventually(t, 20*time.Second, what, func() error {
			if h := f.Health(); !ok(h) {
				return fmt.Errorf("%+v", h)
			}
			return nil
		})
	}
	for range lines {
		f.Send(line)
	}
	wants("lines that wait, some of them in the FIFO", func(h Health) bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.progress.ends) > 0 && h.Delivered == 0 && h.Waiting+int(h.Dropped) == lines
	})
	f.mu.Lock()
	f.progress.since = f.progress.since.Add(-stuckAfter) // as if that long had passed
	f.mu.Unlock()
	if h := f.Health(); h.Trouble == "" || h.Since.IsZero() {
		t.Errorf("%+v, want it to be stuck", h)
	}
	reader, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	go io.Copy(io.Discard, reader) // until it is closed
	wants("all to be read", func(h Health) bool {
		return h.Trouble == "" && h.Waiting == 0 && h.Delivered+h.Dropped == lines
	})
}
