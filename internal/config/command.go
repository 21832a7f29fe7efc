package config

import (
	"errors"
	"path"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// command returns the value of a kindCommand argument as program and
// arguments, nil if it is not given.
func (c *content) command(name string) []string {
	value, ok := c.lookup(name)
	if !ok {
		return nil
	}
	var words []string
	if value.Type() == cty.String {
		var err error
		if words, err = splitWords(value.AsString()); err != nil {
			c.bad(name, "Invalid command", "%s: %s.", name, err)
			return nil
		}
	} else {
		elements, ok := c.list(name)
		if !ok {
			return nil
		}
		for _, e := range elements {
			words = append(words, e.text)
		}
	}
	switch {
	case len(words) == 0 || words[0] == "":
		c.bad(name, "Empty command", "%s names no program. Write for example %s = [\"/etc/ldirector/notify.sh\", \"master\"], or leave it out.", name, name)
	case strings.ContainsRune(strings.Join(words, ""), 0):
		c.bad(name, "Invalid command", "%s holds a NUL character, which no program can be given.", name)
	case strings.Contains(words[0], "/") && !path.IsAbs(words[0]):
		c.bad(name, "Relative path", "%s runs %q, which depends on the daemon's working directory. Write an absolute path.", name, words[0])
	default:
		return words
	}
	return nil
}

// splitWords splits a command line like a shell: at blanks, with single
// quotes, double quotes and backslashes. Nothing is expanded.
func splitWords(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune // the open quote, 0 for none
	inWord, escaped := false, false
	for _, r := range line {
		switch {
		case escaped:
			if quote == '"' && r != '"' && r != '\\' && r != '$' && r != '`' {
				word.WriteRune('\\') // as in a shell, it stands for itself there
			}
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, inWord = true, true
		case r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inWord = r, true
		case r == ' ' || r == '\t' || r == '\n':
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	switch {
	case quote != 0:
		return nil, errors.New("a quote is not closed. Close it, or write the command as a list of strings")
	case escaped:
		return nil, errors.New("a backslash is the last character. Remove it, or write the command as a list of strings")
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}
