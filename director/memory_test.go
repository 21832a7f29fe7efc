package director

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var _ Memory = FileMemory{}

// The file outlives upgrades, so its form is fixed.
func TestFileMemory(t *testing.T) {
	m := FileMemory{Path: filepath.Join(t.TempDir(), "run", "overrides.json")}
	if all, err := m.Load(); err != nil || all != nil {
		t.Fatalf("a missing file has %v, %v", all, err)
	}
	since := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	want := []Overridden{
		{"web", server(1), Override{Kind: Drain, Since: since, Until: since.Add(time.Minute), Over: true}},
		{"web", server(2), Override{Kind: Disable, Since: since}},
		{"a \"b\"", server(2), Override{Kind: SetWeight, Weight: 7, Since: since}},
	}
	if err := m.Save(want); err != nil {
		t.Fatal(err)
	}
	checkMode(t, m.Path, 0o600)
	text, _ := os.ReadFile(m.Path)
	form := `{"overrides":[` +
		`{"virtual_server":"web","real_server":"10.0.0.1:80","command":"drain","since":"2026-01-02T03:04:05Z","until":"2026-01-02T03:05:05Z","over":true},` +
		`{"virtual_server":"web","real_server":"10.0.0.2:80","command":"disable","since":"2026-01-02T03:04:05Z"},` +
		`{"virtual_server":"a \"b\"","real_server":"10.0.0.2:80","command":"weight","weight":7,"since":"2026-01-02T03:04:05Z"}]}` + "\n"
	if diff := cmp.Diff(form, string(text)); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
	got, err := m.Load()
	if diff := cmp.Diff(want, got, equatable); diff != "" || err != nil {
		t.Errorf("%v, loaded (-want +got):\n%s", err, diff)
	}
	for range 2 {
		if err := m.Save(nil); err != nil {
			t.Errorf("save nothing: %v", err)
		}
	}
	if _, err := os.Stat(m.Path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("nothing is a file: %v", err)
	}
}

func TestFileMemoryCorrupt(t *testing.T) {
	for _, text := range []string{
		"", `{"overrides":[{"virtual_server":"web"`, `{"overrides":7}`, `{"overrides":[{}]}`,
		`{"overrides":[{"virtual_server":"web","real_server":"10.0.0.1:80","command":"none"}]}`,
		`{"overrides":[{"virtual_server":"web","real_server":"10.0.0.1","command":"drain"}]}`,
		`{"overrides":[{"virtual_server":"web","real_server":"10.0.0.1:80","command":"weight","weight":2147483648}]}`,
	} {
		m := FileMemory{Path: filepath.Join(t.TempDir(), "overrides.json")}
		if err := os.WriteFile(m.Path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if all, err := m.Load(); !errors.Is(err, ErrMemoryCorrupt) {
			t.Errorf("%s: loaded %v, %v", text, all, err)
		}
	}
}
