package keepalived

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ldirector/ldirector/internal/migrate"
)

// Options are what an import depends on beside the file.
type Options struct {
	// ConfigID is the id for lines that begin with "@id", keepalived -i. It is
	// the host's name without domain if empty, as in keepalived.
	ConfigID string
	// Language is what the result may use; the zero value knows everything.
	Language migrate.Language
}

// Convert translates the configuration file at path. The error is about the
// file system or, if the report has errors, migrate.ErrNotImported; there is no
// document then. The report is never nil.
func Convert(path string, opts Options) (*migrate.Document, *migrate.Report, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, &migrate.Report{}, err
	}
	if opts.ConfigID == "" {
		if name, err := os.Hostname(); err == nil {
			opts.ConfigID, _, _ = strings.Cut(name, ".")
		}
	}
	return convert(source{files: os.DirFS("/"), name: strings.TrimPrefix(absolute, "/"), shown: path, limit: maxSteps}, opts)
}

// A source is a file to translate.
type source struct {
	files fs.FS
	name  string // in files
	shown string // for people
	limit int    // of lines, see maxSteps
}

func convert(src source, opts Options) (*migrate.Document, *migrate.Report, error) {
	report := &migrate.Report{}
	r := &reader{files: src.files, limit: src.limit, configID: opts.ConfigID, report: report, defs: make(map[string]*definition)}
	if err := r.file(src.name, src.shown); err != nil {
		return nil, report, fmt.Errorf("read %s: %w", src.shown, pathError(err))
	}
	p := &parser{lines: r.lines, report: report}
	body, end := p.file(topTable())

	c := &converter{report: report, doc: &migrate.Document{}, groups: make(map[string]*statement),
		used: make(map[string]bool), taken: make(map[string]int), seen: make(map[string]bool), garp: make(map[string]bool)}
	c.file(body)
	c.doc.Comment(end...)
	c.doc.Comment(r.pending...)
	if err := report.Err(); err != nil {
		return nil, report, err
	}
	c.doc.Fit(opts.Language, report)
	if err := report.Err(); err != nil {
		return nil, report, err
	}
	return c.doc, report, nil
}

// A converter writes the document.
type converter struct {
	report *migrate.Report
	doc    *migrate.Document

	groups    map[string]*statement // virtual_server_group by name
	used      map[string]bool       // those that a virtual_server names
	lines     int                   // of groups, for each that uses them
	svc       *service              // the virtual server being written
	checker   string                // the word for the checker being written
	probed    probed                // the real server being written
	holder    *statement            // the vrrp_instance or other named block being written
	version   int64                 // of VRRP in it
	essential string                // for the origin of what is written
	taken     map[string]int        // names of virtual servers
	seen      map[string]bool       // names of other things, "vrrp_instance VI_1"
	garp      map[string]bool       // interfaces of garp_groups
	defaults  []inherited           // vrrp_… of global_defs
	dev       string                // default_interface
	nft       *statement            // nftables_ipvs
}

// file writes everything. What others depend on is read first.
func (c *converter) file(body []*statement) {
	for _, s := range body {
		switch {
		case s.row == nil:
		case s.row.name == "global_defs":
			c.statement(&c.doc.Body, s)
		case s.row.name == "virtual_server_group" && len(s.words) > 1:
			c.groups[s.words[1]] = s
		case s.row.name == "virtual_server" && s.arg(1) == "group":
			c.used[s.arg(2)] = true
		case s.row.name == "garp_group":
			c.noteGARPGroup(s)
		}
	}
	c.unverified(body)
	for _, s := range body {
		if s.row == nil || s.row.name != "global_defs" {
			c.statement(&c.doc.Body, s)
		}
	}
}

// body writes the statements of a block into out: first those that have no
// block themselves, as this is how configurations are read best.
func (c *converter) body(out *migrate.Body, s *statement) {
	for _, inner := range s.body {
		if inner.row == nil || inner.row.shape != blockShape {
			c.statement(out, inner)
		}
	}
	for _, inner := range s.body {
		if inner.row != nil && inner.row.shape == blockShape {
			c.statement(out, inner)
		}
	}
	out.Comment(s.end...)
}

// statement writes one statement with its comments.
func (c *converter) statement(out *migrate.Body, s *statement) {
	out.Lead(s.before...)
	if s.row == nil {
		c.drop(out, s, migrate.Unsupported, "keepalived does not know this keyword here and ignores it; it is a comment in its place.")
	} else {
		s.row.apply(c, out, s)
	}
	if !s.placed && s.after != "" {
		out.Comment(s.after)
	}
}

// from returns where a statement comes from, for what is written for it. Its
// trailing comment goes to the first that asks.
func (c *converter) from(s *statement) migrate.Origin {
	o := c.implied(s)
	if !s.placed {
		o.After = s.after
		s.placed = true
	}
	return o
}

// implied is from without the comment.
func (c *converter) implied(s *statement) migrate.Origin {
	return migrate.Origin{At: s.at, Keyword: s.words[0], Essential: c.essential}
}

// drop leaves a statement as a comment and reports why.
func (c *converter) drop(out *migrate.Body, s *statement, severity migrate.Severity, format string, args ...any) {
	c.report.Add(severity, s.at, s.words[0], format, args...)
	c.quote(out, s, "keepalived: ")
}

// quote writes a statement as a comment.
func (c *converter) quote(out *migrate.Body, s *statement, indent string) {
	text := indent + s.text
	if s.row != nil && s.row.shape != valueShape {
		text += " {"
	}
	if s.after != "" && !s.placed {
		text += "  # " + s.after
		s.placed = true
	}
	out.Comment(text)
	if s.row == nil || s.row.shape == valueShape {
		return
	}
	for _, inner := range s.body {
		out.Comment(inner.before...)
		c.quote(out, inner, indent+"  ")
	}
	out.Comment(s.end...)
	out.Comment(indent + "}")
}

// once reports a name that is there for the second time, which keepalived
// ignores.
func (c *converter) once(out *migrate.Body, s *statement, name string) bool {
	key := s.words[0] + " " + name
	if c.seen[key] {
		c.drop(out, s, migrate.Assumption, "%s is there for the second time. keepalived ignores it, and so does the import.", key)
		return false
	}
	c.seen[key] = true
	return true
}

// assume reports an assumption.
func (c *converter) assume(s *statement, format string, args ...any) {
	c.report.Add(migrate.Assumption, s.at, s.words[0], format, args...)
}

// explain reports a default that is written out.
func (c *converter) explain(s *statement, format string, args ...any) {
	c.report.Add(migrate.Default, s.at, s.words[0], format, args...)
}
