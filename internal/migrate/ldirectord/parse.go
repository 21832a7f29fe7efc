package ldirectord

import (
	"strings"

	"github.com/ldirector/ldirector/internal/migrate"
)

// tabWidth is how many blanks ldirectord reads for a tab inside a section.
const tabWidth = 4

// A parser reads a file. It goes on after errors, to find them all.
type parser struct {
	name    string // of the file
	names   Resolver
	report  *migrate.Report
	options map[string]option
	file    *file
}

// parse reads the text of the file of that name.
func parse(name, text string, names Resolver, report *migrate.Report) *parser {
	p := &parser{
		name:    name,
		names:   names,
		report:  report,
		options: make(map[string]option),
		file:    &file{settings: settings{lines: make(map[string]int)}},
	}
	for _, o := range options() {
		p.options[o.name] = o
	}
	p.lines(text)
	return p
}

// lines goes through the file. A section ends with the first line that is not
// indented, which may well be an empty one.
func (p *parser) lines(text string) {
	var v *virtual
	errors := 0 // before the section
	end := func() {
		if v != nil {
			p.resolve(v)
			v.broken = p.report.Count(migrate.Error) > errors
		}
		v = nil
	}
	defer func() { end() }()
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, "\r\n")
		comment := strings.HasPrefix(strings.TrimLeft(line, " \t"), "#")
		if v != nil && comment {
			continue
		}
		if v != nil {
			if inside, ok := indented(line); ok {
				p.inside(v, inside, number)
				continue
			}
			end()
		}
		switch value, six, ok := header(line); {
		case ok:
			errors = p.report.Count(migrate.Error)
			v = p.virtual(value, six, number)
		case comment || strings.TrimSpace(line) == "":
		default:
			p.top(line, number)
		}
	}
}

// indented returns what an indented line of a section says, without comment.
func indented(line string) (text string, ok bool) {
	line, _, _ = strings.Cut(line, "#")
	line = strings.ReplaceAll(line, "\t", strings.Repeat(" ", tabWidth))
	text = strings.TrimLeft(line, " ")
	ok = len(line)-len(text) >= tabWidth && len(line) > tabWidth
	return text, ok
}

// header returns what follows "virtual=" or "virtual6=".
func header(line string) (value string, six, ok bool) {
	rest, ok := strings.CutPrefix(line, "virtual")
	if !ok {
		return "", false, false
	}
	rest, six = strings.CutPrefix(rest, "6")
	value, ok = strings.CutPrefix(strings.TrimLeft(rest, " \t"), "=")
	return strings.TrimSpace(value), six, ok
}

// top reads an option at the top of the file.
func (p *parser) top(line string, number int) {
	name, a := cut(line, number)
	o, known := p.options[name]
	switch {
	case strings.TrimLeft(line, " \t") != line:
		p.bad(number, name, "an indented line outside of a virtual section. An empty line ends a section, and so does a line with less than %d blanks before it: remove the empty line, or indent the line with a tab.", tabWidth)
	case name == "timeout":
		p.bad(number, name, "ldirectord has it no longer. Write checktimeout or negotiatetimeout.")
	case !known:
		p.unknown(number, name)
	case a.missing && name != "supervised":
		p.bad(number, name, "the value is missing. Write %s = VALUE.", name)
	case o.place&atTop == 0:
		p.bad(number, name, "it may stand in a virtual section only. Move it into the sections that it is for, indented with a tab.")
	default:
		p.file.lines[name] = number
		o.apply(p, nil, a)
	}
}

// inside reads an option of a section.
func (p *parser) inside(v *virtual, text string, number int) {
	if strings.TrimSpace(text) == "" {
		p.bad(number, "", "a line of blanks inside of a virtual section, which ldirectord refuses. Remove it.")
		return
	}
	name, a := cut(text, number)
	o, known := p.options[name]
	switch {
	case !known:
		p.unknown(number, name)
	case a.missing:
		p.bad(number, name, "the value is missing. Write %s = VALUE.", name)
	case o.place&inVirtual == 0:
		p.bad(number, name, "it may stand at the top of the file only. Move it before the first virtual section, without indentation.")
	default:
		v.lines[name] = number
		o.apply(p, v, a)
	}
}

// cut takes a line apart at its "=".
func cut(line string, number int) (name string, a argument) {
	name, value, found := strings.Cut(line, "=")
	a = argument{option: strings.TrimSpace(name), text: strings.TrimSpace(value), line: number, missing: !found}
	return a.option, a
}

func (p *parser) unknown(number int, name string) {
	if name == "connecttimeout" {
		p.bad(number, name, "ldirectord has it no longer. Write negotiatetimeout.")
		return
	}
	p.bad(number, short(name), "ldirectord has no such option. Correct it, or remove the line.")
}

// short keeps a word from filling the screen.
func short(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

func (p *parser) at(line int) migrate.Position { return migrate.Position{File: p.name, Line: line} }

func (p *parser) bad(line int, option, format string, args ...any) {
	p.report.Add(migrate.Error, p.at(line), option, format, args...)
}

func (p *parser) assume(line int, option, format string, args ...any) {
	p.report.Add(migrate.Assumption, p.at(line), option, format, args...)
}

func (p *parser) note(line int, option, format string, args ...any) {
	p.report.Add(migrate.Note, p.at(line), option, format, args...)
}

// An argument is the value of an option.
type argument struct {
	option  string
	text    string // without blanks around it
	line    int
	missing bool // there is no "="
}
