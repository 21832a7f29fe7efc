package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/internal/config"
)

func TestExamplesAreValid(t *testing.T) {
	files, err := filepath.Glob("../../examples/*.hcl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples (%v)", err)
	}
	files = append(files, "../../examples/directory")
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			vars := map[string]string{}
			if text, err := os.ReadFile(file); err == nil && strings.Contains(string(text), `variable "node" {}`) {
				vars["node"] = "1"
			}
			cfg, diags := config.Load(file, vars, nil)
			if len(diags) > 0 {
				var text strings.Builder
				if err := config.WriteDiagnostics(&text, cfg, diags, false); err != nil {
					t.Fatal(err)
				}
				t.Error(text.String())
			}
		})
	}
}

// The configuration that the README shows first must load as it stands.
func TestReadmeConfigurationIsValid(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(readme), "```hcl\n")
	text, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatal("the README shows no configuration")
	}
	file := filepath.Join(t.TempDir(), "readme.hcl")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, diags := config.Load(file, nil, nil); len(diags) > 0 {
		t.Error(diags)
	}
}
