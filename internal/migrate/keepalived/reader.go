package keepalived

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/ldirector/ldirector/internal/migrate"
)

// Limits of what is read, so that every input ends.
const (
	maxLine  = 1023      // keepalived's: MAXBUF without the final NUL
	maxSteps = 1_000_000 // lines, those made by ~SEQ, ~LST and definitions included
	maxFiles = 1000
	maxDepth = 50 // of includes, and of definitions inside each other
)

// A line is a line of the configuration after all pre-processing: "{", "}", or
// words.
type line struct {
	text   string
	at     migrate.Position
	before []string // comments on lines of their own before it
	after  string   // comment behind it
}

// A reader turns files into lines.
type reader struct {
	files    fs.FS
	limit    int // of steps
	configID string
	report   *migrate.Report

	defs    map[string]*definition
	open    []string // files being read, the innermost last
	check   includeCheck
	steps   int
	count   int // files read
	stopped bool

	at      migrate.Position // of the physical line being read
	pending []string         // comments that wait for a line
	lines   []line
}

// stop ends the reading with an error.
func (r *reader) stop(format string, args ...any) {
	if !r.stopped {
		r.stopped = true
		r.fail("", format, args...)
	}
}

func (r *reader) fail(keyword, format string, args ...any) {
	r.report.Add(migrate.Error, r.at, keyword, format, args...)
}

// file reads one file; name is its path in r.files, shown is that for people.
func (r *reader) file(name, shown string) error {
	text, err := fs.ReadFile(r.files, name)
	if err != nil {
		return err
	}
	if r.count++; r.count > maxFiles {
		r.stop("more than %d files are included. This looks like an endless loop: remove it.", maxFiles)
		return nil
	}
	outer := r.at
	defer func() { r.at = outer }()
	r.open = append(r.open, name)
	defer func() { r.open = r.open[:len(r.open)-1] }()

	var def *definition // a definition of several lines, while it is being read
	number := 0
	for raw := range strings.SplitSeq(string(text), "\n") {
		number++
		r.at = migrate.Position{File: shown, Line: number}
		if r.step(); r.stopped {
			return nil
		}
		if raw, ok := r.usable(raw); ok {
			def = r.physical(raw, def)
		} else {
			def = nil
		}
	}
	return nil
}

// step counts what is done; the input has to end.
func (r *reader) step() {
	if r.steps++; r.steps > r.limit {
		r.stop("the configuration has more than %d lines after ~SEQ, ~LST, definitions and includes are expanded. Write fewer.", r.limit)
	}
}

// usable returns a physical line without its end; ok is false if keepalived
// leaves it out.
func (r *reader) usable(raw string) (string, bool) {
	raw = strings.TrimRight(raw, "\r")
	switch {
	case strings.ContainsRune(raw, 0):
		r.report.Add(migrate.Assumption, r.at, "", "the line holds a NUL byte, so keepalived ignores it; so does the import.")
	case len(raw) > maxLine:
		r.report.Add(migrate.Assumption, r.at, "", "the line is longer than %d bytes, so keepalived ignores it; so does the import.", maxLine)
	default:
		return raw, true
	}
	return "", false
}

// physical handles a line of a file. def is the definition that it continues;
// the definition that the next line continues is returned.
func (r *reader) physical(raw string, def *definition) *definition {
	text, comment, hasComment, openQuote := splitComment(raw)
	if openQuote {
		r.report.Add(migrate.Assumption, r.at, "", "a double quote is not closed on this line. keepalived warns and drops the words behind it, and so does the import.")
	}
	if def != nil {
		r.comment(comment, hasComment)
		return def.extend(text)
	}
	if text == "" {
		r.comment(comment, hasComment)
		return nil
	}
	first := len(r.lines)
	inFile := len(r.open)
	def = r.expand(text, 0)
	if len(r.lines) > first && len(r.open) == inFile && r.lines[first].at == r.at && hasComment {
		r.lines[first].after = comment
	} else {
		r.comment(comment, hasComment)
	}
	return def
}

func (r *reader) comment(text string, ok bool) {
	if ok {
		r.pending = append(r.pending, strings.TrimSpace(text))
	}
}

// expand does the pre-processing of one line: conditions, definitions, loops,
// values and includes. It returns a definition that goes on with the next line.
func (r *reader) expand(text string, depth int) *definition {
	if r.step(); r.stopped {
		return nil
	}
	if depth > maxDepth {
		r.stop("definitions are nested more than %d deep. This looks like an endless loop: remove it.", maxDepth)
		return nil
	}
	if strings.HasPrefix(text, "@") {
		if text = r.condition(text); text == "" {
			return nil
		}
	}
	if name, value, ok := parseDefinition(text); ok {
		return r.define(name, value)
	}
	if strings.HasPrefix(text, "~SEQ") || strings.HasPrefix(text, "~LST") {
		r.loop(text, depth)
		return nil
	}
	lines, changed := r.substitute(text)
	if changed {
		text, _, _, _ = splitComment(lines[0])
		if strings.HasPrefix(text, "@") || strings.HasPrefix(text, "~SEQ") || strings.HasPrefix(text, "~LST") {
			r.expand(text, depth+1)
			text = ""
		}
	}
	r.include(text, depth)
	for _, l := range lines[1:] {
		r.expand(l, depth+1)
	}
	return nil
}

// condition returns what follows "@id " if id is the configuration's, or
// "@^id " if it is not; "" otherwise.
func (r *reader) condition(text string) string {
	id, rest := text[1:], ""
	if end := strings.IndexAny(id, blanks); end >= 0 {
		id, rest = id[:end], strings.TrimLeft(id[end:], blanks)
	}
	not := strings.HasPrefix(id, "^")
	if not {
		id = id[1:]
	}
	if rest == "" || (id == r.configID) == not {
		r.report.Add(migrate.Note, r.at, "@"+id, "left out: the line is not for the configuration id %q.", r.configID)
		return ""
	}
	return rest
}

// emit adds the lines that text consists of. What is behind a brace is like a
// line of its own.
func (r *reader) emit(text string, depth int) {
	for text != "" {
		var piece string
		piece, text = cutBrace(text)
		r.lines = append(r.lines, line{text: piece, at: r.at, before: r.pending})
		r.pending = nil
		if _, _, _, include := parseInclude(text); include || strings.IndexAny(text, "@$~") == 0 {
			r.expand(text, depth+1)
			return
		}
	}
}

// dir returns the directory of the file being read.
func (r *reader) dir() string {
	return path.Dir(r.open[len(r.open)-1])
}

// isOpen tells whether the file is being read.
func (r *reader) isOpen(name string) bool { return slices.Contains(r.open, name) }

// pathError is the reason of an error without the path, which is said already.
func pathError(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
