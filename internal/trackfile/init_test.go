package trackfile

import (
	"os"
	"path/filepath"
	"testing"
)

func TestInit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "track")
	steps := []struct {
		value     int32
		overwrite bool
		want      string
	}{
		{-5, false, "-5\n"},
		{7, false, "-5\n"},
		{7, true, "7\n"},
	}
	for _, tt := range steps {
		if err := Init(path, tt.value, tt.overwrite); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != tt.want {
			t.Errorf("%+v: got %q, %v", tt, got, err)
		}
	}
	if err := Init(filepath.Join(path, "below"), 0, false); err == nil {
		t.Error("no error for a path that cannot be")
	}
}
