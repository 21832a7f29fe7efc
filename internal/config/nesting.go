package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
)

// HCL's parser calls itself for every bracket, block, template and operator.
// Go cannot recover from an exhausted stack, so a file of 300,000 opening
// brackets would end a running daemon at reload; these limits are two orders
// of magnitude below that.
const (
	maxNesting   = 200    // brackets, blocks and templates inside each other
	maxOperators = 10_000 // operators in one expression
)

// checkNesting returns a diagnostic if text is nested too deeply to be parsed.
func checkNesting(name string, text []byte) *hcl.Diagnostic {
	s := nestingScanner{text: text, line: 1}
	for s.pos < len(text) {
		s.step()
		if len(s.open) <= maxNesting && s.operators <= maxOperators {
			continue
		}
		at := hcl.Pos{Line: s.line, Column: 1, Byte: s.lineStart}
		return &hcl.Diagnostic{
			Severity: hcl.DiagError,
			Summary:  "Nested too deeply",
			Detail: fmt.Sprintf("At most %d brackets, blocks and templates can be inside each other, and %d operators in one expression. "+
				"Move parts into locals.", maxNesting, maxOperators),
			Subject: &hcl.Range{Filename: name, Start: at, End: at},
		}
	}
	return nil
}

// A nestingScanner goes over a text and keeps what is open. It knows just
// enough of the language (comments, strings, templates) to count fairly; in a
// here-document it may count brackets of the text, which do no harm.
type nestingScanner struct {
	text      []byte
	pos       int
	line      int
	lineStart int
	open      []byte // '(', '[', '{' or '"', innermost last
	operators int    // in the current expression
}

// step handles one character, comment or template mark.
func (s *nestingScanner) step() {
	c := s.text[s.pos]
	s.pos++
	if c == '\n' {
		s.newline()
		return
	}
	if s.inside('"') {
		s.inString(c)
		return
	}
	switch c {
	case '#':
		s.skipLine()
	case '/':
		if !s.comment() {
			s.operators++
		}
	case '"', '(', '[', '{':
		if c == '[' {
			s.operators++ // a[0][0][0] is a chain too
		}
		s.open = append(s.open, c)
	case ')', ']', '}':
		if len(s.open) > 0 {
			s.open = s.open[:len(s.open)-1]
		}
	case ',':
		s.operators = 0
	case '!', '-', '+', '*', '%', '?', '<', '>', '&', '|', '=':
		s.operators++
	}
}

// inString handles a character of a string literal.
func (s *nestingScanner) inString(c byte) {
	switch {
	case c == '\\':
		if s.pos < len(s.text) && s.text[s.pos] != '\n' {
			s.pos++
		}
	case c == '"':
		s.open = s.open[:len(s.open)-1]
	case (c == '$' || c == '%') && s.pos < len(s.text):
		switch s.text[s.pos] {
		case '{':
			s.pos++
			s.open = append(s.open, '{')
		case c: // "$${" is a literal
			s.pos++
		}
	}
}

// newline ends a string literal, which cannot go on, and an expression unless
// it is in brackets.
func (s *nestingScanner) newline() {
	s.line++
	s.lineStart = s.pos
	if s.inside('"') {
		s.open = s.open[:len(s.open)-1]
	}
	if !s.inside('(') && !s.inside('[') {
		s.operators = 0
	}
}

// comment skips a comment that begins with the slash just read.
func (s *nestingScanner) comment() bool {
	if s.pos >= len(s.text) {
		return false
	}
	switch s.text[s.pos] {
	case '/':
		s.skipLine()
		return true
	case '*':
		for s.pos++; s.pos < len(s.text); s.pos++ {
			switch {
			case s.text[s.pos] == '\n':
				s.line++
				s.lineStart = s.pos + 1
			case s.text[s.pos] == '*' && s.pos+1 < len(s.text) && s.text[s.pos+1] == '/':
				s.pos += 2
				return true
			}
		}
		return true
	}
	return false
}

func (s *nestingScanner) skipLine() {
	for s.pos < len(s.text) && s.text[s.pos] != '\n' {
		s.pos++
	}
}

func (s *nestingScanner) inside(c byte) bool {
	return len(s.open) > 0 && s.open[len(s.open)-1] == c
}
