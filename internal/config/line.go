package config

import (
	"fmt"
	"strconv"
	"strings"
)

// A line is an element of a list that has a grammar of its own: words, of which
// some have a value behind them.
type line struct {
	rest []string
	seen map[string]bool
}

func newLine(text string) *line {
	return &line{rest: strings.Fields(text), seen: make(map[string]bool)}
}

// more tells whether there are words left.
func (l *line) more() bool { return len(l.rest) > 0 }

// next returns the next word, "" at the end.
func (l *line) next() string {
	if len(l.rest) == 0 {
		return ""
	}
	word := l.rest[0]
	l.rest = l.rest[1:]
	return word
}

// once returns an error if that name has been there before.
func (l *line) once(name string) error {
	if l.seen[name] {
		return fmt.Errorf("%s is there twice. Remove one", name)
	}
	l.seen[name] = true
	return nil
}

// value returns the word behind name.
func (l *line) value(name string) (string, error) {
	if err := l.once(name); err != nil {
		return "", err
	}
	if len(l.rest) == 0 {
		return "", fmt.Errorf("%s needs a value", name)
	}
	return l.next(), nil
}

// number returns the number behind name.
func (l *line) number(name string, low, high int64) (int, error) {
	text, err := l.value(name)
	if err != nil {
		return 0, err
	}
	return parseNumber(name, text, low, high)
}

// parseNumber reads a whole number, decimal or with 0x.
func parseNumber(name, text string, low, high int64) (int, error) {
	base := 10
	digits, hex := strings.CutPrefix(text, "0x")
	if hex {
		base = 16
	}
	n, err := strconv.ParseInt(digits, base, 64)
	if err != nil || n < low || n > high || strings.HasPrefix(text, "+") {
		return 0, fmt.Errorf("%s cannot be %q. Write a whole number from %d to %d", name, text, low, high)
	}
	return int(n), nil
}
