package config

import (
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

func TestWriteDiagnosticsCounts(t *testing.T) {
	e := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "E"}
	w := &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: "W"}
	for _, test := range []struct {
		diags hcl.Diagnostics
		want  string
	}{
		{nil, ""},
		{hcl.Diagnostics{e}, "Error: E\n\n1 error.\n"},
		{hcl.Diagnostics{e, e}, "Error: E\n\nError: E\n\n2 errors.\n"},
		{hcl.Diagnostics{w}, "Warning: W\n\n1 warning.\n"},
		{hcl.Diagnostics{e, w, w}, "Error: E\n\nWarning: W\n\nWarning: W\n\n1 error, 2 warnings.\n"},
	} {
		if got := messages(t, &Config{}, test.diags); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestWriteDiagnosticsInColour(t *testing.T) {
	cfg, diags := loadText(t, nil, nil, "a.hcl", "x = 1\n")
	var out strings.Builder
	if err := WriteDiagnostics(&out, cfg, diags, true); err != nil || !strings.Contains(out.String(), "\x1b[31mError") {
		t.Errorf("%v %q", err, out.String())
	}
}

type failingWriter struct{ after int }

var errFull = errors.New("full")

func (w *failingWriter) Write(p []byte) (int, error) {
	w.after--
	if w.after < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriteDiagnosticsReturnsErrors(t *testing.T) {
	diags := hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "E"}}
	for after := range 2 {
		if err := WriteDiagnostics(&failingWriter{after}, &Config{}, diags, false); err == nil {
			t.Errorf("no error from write %d", after+1)
		}
	}
}
