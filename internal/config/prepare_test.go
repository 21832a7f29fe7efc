package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

func TestProbeMovesWithItsBlock(t *testing.T) {
	p := Probe{At: hcl.Range{Filename: "a.hcl", Start: hcl.Pos{Line: 12, Column: 3, Byte: 140}, End: hcl.Pos{Line: 12, Column: 9, Byte: 146}}}
	got := p.movedTo("b.hcl", plainPlace{line: 10, pos: 100}, plainPlace{line: 7, pos: 60}).At
	want := hcl.Range{Filename: "b.hcl", Start: hcl.Pos{Line: 9, Column: 3, Byte: 100}, End: hcl.Pos{Line: 9, Column: 9, Byte: 106}}
	if got != want {
		t.Errorf("moved to %#v, want %#v", got, want)
	}
}

// TestPrepareReadsKeys: keys in files are read when a configuration is prepared,
// and not into an earlier one.
func TestPrepareReadsKeys(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	text := "vrrp_instance \"a\" {\n  interface = \"eth0\"\n  virtual_router_id = 1\n  virtual_ipaddress = [\"192.0.2.1\"]\n" +
		"  auth_hmac {\n    key \"7\" { value = \"file:" + file + "\" }\n  }\n}\n"
	name := filepath.Join(t.TempDir(), "a.hcl")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	reader := NewReader()
	load := func() *Config {
		cfg, diags := reader.Load(name, nil, nil)
		if len(diags) > 0 {
			t.Fatal(messages(t, cfg, diags))
		}
		return cfg
	}
	missing := load()
	if got := messages(t, missing, missing.Prepare()); !strings.Contains(got, "cannot be read") || !strings.Contains(got, "line 6") {
		t.Errorf("without the file: %s", got)
	}
	var prepared []*Config
	for _, key := range []string{"01234567890123456789012345678901", "hex:" + strings.Repeat("0a", 40)} {
		if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg := load()
		if diags := cfg.Prepare(); len(diags) > 0 {
			t.Fatal(diags)
		}
		prepared = append(prepared, cfg)
	}
	if got := string(prepared[0].VRRP.Instances[0].HMAC.Keys[7]); got != "01234567890123456789012345678901" {
		t.Errorf("first key %q", got)
	}
	if got := len(prepared[1].VRRP.Instances[0].HMAC.Keys[7]); got != 40 {
		t.Errorf("second key has %d bytes", got)
	}
	if err := os.WriteFile(file, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := messages(t, missing, load().Prepare()); strings.Contains(got, "short") || !strings.Contains(got, "5 bytes") {
		t.Errorf("short key: %s", got)
	}
}
