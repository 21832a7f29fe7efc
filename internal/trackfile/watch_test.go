package trackfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
)

// A watch is a Watch under test: it notes what the files read when they were
// said to have changed.
type watch struct {
	dir string

	mu    sync.Mutex
	reads map[string]string // relative path → last content, "-" for none
	calls map[string]int    // relative path → how often it was said to have changed
}

// start watches paths, which are relative to a new directory that prepare
// fills, until the test ends.
func start(t *testing.T, prepare func(dir string) error, paths ...string) *watch {
	t.Helper()
	w := &watch{dir: t.TempDir(), reads: make(map[string]string), calls: make(map[string]int)}
	if prepare != nil {
		if err := prepare(w.dir); err != nil {
			t.Fatal(err)
		}
	}
	var absolute []string
	for _, path := range paths {
		absolute = append(absolute, filepath.Join(w.dir, path))
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Watch(ctx, absolute, w.changed, slog.New(slog.DiscardHandler)) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Watch returned %v, want nil", err)
		}
	})
	nettest.Eventually(t, 10*time.Second, "the files are watched", func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.calls) < len(paths) {
			return errors.New("not yet")
		}
		return nil
	})
	return w
}

func (w *watch) changed(paths []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			content = []byte("-")
		}
		name := strings.TrimPrefix(path, w.dir+"/")
		w.reads[name] = string(content)
		w.calls[name]++
	}
}

// expect waits until the last thing that was seen of a path is content.
func (w *watch) expect(t *testing.T, path, content string) {
	t.Helper()
	nettest.Eventually(t, 10*time.Second, fmt.Sprintf("%s is seen as %q", path, content), func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.reads[path] != content {
			return fmt.Errorf("it is %q", w.reads[path])
		}
		return nil
	})
}

func write(path, content string) error { return os.WriteFile(path, []byte(content), 0o644) }

// replace puts a file there that is complete from the beginning.
func replace(path, content string) error {
	return errors.Join(write(path+".new", content), os.Rename(path+".new", path))
}

func TestChangesAreSeen(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(dir string) error
		path    string
		steps   []func(dir string) error
		want    []string // after each step
	}{
		{
			"file", nil, "track",
			[]func(string) error{
				func(dir string) error { return write(dir+"/track", "1") },
				func(dir string) error { return write(dir+"/track", "2") },
				func(dir string) error { return replace(dir+"/track", "3") },
				func(dir string) error { return os.Rename(dir+"/track", dir+"/other") },
				func(dir string) error { return os.Link(dir+"/other", dir+"/track") },
				func(dir string) error { return os.Remove(dir + "/track") },
				func(dir string) error { return os.Symlink("other", dir+"/track") },
			},
			[]string{"1", "2", "3", "-", "3", "-", "3"},
		},
		{
			"directories that appear, move and vanish", nil, "a/b/track",
			[]func(string) error{
				func(dir string) error {
					return errors.Join(os.MkdirAll(dir+"/a/b", 0o755), write(dir+"/a/b/track", "1"))
				},
				func(dir string) error { return os.Rename(dir+"/a", dir+"/c") },
				func(dir string) error {
					return errors.Join(os.MkdirAll(dir+"/d/b", 0o755), write(dir+"/d/b/track", "2"), os.Rename(dir+"/d", dir+"/a"))
				},
				func(dir string) error { return write(dir+"/a/b/track", "3") },
				func(dir string) error { return os.RemoveAll(dir + "/a") },
				func(dir string) error { return os.Rename(dir+"/c", dir+"/a") },
			},
			[]string{"1", "-", "2", "3", "-", "1"},
		},
		{
			"volume of Kubernetes",
			func(dir string) error {
				return errors.Join(os.Mkdir(dir+"/..1", 0o755), write(dir+"/..1/track", "1"),
					os.Symlink("..1", dir+"/..data"), os.Symlink("..data/track", dir+"/track"))
			},
			"track",
			[]func(string) error{
				func(dir string) error { return write(dir+"/..1/track", "2") },
				func(dir string) error {
					return errors.Join(os.Mkdir(dir+"/..2", 0o755), write(dir+"/..2/track", "3"),
						os.Symlink("..2", dir+"/..tmp"), os.Rename(dir+"/..tmp", dir+"/..data"), os.RemoveAll(dir+"/..1"))
				},
				func(dir string) error { return write(dir+"/..2/track", "4") },
			},
			[]string{"2", "3", "4"},
		},
		{
			"link out of the directory",
			func(dir string) error {
				return errors.Join(os.Mkdir(dir+"/far", 0o755), os.Symlink(dir+"/far/away", dir+"/track"))
			},
			"track",
			[]func(string) error{
				func(dir string) error { return write(dir+"/far/away", "1") },
				func(dir string) error { return os.Remove(dir + "/far/away") },
			},
			[]string{"1", "-"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := start(t, tt.prepare, tt.path)
			for i, step := range tt.steps {
				if err := step(w.dir); err != nil {
					t.Fatal(err)
				}
				w.expect(t, tt.path, tt.want[i])
			}
		})
	}
}

// Whoever truncates a file and writes it later has not changed it until then.
func TestWritersAreWaitedFor(t *testing.T) {
	w := start(t, func(dir string) error { return write(dir+"/track", "1") }, "track", "end")
	f, err := os.Create(w.dir + "/track")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("2"); err != nil {
		t.Fatal(err)
	}
	if err := write(w.dir+"/end", "1"); err != nil {
		t.Fatal(err)
	}
	w.expect(t, "end", "1") // later events have come
	w.expect(t, "track", "1")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	w.expect(t, "track", "2")
}

func TestManyFilesInOneDirectory(t *testing.T) {
	var paths []string
	for i := range 1000 {
		paths = append(paths, fmt.Sprint("track", i))
	}
	w := start(t, nil, paths...)
	for _, i := range []int{0, 500, 999} {
		if err := write(w.dir+"/"+paths[i], "1"); err != nil {
			t.Fatal(err)
		}
	}
	if err := write(w.dir+"/other", "1"); err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, 500, 999} {
		w.expect(t, paths[i], "1")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, path := range paths {
		if touched := i == 0 || i == 500 || i == 999; !touched && w.calls[path] != 1 {
			t.Errorf("%s was said to have changed %d times after the start", path, w.calls[path]-1)
		}
	}
}

func TestOverflowMeansThatAnythingMayHaveChanged(t *testing.T) {
	limit, err := os.ReadFile("/proc/sys/fs/inotify/max_queued_events")
	if err != nil {
		t.Skip(err)
	}
	var events int
	if _, err := fmt.Sscan(string(limit), &events); err != nil || events > 100_000 {
		t.Skipf("needs a queue that can be filled, has %d events, %v", events, err)
	}
	dir := t.TempDir()
	busy, quiet := dir+"/busy/track", dir+"/quiet/track"
	err = errors.Join(os.Mkdir(dir+"/busy", 0o755), os.Mkdir(dir+"/quiet", 0o755), write(busy, "1"), write(quiet, "1"))
	if err != nil {
		t.Fatal(err)
	}
	calls := make(chan []string)
	go Watch(t.Context(), []string{busy, quiet}, func(paths []string) {
		for range 2 { // the first time says that it has begun, the second lets it go on
			select {
			case calls <- paths:
			case <-t.Context().Done():
			}
		}
	}, slog.New(slog.DiscardHandler))
	<-calls
	for range events/2 + 1 {
		if err := errors.Join(os.Rename(busy, busy+".away"), os.Rename(busy+".away", busy)); err != nil {
			t.Fatal(err)
		}
	}
	if err := write(quiet, "2"); err != nil { // its event is lost
		t.Fatal(err)
	}
	<-calls
	for paths := range calls {
		if slices.Contains(paths, quiet) {
			break
		}
	}
}

func TestWatchesThatNobodyNeedsEnd(t *testing.T) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	dir := t.TempDir()
	err = errors.Join(os.Mkdir(dir+"/1", 0o755), os.Mkdir(dir+"/2", 0o755), os.Symlink("1", dir+"/current"))
	if err != nil {
		t.Fatal(err)
	}
	w := newWatcher(fd, slog.New(slog.DiscardHandler))
	path := dir + "/current/track"
	w.follow(path)
	before := len(w.directories)
	if err := errors.Join(os.Remove(dir+"/current"), os.Symlink("2", dir+"/current")); err != nil {
		t.Fatal(err)
	}
	w.follow(path)
	if len(w.directories) != before {
		t.Errorf("%d directories are watched, want %d", len(w.directories), before)
	}
	info, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", fd))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(info), "inotify wd:"); got != before {
		t.Errorf("the kernel watches %d directories, want %d", got, before)
	}
}

func TestDirectoryThatCannotBeWatchedIsLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	w := newWatcher(-1, slog.New(slog.NewTextHandler(&log, nil)))
	w.follow("/etc/hostname")
	w.follow("/etc/hostname")
	for _, dir := range []string{"path=/ ", "path=/etc "} {
		if n := strings.Count(log.String(), dir); n != 1 {
			t.Errorf("%q is in the log %d times:\n%s", dir, n, &log)
		}
	}
}
