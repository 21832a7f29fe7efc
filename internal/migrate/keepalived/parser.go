package keepalived

import (
	"strings"

	"github.com/ldirector/ldirector/internal/migrate"
)

// A statement is a keyword with its words, and what is in its block.
type statement struct {
	line
	row   *keyword // nil for an item of a list, and for an unknown keyword
	words []string // keyword first, without braces
	body  []*statement
	end   []string // comments before the closing brace

	placed bool // its trailing comment is in the document
}

// arg returns word number i, "" if there is none.
func (s *statement) arg(i int) string {
	if i < len(s.words) {
		return s.words[i]
	}
	return ""
}

// all returns the statements of the body with that keyword.
func (s *statement) all(keyword string) []*statement {
	var found []*statement
	for _, inner := range s.body {
		if inner.row != nil && inner.row.name == keyword {
			found = append(found, inner)
		}
	}
	return found
}

// last returns the last one of them, which counts; nil if there is none.
func (s *statement) last(keywords ...string) *statement {
	var last *statement
	for _, inner := range s.body {
		for _, k := range keywords {
			if inner.row != nil && inner.row.name == k {
				last = inner
			}
		}
	}
	return last
}

// A parser makes statements of lines.
type parser struct {
	lines  []line
	next   int
	report *migrate.Report
}

// file parses the whole file.
func (p *parser) file(top *table) (body []*statement, end []string) {
	for p.next < len(p.lines) {
		more, comments := p.body(top)
		body, end = append(body, more...), append(end, comments...)
		if p.next < len(p.lines) { // a "}" at the top
			l := p.lines[p.next]
			end = append(end, l.before...)
			p.report.Add(migrate.Assumption, l.at, "}", "there is no block that this brace could close. keepalived warns and goes on, and so does the import.")
			p.next++
		}
	}
	return body, end
}

// body parses statements up to a closing brace, which it leaves.
func (p *parser) body(t *table) (body []*statement, end []string) {
	for p.next < len(p.lines) {
		l := p.lines[p.next]
		switch l.text {
		case "}":
			return body, l.before
		case "{":
			p.report.Add(migrate.Error, l.at, "{", "there is no keyword before this brace that a block could belong to.")
			p.next++
			p.skip()
			continue
		}
		p.next++
		words := splitWords(l.text)
		if len(words) == 0 {
			continue
		}
		s := &statement{line: l, words: words, row: t.find(words[0])}
		p.block(s, t)
		body = append(body, s)
	}
	return body, nil
}

// block parses the block of s, if there is or should be one.
func (p *parser) block(s *statement, t *table) {
	opened := p.next < len(p.lines) && p.lines[p.next].text == "{"
	switch {
	case s.row == nil && opened:
		where := "here"
		if t.name != "" {
			where = "in " + t.name
		}
		p.report.Add(migrate.Error, s.at, s.words[0], "there is no such block %s. (keepalived would read what is in it as if it stood outside.) Remove or correct it.", where)
		p.next++
		p.skip()
	case s.row == nil:
	case s.row.shape == valueShape && opened:
		p.report.Add(migrate.Error, s.at, s.words[0], "%s is no block, but a brace follows. Remove it, together with its partner.", s.words[0])
		p.next++
		p.skip()
	case s.row.shape == valueShape:
	default:
		p.inner(s, opened)
	}
}

// inner parses the block of a keyword that has one.
func (p *parser) inner(s *statement, opened bool) {
	if opened {
		brace := p.lines[p.next]
		s.after = join(s.after, brace.after)
		s.before = append(s.before, brace.before...)
		p.next++
	} else {
		p.report.Add(migrate.Assumption, s.at, s.words[0], "the opening brace of the block is missing. keepalived adds it, and so does the import.")
	}
	if s.row.shape == listShape {
		s.body, s.end = p.items()
	} else {
		s.body, s.end = p.body(s.row.inner)
	}
	if p.next == len(p.lines) {
		p.report.Add(migrate.Assumption, s.at, s.words[0], "the closing brace of the block is missing at the end of the file. keepalived adds it, and so does the import.")
		return
	}
	if after := p.lines[p.next].after; after != "" {
		s.end = append(s.end, after)
	}
	p.next++
}

// items parses the lines of a list up to a closing brace, which it leaves.
func (p *parser) items() (body []*statement, end []string) {
	for ; p.next < len(p.lines); p.next++ {
		l := p.lines[p.next]
		switch l.text {
		case "}":
			return body, l.before
		case "{":
			p.report.Add(migrate.Error, l.at, "{", "a list has no blocks in it. Is a closing brace missing before?")
			p.next++
			p.skip()
			p.next--
			continue
		}
		if words := splitWords(l.text); len(words) > 0 {
			body = append(body, &statement{line: l, words: words})
		}
	}
	return body, nil
}

// skip goes behind the brace that closes the block that has just been opened.
func (p *parser) skip() {
	for depth := 1; p.next < len(p.lines) && depth > 0; p.next++ {
		switch p.lines[p.next].text {
		case "{":
			depth++
		case "}":
			depth--
		}
	}
}

func join(a, b string) string {
	return strings.TrimSpace(strings.TrimSpace(a) + " " + strings.TrimSpace(b))
}
