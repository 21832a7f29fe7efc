package status

import (
	"reflect"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ldirector/ldirector/internal/api"
)

// Clean replaces in every string of *v what a terminal would obey, or would not
// show where it stands, by an escape as in Go's source: "\x1b", "\u202e", "\n".
func Clean(v any) { clean(reflect.ValueOf(v)) }

// CleanAll is Clean for a whole status. The message of a refused reload keeps its
// lines.
func CleanAll(st *api.Status) {
	refused := PrintableLines(st.Configuration.Error)
	Clean(st)
	st.Configuration.Error = refused
}

// clean changes what v points to.
func clean(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			clean(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				clean(v.Field(i))
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			clean(v.Index(i))
		}
	case reflect.String:
		if v.CanSet() {
			v.SetString(Printable(v.String()))
		}
	default: // numbers; the keys of the one map are our own words
	}
}

// Printable returns text as [Clean] leaves it.
func Printable(text string) string {
	if strings.IndexFunc(text, odd) < 0 {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteString(`\x` + strconv.FormatUint(uint64(text[0]), 16))
		case odd(r):
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteRune(r)
		}
		text = text[size:]
	}
	return b.String()
}

// odd reports whether a character is none that a terminal shows in one place.
// What is not UTF-8 comes as utf8.RuneError.
func odd(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }

// PrintableLines is Printable for text of several lines.
func PrintableLines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = Printable(strings.ReplaceAll(lines[i], "\t", "    "))
	}
	return strings.Join(lines, "\n")
}
