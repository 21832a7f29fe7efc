package doctor

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDocumented compares the names of checks in the code and in the document.
func TestDocumented(t *testing.T) {
	document, err := os.ReadFile("../../docs/doctor.md")
	if err != nil {
		t.Fatal(err)
	}
	described, used := make(map[string]bool), make(map[string]bool)
	for line := range strings.Lines(string(document)) {
		if cells := strings.Split(line, "|"); len(cells) == 4 {
			for _, name := range regexp.MustCompile("`([a-z_0-9]+)`").FindAllStringSubmatch(cells[1], -1) {
				described[name[1]] = true
			}
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`Check(?:: +| = )"([a-z_0-9]+)"`).FindAllStringSubmatch(string(source), -1) {
			used[name[1]] = true
		}
	}
	if diff := cmp.Diff(used, described); diff != "" {
		t.Errorf("checks in the code (-) and in docs/doctor.md (+):\n%s", diff)
	}
}
