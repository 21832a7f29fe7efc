package main

import (
	"io"
	"log/slog"
)

// newLogger writes to w in the configured form. Under systemd's journal lines
// carry no time of their own: the journal has one.
func newLogger(w io.Writer, format string, level slog.Leveler, journal bool) *slog.Logger {
	opts := &slog.HandlerOptions{Level: level}
	if journal {
		opts.ReplaceAttr = func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}
	}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}
