package migrate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A Position is a line of a file that is imported.
type Position struct {
	File string `json:"file"`
	Line int    `json:"line"` // from 1; 0 means the file as a whole
}

// String returns "file:line".
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// A Severity is the kind of a [Finding], the gravest first.
type Severity uint8

const (
	// Error is for what cannot be understood: there is no output.
	Error Severity = iota
	// Unsupported is for what this version does not do: it is a comment in the
	// output.
	Unsupported
	// Assumption is for what has been decided for the user.
	Assumption
	// Default is for a value that was not written, but is in the output
	// because the defaults differ or it matters.
	Default
	// Note is for what is different in the new place, or without effect.
	Note
)

// String returns the word for s in the report.
func (s Severity) String() string {
	return [...]string{
		Error:       "error",
		Unsupported: "unsupported",
		Assumption:  "assumption",
		Default:     "default",
		Note:        "note",
	}[s]
}

// MarshalText returns the word for s in the report.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A Finding is one thing to know about an import.
type Finding struct {
	Severity Severity `json:"severity"`
	Position
	Keyword string `json:"keyword"` // as it is in the imported file, may be ""
	Text    string `json:"text"`    // one or more sentences
}

// String returns the finding as one line.
func (f Finding) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s: ", f.Position, f.Severity)
	if f.Keyword != "" {
		fmt.Fprintf(&b, "%s: ", f.Keyword)
	}
	b.WriteString(f.Text)
	return b.String()
}

// A Report is all there is to know about an import. The zero value is empty.
type Report struct {
	findings []Finding
	known    map[Finding]bool
}

// Add adds a finding; one that is there already is left out.
func (r *Report) Add(severity Severity, at Position, keyword, format string, args ...any) {
	f := Finding{Severity: severity, Position: at, Keyword: keyword, Text: fmt.Sprintf(format, args...)}
	if r.known[f] {
		return
	}
	if r.known == nil {
		r.known = make(map[Finding]bool)
	}
	r.known[f] = true
	r.findings = append(r.findings, f)
}

// Findings returns the findings, the gravest first, and otherwise in the order
// of files and lines. Files are in the order in which they were first mentioned.
func (r *Report) Findings() []Finding {
	files := make(map[string]int)
	for _, f := range r.findings {
		if _, ok := files[f.File]; !ok {
			files[f.File] = len(files)
		}
	}
	sorted := slices.Clone(r.findings)
	slices.SortStableFunc(sorted, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(a.Severity, b.Severity),
			cmp.Compare(files[a.File], files[b.File]),
			cmp.Compare(a.Line, b.Line),
		)
	})
	return sorted
}

// Count returns the number of findings of a severity.
func (r *Report) Count(severity Severity) int {
	n := 0
	for _, f := range r.findings {
		if f.Severity == severity {
			n++
		}
	}
	return n
}

// HasErrors tells whether the import failed.
func (r *Report) HasErrors() bool { return r.Count(Error) > 0 }

// Err returns nil, or an error that says how many findings are errors.
func (r *Report) Err() error {
	switch n := r.Count(Error); n {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("%w: 1 error", ErrNotImported)
	default:
		return fmt.Errorf("%w: %d errors", ErrNotImported, n)
	}
}

// WriteText writes one line for each finding, and a last one with their
// numbers.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	for _, f := range r.Findings() {
		fmt.Fprintln(&b, f)
	}
	b.WriteString(r.summary())
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) summary() string {
	var counts []string
	for s := Error; s <= Note; s++ {
		n := r.Count(s)
		switch {
		case n == 0:
		case n == 1 || s == Unsupported:
			counts = append(counts, fmt.Sprintf("%d %s", n, s))
		default:
			counts = append(counts, fmt.Sprintf("%d %ss", n, s))
		}
	}
	if counts == nil {
		return "Nothing to report.\n"
	}
	return strings.Join(counts, ", ") + "\n"
}

// WriteJSON writes {"findings": [{severity, file, line, keyword, text}]}.
func (r *Report) WriteJSON(w io.Writer) error {
	findings := r.Findings()
	if findings == nil {
		findings = []Finding{}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Findings []Finding `json:"findings"`
	}{findings})
}
