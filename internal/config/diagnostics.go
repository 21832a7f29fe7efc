package config

import (
	"fmt"
	"io"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// messageWidth is where the text of a message is wrapped.
const messageWidth = 78

// WriteDiagnostics writes diagnostics for people, with the lines of the file
// that each is about, and ends with their number. cfg is what [Load] returned
// with them. colour adds VT100 sequences, for terminals.
func WriteDiagnostics(w io.Writer, cfg *Config, diags hcl.Diagnostics, colour bool) error {
	if len(diags) == 0 {
		return nil
	}
	if err := hcl.NewDiagnosticTextWriter(w, cfg.Files, messageWidth, colour).WriteDiagnostics(diags); err != nil {
		return fmt.Errorf("write diagnostics: %w", err)
	}
	errors, warnings := 0, 0
	for _, diag := range diags {
		if diag.Severity == hcl.DiagError {
			errors++
		} else {
			warnings++
		}
	}
	var counts []string
	if errors > 0 {
		counts = append(counts, count(errors, "error"))
	}
	if warnings > 0 {
		counts = append(counts, count(warnings, "warning"))
	}
	if _, err := fmt.Fprintf(w, "%s.\n", strings.Join(counts, ", ")); err != nil {
		return fmt.Errorf("write diagnostics: %w", err)
	}
	return nil
}

// count writes a number of things: "1 error", "2 errors".
func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
