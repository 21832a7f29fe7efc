package keepalived

import (
	"math/bits"
	"path"
	"strconv"
	"strings"

	"github.com/ldirector/ldirector/internal/migrate"
)

// A definition is the value of a $NAME: one line, or several.
type definition struct {
	lines []string
	many  bool // written over several lines
}

// extend adds the next line of a definition. It returns d if there are more.
func (d *definition) extend(text string) *definition {
	more := strings.HasSuffix(text, `\`)
	if text = strings.TrimRight(strings.TrimSuffix(text, `\`), blanks); text != "" {
		d.lines = append(d.lines, text)
	}
	if more {
		return d
	}
	return nil
}

// parseDefinition reads "$NAME=VALUE".
func parseDefinition(text string) (name, value string, ok bool) {
	if !strings.HasPrefix(text, "$") {
		return "", "", false
	}
	n := nameLength(text[1:])
	if n == 0 || len(text) == n+1 || text[n+1] != '=' {
		return "", "", false
	}
	return text[1 : n+1], strings.Trim(text[n+2:], blanks), true
}

// nameLength returns the length of the name that s begins with.
func nameLength(s string) int {
	for i := range len(s) {
		c := s[i]
		letter := c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return i
		}
	}
	return len(s)
}

// define sets a definition; it is returned if it goes on in the next line.
func (r *reader) define(name, value string) *definition {
	d := &definition{}
	r.defs[name] = d
	r.report.Add(migrate.Note, r.at, "$"+name, "the definition is replaced by its value wherever it is used. variable and locals do the same here, if you want to write it again.")
	if strings.HasSuffix(value, `\`) {
		d.many = true
		return d.extend(value)
	}
	d.lines = []string{value}
	return nil
}

// set gives a name a value of one line, for the variables of loops.
func (r *reader) set(name, value string) { r.defs[name] = &definition{lines: []string{value}} }

// substitute puts in the values of definitions, until there is none left. One
// of several lines at the end of the text makes further lines.
func (r *reader) substitute(text string) (lines []string, changed bool) {
	var rest []string
	for at := 0; ; {
		i := strings.IndexByte(text[at:], '$')
		if i < 0 || at+i+1 == len(text) {
			break
		}
		at += i
		d, length := r.reference(text[at:])
		if d == nil || d.many && at+length < len(text) {
			at++
			continue
		}
		first := ""
		if len(d.lines) > 0 {
			first = d.lines[0]
			if d.many {
				rest = append(append([]string{}, d.lines[1:]...), rest...)
			}
		}
		changed = true
		text = text[:at] + first + text[at+length:]
		if r.step(); r.stopped {
			return []string{""}, true
		}
		if len(text) > maxLine || len(rest) > r.limit {
			r.stop("the line becomes longer than %d bytes when definitions are put in. Does one contain itself?", maxLine)
			return []string{""}, true
		}
	}
	return append([]string{text}, rest...), changed
}

// reference reads "$NAME" or "${NAME}", with parameters for those that
// keepalived itself defines. d is nil if it is not one that is known.
func (r *reader) reference(s string) (d *definition, length int) {
	braced := strings.HasPrefix(s, "${")
	start := 1
	if braced {
		start = 2
	}
	n := nameLength(s[start:])
	if n == 0 {
		return nil, 0
	}
	name, end := s[start:start+n], start+n
	if !braced {
		if end < len(s) && !strings.ContainsRune(" \t,)", rune(s[end])) {
			if r.defs[name] != nil {
				r.report.Add(migrate.Assumption, r.at, "$"+name, "keepalived does not replace it, as %q follows; it stays as it is. ${%s} is replaced anywhere.", s[end:end+1], name)
			}
			return nil, 0
		}
		return r.lookup(name, nil), end
	}
	params, _, ok := strings.Cut(s[end:], "}")
	if !ok || strings.ContainsAny(params, "{$") {
		return nil, 0
	}
	return r.lookup(name, strings.Fields(params)), end + len(params) + 1
}

// lookup returns a definition, nil if there is none that takes the parameters.
func (r *reader) lookup(name string, params []string) *definition {
	if d, ok := r.defs[name]; ok {
		if len(params) > 0 {
			return nil
		}
		return d
	}
	value := ""
	switch {
	case name == "_HASH" && len(params) == 0:
		value = "#"
	case name == "_BANG" && len(params) == 0:
		value = "!"
	case name == "_PWD" && len(params) == 0:
		value = path.Join("/", r.dir())
	case name == "_INSTANCE" && len(params) == 0:
		r.report.Add(migrate.Assumption, r.at, "${_INSTANCE}", "there are no instances here: it is empty.")
	case name == "_ENV" && len(params) == 1:
		r.fail("${_ENV}", "the value of the environment variable %s is not known here. Write its value, or a definition $NAME=….", params[0])
	case name == "_RANDOM" && len(params) <= 2:
		value = r.random(params)
	default:
		return nil
	}
	return &definition{lines: []string{value}}
}

// random stands for ${_RANDOM [min [max]]}: the result of an import must not
// depend on chance.
func (r *reader) random(params []string) string {
	low, high := uint64(0), uint64(32767)
	for i, p := range params {
		n, err := strconv.ParseUint(p, 10, bits.UintSize-1)
		if err != nil {
			r.fail("${_RANDOM}", "%q is not a number.", p)
			return ""
		}
		if i == 0 {
			low = n
		} else {
			high = n
		}
	}
	value := strconv.FormatUint(low+(max(high, low)-low)/2, 10)
	r.report.Add(migrate.Assumption, r.at, "${_RANDOM}", "keepalived takes a new number at each start; the import wrote %s. Choose one.", value)
	return value
}
