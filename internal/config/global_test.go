package config

import (
	"log/slog"
	"testing"
)

func TestLogLevels(t *testing.T) {
	for word, want := range map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	} {
		cfg, diags := loadText(t, nil, nil, "a.hcl", "global {\n  log { level = \""+word+"\" }\n}\n")
		if len(diags) > 0 || cfg.Global.Log.Level != want {
			t.Errorf("%s is %s, want %s: %v", word, cfg.Global.Log.Level, want, diags)
		}
	}
}
