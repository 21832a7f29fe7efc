package dialog

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// maxSaid is how many characters of a server's words are shown.
const maxSaid = 160

// Said returns text, which the server has sent, as it may be shown: on one line,
// printable, bounded and without secrets.
func (c *Conn) Said(text string) string { return Clean(text, c.secrets...) }

// Clean returns text, which comes from the network, as it may be shown: on one
// line, printable, bounded and without the secrets.
func Clean(text string, secrets ...string) string {
	for _, s := range secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s, "***")
		}
	}
	if text = strings.TrimSpace(text); text == "" {
		return "(nothing)"
	}
	var b strings.Builder
	n := 0
	for _, r := range text {
		if n++; n > maxSaid {
			b.WriteRune('…')
			break
		}
		switch {
		case r == '\n', r == '\t':
			b.WriteByte(' ')
		case r == '\r':
		case r == unicode.ReplacementChar || !unicode.IsPrint(r):
			b.WriteByte('?')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Unexpected is the error of an answer that is no good, or that cannot be.
func (c *Conn) Unexpected(what, text string) error {
	return fmt.Errorf("%s: %s", what, c.Said(text))
}

// A Pattern is a regular expression that an answer has to match. The zero value
// matches everything.
type Pattern struct{ re *regexp.Regexp }

// NewPattern returns the pattern with this expression, which "" stands for
// everything.
func NewPattern(expression string) (Pattern, error) {
	if expression == "" {
		return Pattern{}, nil
	}
	re, err := regexp.Compile(expression)
	if err != nil {
		return Pattern{}, fmt.Errorf("receive: %w", err)
	}
	return Pattern{re}, nil
}

// Any reports whether the pattern matches everything.
func (p Pattern) Any() bool { return p.re == nil }

// Match reports whether text matches.
func (p Pattern) Match(text string) bool { return p.re == nil || p.re.MatchString(text) }

// Mismatch is the error of a text that does not match.
func (p Pattern) Mismatch(c *Conn, text string) error {
	return fmt.Errorf("does not match receive: %s", c.Said(text))
}

// OneLine returns an error if the value of the configuration's word name cannot
// be sent in a protocol of lines: it would be more than one.
func OneLine(name, value string) error {
	if strings.ContainsAny(value, "\r\n\x00") {
		return fmt.Errorf("%s must not have line breaks or zero bytes", name)
	}
	return nil
}
