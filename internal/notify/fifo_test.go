package notify

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/healthcheck/script"
	"github.com/ldirector/ldirector/internal/nettest"
)

func TestFIFOKeepsOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	f := openFIFO(t, FIFOConfig{Path: path}, discard())
	info, err := os.Stat(path)
	if err != nil || info.Mode() != fs.ModeNamedPipe|0o600 {
		t.Fatalf("got mode %v, error %v, want a FIFO for its owner", info.Mode(), err)
	}
	var want []string
	send := func(n int) {
		for range n {
			line := `INSTANCE "VI_1" MASTER ` + strconv.Itoa(len(want))
			want = append(want, line)
			f.Send(line)
		}
	}
	send(10) // before anything runs, and without a reader
	stop := runFIFO(t, f)
	reader := openReader(t, path)
	send(500)
	stop()
	var got []string
	for reader.Scan() {
		got = append(got, reader.Text())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after the end: %v, want no FIFO", err)
	}
}

func TestFIFOWithoutReaderDelaysNobody(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	f := openFIFO(t, FIFOConfig{Path: path}, slog.New(slog.NewTextHandler(&log, nil)))
	stop := runFIFO(t, f)
	line := strings.Repeat("x", 1023)
	for range 64 + fifoQueue + 100 { // 64 fit into the pipe
		f.Send(line)
	}
	stop()
	if got := strings.Count(log.String(), "dropped"); got != 1 {
		t.Errorf("%d lines in the log, want one:\n%s", got, log.String())
	}
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("after the end: %v, want the FIFO that was there before", err)
	}
}

func TestDroppedLinesAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		f := &FIFO{log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: withoutTime})), lines: make(chan string, 2)}
		for i := range 8 {
			f.Send(strconv.Itoa(i))
		}
		time.Sleep(2 * dropInterval)
		f.Send("8")
		want := strings.TrimLeft(`
level=ERROR msg="lines for a FIFO dropped: its reader is behind" lines=1
level=ERROR msg="lines for a FIFO dropped: its reader is behind" lines=6
`, "\n")
		if diff := cmp.Diff(want, log.String()); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
		if first, second := <-f.lines, <-f.lines; first != "0" || second != "1" {
			t.Errorf("got %q and %q, want the first lines", first, second)
		}
	})
}

func TestOpenFIFORefusesOthers(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "target")
	if err := syscall.Mkfifo(target, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, want string
		make       func(path string) error
	}{
		{"file", "is no FIFO", func(path string) error { return os.WriteFile(path, []byte("precious"), 0o600) }},
		{"directory", "is a directory", func(path string) error { return os.Mkdir(path, 0o700) }},
		{"link", "too many levels of symbolic links", func(path string) error { return os.Symlink(target, path) }},
		{"none/fifo", "no such file or directory", func(string) error { return nil }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(dir, tt.name)
			if err := tt.make(path); err != nil {
				t.Fatal(err)
			}
			before, _ := os.Lstat(path)
			_, err := OpenFIFO(FIFOConfig{Path: path}, discard())
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got error %v, want %q and the path", err, tt.want)
			}
			if after, _ := os.Lstat(path); before != nil && !os.SameFile(before, after) {
				t.Error("what was there is gone")
			}
		})
	}
}

func TestCloseWithoutRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	f, err := OpenFIFO(FIFOConfig{Path: path}, discard())
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after Close: %v, want no FIFO", err)
	}
}

func TestFIFOScript(t *testing.T) {
	dir := t.TempDir()
	path, out, pids := filepath.Join(dir, "fifo"), filepath.Join(dir, "out"), filepath.Join(dir, "pids")
	reader := shell(t, dir, `echo $$ >>`+pids+`; while read -r line; do echo "$1 $line" >>`+out+`; done <"$2"; echo end >>`+out)
	f := openFIFO(t, FIFOConfig{Path: path, Script: []string{reader, "got"}}, discard())
	stop := runFIFO(t, f)
	f.Send("one")
	eventuallyReads(t, out, "got one\n")
	first := lastPID(t, pids)
	kill(t, first)
	awaitGone(t, first)
	f.Send("two") // is read by the next one
	eventuallyReads(t, out, "got one\ngot two\n")
	f.Send("three")
	stop()
	if diff := cmp.Diff("got one\ngot two\ngot three\nend\n", read(t, out)); diff != "" {
		t.Errorf("output of the script (-want +got):\n%s", diff)
	}
	awaitGone(t, lastPID(t, pids))
}

func TestFIFOScriptThatStaysIsEnded(t *testing.T) {
	dir := t.TempDir()
	path, pids := filepath.Join(dir, "fifo"), filepath.Join(dir, "pids")
	stays := shell(t, dir, `trap 'echo term >>`+pids+`; kill $child; exit' TERM; sleep 600 & child=$!; echo $$ >>`+pids+`; wait`)
	f := openFIFO(t, FIFOConfig{Path: path, Script: []string{stays}}, discard())
	stop := runFIFO(t, f)
	nettest.Eventually(t, 10*time.Second, "the script runs", func() error {
		_, err := os.Stat(pids)
		return err
	})
	stop()
	if got := read(t, pids); !strings.HasSuffix(got, "\nterm\n") {
		t.Errorf("the script wrote %q, want it to have had SIGTERM", got)
	}
}

func TestFIFOBelongsToTheScript(t *testing.T) {
	nettest.Require(t, nettest.NetNS)                       // root
	dir, err := os.MkdirTemp("/var/tmp", "ldirector-fifo-") //nolint:usetesting // that one only root may enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	nobody, err := script.FindAccount("nobody", "")
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	f := openFIFO(t, FIFOConfig{
		Path:    filepath.Join(dir, "fifo"),
		Script:  []string{"/bin/sh", "-c", `read -r line <"$1" && echo "$(id -un) $line" >` + out + `; exec sleep 600`, "sh"},
		Account: nobody,
	}, discard())
	stop := runFIFO(t, f)
	f.Send("line")
	eventuallyReads(t, out, "nobody line\n")
	stop()
}

func TestScriptIsStartedAgainAfterAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		begin := time.Now()
		var at []string
		lives := []time.Duration{0, 0, 5 * time.Second, time.Hour}
		stop := keep(ctx, func(life context.Context) error {
			at = append(at, time.Since(begin).String())
			if len(lives) == 0 {
				<-life.Done()
				return life.Err()
			}
			time.Sleep(lives[0])
			lives = lives[1:]
			return errors.New("exit status 1")
		}, discard())
		time.Sleep(2 * time.Hour)
		cancel()
		ended := time.Now()
		stop()
		if diff := cmp.Diff([]string{"0s", "1s", "3s", "12s", "1h0m13s"}, at); diff != "" {
			t.Errorf("starts (-want +got):\n%s", diff)
		}
		if grace := time.Since(ended); grace != endGrace {
			t.Errorf("ended after %v, want %v", grace, endGrace)
		}
	})
}

func TestScriptThatCannotStartHoldsNobodyUp(t *testing.T) {
	var log bytes.Buffer
	f := openFIFO(t, FIFOConfig{Path: filepath.Join(t.TempDir(), "fifo"), Script: []string{"/none"}}, slog.New(slog.NewTextHandler(&log, nil)))
	if err := f.runScript(t.Context()); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("got error %v, want one that says why", err)
	}
	runFIFO(t, f)()
}

func openFIFO(t *testing.T, cfg FIFOConfig, log *slog.Logger) *FIFO {
	t.Helper()
	f, err := OpenFIFO(cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// runFIFO runs f; stop ends it and waits until it has returned.
func runFIFO(t *testing.T, f *FIFO) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	return func() {
		t.Helper()
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run returned %v, want nil", err)
			}
		case <-time.After(time.Minute):
			t.Fatal("Run did not return within a minute")
		}
	}
}

func openReader(t *testing.T, path string) *bufio.Scanner {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return bufio.NewScanner(file)
}

func eventuallyReads(t *testing.T, path, want string) {
	t.Helper()
	nettest.Eventually(t, 20*time.Second, "the script has written", func() error {
		b, err := os.ReadFile(path)
		if err == nil && string(b) != want {
			err = fmt.Errorf("got %q, want %q", b, want)
		}
		return err
	})
}

func lastPID(t *testing.T, path string) string {
	t.Helper()
	fields := strings.Fields(read(t, path))
	return fields[len(fields)-1]
}

func kill(t *testing.T, pid string) {
	t.Helper()
	n, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(n, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
