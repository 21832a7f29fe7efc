package trackfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/healthcheck/lookup"
)

// interest are the events of a directory that change what a path in it leads
// to or what is read there.
const interest = unix.IN_CREATE | unix.IN_CLOSE_WRITE | unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO |
	unix.IN_ONLYDIR

// Watch calls changed with all of the absolute paths once they are watched, and
// again with those at which something else may be read now, until ctx is done;
// then it returns nil. changed must not block. What cannot be watched goes to the
// log, once for each directory; changes there are not seen. The error says that
// this host has no inotify instance left.
func Watch(ctx context.Context, paths []string, changed func(paths []string), log *slog.Logger) error {
	// Non-blocking, so that reads wait in the runtime's poller.
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return fmt.Errorf("watch files: %w", err)
	}
	queue := os.NewFile(uintptr(fd), "inotify")
	defer queue.Close()
	stop := context.AfterFunc(ctx, func() { _ = queue.Close() })
	defer stop()

	w := newWatcher(fd, log)
	w.watch(paths, changed)
	buf := make([]byte, 64<<10)
	for {
		n, err := queue.Read(buf)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("watch files: %w", err)
		}
		w.watch(w.take(parse(buf[:n])), changed)
	}
}

// A watcher knows the places that decide what is read at which paths. It
// belongs to the goroutine in Watch.
type watcher struct {
	fd  int
	log *slog.Logger

	directories map[int32]directory       // by watch descriptor
	places      map[string]map[place]bool // on the way to each path
	warned      map[string]bool           // directories that could not be watched
}

// A directory has the paths that lead through each of its names.
type directory map[string]map[string]bool

// A place is a name in a directory that is watched.
type place struct {
	wd   int32
	name string
}

func newWatcher(fd int, log *slog.Logger) *watcher {
	return &watcher{
		fd:          fd,
		log:         log,
		directories: make(map[int32]directory),
		places:      make(map[string]map[place]bool),
		warned:      make(map[string]bool),
	}
}

// watch looks at what lies on the way to each path, and then tells that they
// may have changed.
func (w *watcher) watch(paths []string, changed func(paths []string)) {
	for _, path := range paths {
		w.follow(path)
	}
	if len(paths) > 0 {
		changed(paths)
	}
}

// follow watches the directories on the way to a path. Each is watched before
// it is looked into, so that no change is missed.
func (w *watcher) follow(path string) {
	places := make(map[place]bool)
	_, _ = lookup.Path(path, func(dir, name string) (fs.FileInfo, error) { // whatever ends it, a change there begins it again
		wd, err := unix.InotifyAddWatch(w.fd, dir, interest)
		if err == nil {
			places[place{int32(wd), name}] = true
		} else {
			w.warn(dir, err)
		}
		return os.Lstat(filepath.Join(dir, name))
	})
	before := w.places[path]
	w.places[path] = places
	for p := range places {
		w.add(p, path)
	}
	for p := range before {
		if !places[p] {
			w.remove(p, path)
		}
	}
}

// warn tells of a directory that cannot be watched. One that is gone will be
// looked for again, for its own directory is watched.
func (w *watcher) warn(dir string, err error) {
	if w.warned[dir] || errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
		return
	}
	w.warned[dir] = true
	w.log.Warn("changes in a directory are not seen at once", "path", dir, "err", err)
}

// add notes that a path leads through a place.
func (w *watcher) add(p place, path string) {
	d := w.directories[p.wd]
	if d == nil {
		d = make(directory)
		w.directories[p.wd] = d
	}
	if d[p.name] == nil {
		d[p.name] = make(map[string]bool)
	}
	d[p.name][path] = true
}

// remove forgets that a path leads through a place, and stops watching a
// directory that no path leads through.
func (w *watcher) remove(p place, path string) {
	d := w.directories[p.wd]
	delete(d[p.name], path)
	if len(d[p.name]) == 0 {
		delete(d, p.name)
	}
	if d != nil && len(d) == 0 {
		delete(w.directories, p.wd)
		_, _ = unix.InotifyRmWatch(w.fd, uint32(p.wd)) // it may be gone already
	}
}

// take returns the paths that the events may have changed.
func (w *watcher) take(events []event) []string {
	touched := make(map[string]bool)
	for _, ev := range events {
		d := w.directories[ev.wd]
		switch {
		case ev.mask&unix.IN_Q_OVERFLOW != 0: // anything may have happened
			return slices.Sorted(maps.Keys(w.places))
		case ev.mask&unix.IN_IGNORED != 0: // the directory is gone
			for _, paths := range d {
				maps.Copy(touched, paths)
			}
			delete(w.directories, ev.wd)
		default:
			maps.Copy(touched, d[ev.name])
		}
	}
	return slices.Sorted(maps.Keys(touched))
}
