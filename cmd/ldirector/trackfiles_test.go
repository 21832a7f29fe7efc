package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/file"
	"github.com/ldirector/ldirector/internal/config"
)

// The probes of the files have an interval of an hour: only the watch can make
// them see a change.
func TestTrackedFilesAreReadWhenTheyChange(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "first"), filepath.Join(dir, "second")
	updates := make(chan healthcheck.Update, 16)
	log := slog.New(slog.DiscardHandler)
	b := &balancer{
		engine:  healthcheck.NewEngine(healthcheck.Config{}, func(u healthcheck.Update) { updates <- u }, log),
		untrack: func() {},
	}
	d := &daemon{log: log, background: newTasks(t.Context(), log)}
	defer d.background.stop()
	d.background.start("probes", b.engine.Run)

	files := []config.TrackFile{{Name: "a", Path: first, Init: new(int32(5))}, {Name: "b", Path: second}}
	initTrackFiles(files, log)
	var checks []healthcheck.Check
	for _, f := range files {
		prober, err := file.New(file.Config{Path: f.Path, Weight: 1})
		if err != nil {
			t.Fatal(err)
		}
		timing := healthcheck.Timing{Interval: time.Hour, Timeout: time.Minute}
		checks = append(checks, healthcheck.Spec{Prober: prober, Timing: timing}.Check())
	}
	b.engine.Set(checks)
	expect := func(path string, weight int32) {
		t.Helper()
		for {
			select {
			case u := <-updates:
				if u.Check.Spec().Prober.(*file.Prober).Path() == path && u.Status.Weight.N == weight {
					return
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("%s never had the weight %d", path, weight)
			}
		}
	}
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	expect(first, 5)

	b.watchFiles(d, files[:1])
	write(first, "-3")
	expect(first, -3)
	b.watchFiles(d, files) // a reload
	write(second, "7")
	expect(second, 7)
	write(first, "0")
	expect(first, 0)
	b.watchFiles(d, nil)
	if b.tracked == nil || len(b.tracked) > 0 {
		t.Errorf("%q are still watched", b.tracked)
	}
}

func TestFileThatCannotBeInitIsLogged(t *testing.T) {
	var logged counter
	initTrackFiles([]config.TrackFile{{Name: "a", Path: "/no/such/directory/file", Init: new(int32(1))}}, slog.New(&logged))
	if logged.records != 1 {
		t.Errorf("%d lines in the log, want one", logged.records)
	}
}

// A counter is a log that counts.
type counter struct {
	slog.Handler
	records int
}

func (c *counter) Enabled(context.Context, slog.Level) bool { return true }

func (c *counter) Handle(context.Context, slog.Record) error { c.records++; return nil }
