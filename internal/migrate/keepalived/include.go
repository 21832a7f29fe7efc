package keepalived

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/ldirector/ldirector/internal/migrate"
)

// An includeCheck says what is an error about an include.
type includeCheck struct {
	read     bool // a file that cannot be read (r)
	match    bool // a name without wildcard that does not exist (m)
	wildcard bool // a wildcard that matches nothing (w)
	brace    bool // an alternative in braces that does not exist (b)
}

// parseInclude reads "include GLOB" and its strict relatives.
func parseInclude(text string) (keyword, pattern string, check includeCheck, ok bool) {
	end := strings.IndexAny(text, blanks)
	if end < 0 {
		return "", "", check, false
	}
	keyword, pattern = text[:end], strings.Trim(text[end:], blanks)
	switch keyword {
	case "include":
	case "includer":
		check = includeCheck{read: true}
	case "includem":
		check = includeCheck{read: true, match: true}
	case "includeb":
		check = includeCheck{read: true, brace: true}
	case "includew":
		check = includeCheck{read: true, match: true, wildcard: true}
	case "includea":
		check = includeCheck{read: true, match: true, wildcard: true, brace: true}
	default:
		return "", "", check, false
	}
	return keyword, pattern, check, true
}

// or returns what either asks for.
func (c includeCheck) or(other includeCheck) includeCheck {
	return includeCheck{c.read || other.read, c.match || other.match, c.wildcard || other.wildcard, c.brace || other.brace}
}

// set reads the words behind include_check.
func (c *includeCheck) set(words []string) (unknown []string) {
	if len(words) == 0 {
		*c = includeCheck{true, true, true, true}
	}
	for i, word := range words {
		on := !strings.HasPrefix(word, "-")
		if word = strings.TrimLeft(word, "+-"); i == 0 && word == words[0] {
			*c = includeCheck{} // a list without signs replaces
		}
		switch word {
		case "read":
			c.read = on
		case "match":
			c.match = on
		case "wildcard_match":
			c.wildcard = on
		case "brace_match":
			c.brace = on
		default:
			unknown = append(unknown, word)
		}
	}
	return unknown
}

// include reads the files that text names, or emits it if it is no include.
func (r *reader) include(text string, depth int) {
	keyword, pattern, check, ok := parseInclude(text)
	if !ok {
		if words := splitWords(text); len(words) > 0 && words[0] == "include_check" {
			r.check.set(words[1:])
		}
		r.emit(text, depth)
		return
	}
	check = check.or(r.check)
	alternatives := braces(pattern)
	for _, p := range alternatives {
		r.includeGlob(keyword, p, check, len(alternatives) > 1)
	}
}

// includeGlob reads the files that match one pattern without braces.
func (r *reader) includeGlob(keyword, pattern string, check includeCheck, brace bool) {
	rooted := pattern
	if !strings.HasPrefix(pattern, "/") {
		rooted = path.Join("/", r.dir(), pattern)
	}
	names, err := fs.Glob(r.files, strings.TrimPrefix(path.Clean(rooted), "/"))
	if err != nil {
		r.fail(keyword, "%s is not a pattern for file names: %s.", pattern, pathError(err))
		return
	}
	wild := strings.ContainsAny(pattern, "*?[")
	if len(names) == 0 {
		must := check.match
		switch {
		case brace:
			must = check.brace
		case wild:
			must = check.wildcard
		}
		r.missing(keyword, must, "no file matches %s", pattern)
	}
	slices.Sort(names)
	for _, name := range names {
		r.includeFile(keyword, name, r.shown(name, pattern), check)
		if r.stopped {
			return
		}
	}
}

// shown returns the name of an included file for people: as absolute or as
// relative as its pattern and the files around it.
func (r *reader) shown(name, pattern string) string {
	if strings.HasPrefix(pattern, "/") {
		return "/" + name
	}
	base := r.dir()
	if base == "." {
		base = ""
	}
	if rel, ok := strings.CutPrefix(name, base+"/"); ok || base == "" {
		if base == "" {
			rel = name
		}
		return path.Join(path.Dir(r.at.File), rel)
	}
	return path.Join(path.Dir(r.at.File), path.Dir(pattern), path.Base(name))
}

// missing reports something that cannot be included.
func (r *reader) missing(keyword string, must bool, format string, args ...any) {
	if must {
		r.fail(keyword, format+"; keepalived refuses this.", args...)
		return
	}
	r.report.Add(migrate.Assumption, r.at, keyword, format+"; keepalived goes on without it, and so does the import.", args...)
}

func (r *reader) includeFile(keyword, name, shown string, check includeCheck) {
	if r.isOpen(name) {
		r.fail(keyword, "%s includes itself. Remove one of the includes.", shown)
		return
	}
	if len(r.open) >= maxDepth {
		r.stop("files are included more than %d deep. Remove some.", maxDepth)
		return
	}
	info, err := fs.Stat(r.files, name)
	switch {
	case err != nil:
		r.missing(keyword, check.read, "%s cannot be read (%s)", shown, pathError(err))
	case !info.Mode().IsRegular():
		r.missing(keyword, check.read, "%s is not a regular file", shown)
	case info.Mode().Perm()&0o111 != 0:
		r.missing(keyword, check.read, "%s is executable, which keepalived takes for a program", shown)
	default:
		if err := r.file(name, shown); err != nil {
			r.missing(keyword, check.read, "%s cannot be read (%s)", shown, pathError(err))
		}
	}
}

// braces expands {a,b} in a pattern, as glob(3) does with GLOB_BRACE. Patterns
// with absurdly many alternatives are left as they are.
func braces(pattern string) []string {
	const most = 1000
	done := []string{""}
	for pattern != "" {
		start, end := bracePair(pattern)
		if start < 0 {
			break
		}
		var next []string
		for _, alternative := range splitTop(pattern[start+1 : end]) {
			for _, a := range braces(alternative) {
				for _, d := range done {
					next = append(next, d+pattern[:start]+a)
				}
			}
		}
		if len(next) > most {
			break
		}
		done, pattern = next, pattern[end+1:]
	}
	for i := range done {
		done[i] += pattern
	}
	return done
}

// bracePair returns the places of the first brace and its partner.
func bracePair(s string) (start, end int) {
	start, depth := -1, 0
	for i, c := range s {
		switch {
		case c == '{':
			if depth++; depth == 1 {
				start = i
			}
		case c == '}' && depth > 0:
			if depth--; depth == 0 {
				return start, i
			}
		}
	}
	return -1, -1
}

// splitTop splits at commas outside braces.
func splitTop(s string) []string {
	var parts []string
	start, depth := 0, 0
	for i, c := range s {
		switch {
		case c == '{':
			depth++
		case c == '}':
			depth--
		case c == ',' && depth == 0:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}
