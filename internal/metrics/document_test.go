package metrics

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDocumentHasTheFamilies compares the tables of the document with the code,
// in both directions: names, types, labels and meaning.
func TestDocumentHasTheFamilies(t *testing.T) {
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, f := range families() {
		want = append(want, row(f))
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "| `ldirector_") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("document (-code +document):\n%s", diff)
	}
}

// row is a family's row in the document.
func row(f family) string {
	labels := "–"
	if len(f.labels) > 0 {
		labels = "`" + strings.Join(f.labels, "` `") + "`"
	}
	return fmt.Sprintf("| `%s` | %s | %s | %s |", f.name, f.kind, labels, f.help)
}
