package main

import (
	"context"
	"log/slog"
	"slices"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/file"
	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/internal/trackfile"
)

// initTrackFiles writes the tracked files that are to have a number from the
// start of the daemon on.
func initTrackFiles(files []config.TrackFile, log *slog.Logger) {
	for _, f := range files {
		if f.Init == nil {
			continue
		}
		if err := trackfile.Init(f.Path, *f.Init, f.Overwrite); err != nil {
			log.Error("tracked file not written", "track_file", f.Name, "err", err)
		}
	}
}

// watchFiles asks the probes of tracked files again as soon as these change.
// Without it they are asked at their interval alone.
func (b *balancer) watchFiles(d *daemon, files []config.TrackFile) {
	paths := make([]string, 0, len(files))
	for _, f := range files {
		paths = append(paths, f.Path)
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	if slices.Equal(paths, b.tracked) {
		return
	}
	b.tracked = paths
	b.untrack()
	b.untrack = func() {}
	if len(paths) == 0 {
		return
	}
	var watch context.Context
	watch, b.untrack = context.WithCancel(d.background.ctx)
	d.background.start("file watch", func(context.Context) error {
		return trackfile.Watch(watch, paths, b.filesChanged, d.log)
	})
}

// filesChanged makes the checks due that read one of the files.
func (b *balancer) filesChanged(paths []string) {
	changed := make(map[string]bool, len(paths))
	for _, path := range paths {
		changed[path] = true
	}
	b.engine.Hurry(func(c healthcheck.Check) bool {
		f, ok := c.Spec().Prober.(*file.Prober)
		return ok && changed[f.Path()]
	})
}
