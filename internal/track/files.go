package track

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/ldirector/ldirector/healthcheck/file"
)

// files reads the numbers in files whenever these change.
type files struct {
	follow func(ctx context.Context, paths []string, changed func(paths []string), log *slog.Logger) error // trackfile.Watch
	report func(path string, value int)
	log    *slog.Logger
	sets   chan []string // paths, until run takes them

	// The rest belongs to the goroutine that watches, of which there is one at a
	// time.
	values   map[string]int
	troubles map[string]string // by path, as told
}

// run works until ctx is done.
func (f *files) run(ctx context.Context) {
	stop := func() {}
	for {
		select {
		case <-ctx.Done():
			stop()
			return
		case paths := <-f.sets:
			stop()
			stop = f.start(ctx, paths)
		}
	}
}

// start watches paths until stop has been called, which waits for the end.
func (f *files) start(ctx context.Context, paths []string) (stop func()) {
	if len(paths) == 0 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { f.watch(ctx, paths) })
	return func() {
		cancel()
		watching.Wait()
	}
}

// watch reads files when they change. Without inotify it reads them once a
// second.
func (f *files) watch(ctx context.Context, paths []string) {
	told := false
	for {
		err := f.follow(ctx, paths, f.read, f.log)
		if ctx.Err() != nil {
			return
		}
		if !told {
			told = true
			f.log.Warn("tracked files are read once a second", "err", err)
		}
		f.read(paths)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pollInterval):
		}
	}
}

// read reads files and reports the numbers in them.
func (f *files) read(paths []string) {
	for _, path := range paths {
		number, err := file.Read(path)
		value, trouble := judge(number, err, f.values[path])
		f.values[path] = value
		if trouble != f.troubles[path] {
			f.troubles[path] = trouble
			if trouble != "" {
				f.log.Warn("tracked file not understood", "path", path, "value", value, "err", trouble)
			}
		}
		f.report(path, value)
	}
}

// judge says which number counts after a file was read, and what an operator
// should know. A file that cannot be read counts as 0, as one that is not there
// does. A number out of range says nothing, so that the last one stands, and so
// does this host's lack of descriptors.
func judge(number int64, err error, last int) (value int, trouble string) {
	switch {
	case err == nil, errors.Is(err, fs.ErrNotExist):
		return int(number), ""
	case errors.Is(err, file.ErrRange), file.IsShortage(err):
		return last, err.Error()
	default:
		return 0, err.Error()
	}
}
