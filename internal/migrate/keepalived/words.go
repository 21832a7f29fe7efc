package keepalived

import (
	"errors"
	"strings"
)

const blanks = " \t"

// splitComment cuts a line at its comment, resolves escaped comment marks, and
// trims blanks: lib/parser.c, decomment. A backslash at the end survives.
func splitComment(line string) (text, comment string, hasComment, openQuote bool) {
	line = strings.TrimLeft(line, blanks)
	var b strings.Builder
	quoted := false
	continued := false
scan:
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '"':
			quoted = !quoted
		case c == '\\' && i+1 == len(line):
			continued = true
			break scan
		case c == '\\' && !quoted && (line[i+1] == '#' || line[i+1] == '!'):
			i++
			c = line[i]
		case c == '\\':
			b.WriteByte(c)
			i++
			c = line[i]
		case !quoted && (c == '#' || c == '!'):
			comment, hasComment = line[i+1:], true
			break scan
		}
		b.WriteByte(c)
	}
	text = strings.TrimRight(b.String(), blanks)
	if continued {
		text += `\`
	}
	return text, comment, hasComment, quoted
}

// splitWords splits a line at blanks. "…" is one word, wherever it begins:
// lib/parser.c, alloc_strvec_r. Behind a quote that is not closed the rest is
// lost, as it is in keepalived.
func splitWords(line string) (words []string) {
	for {
		line = strings.TrimLeft(line, " \t\f\n\r\v")
		if line == "" {
			return words
		}
		if line[0] == '"' {
			word, rest, closed := strings.Cut(line[1:], `"`)
			if !closed {
				return words
			}
			words = append(words, word)
			line = rest
			continue
		}
		end := strings.IndexAny(line, " \t\f\n\r\v\"")
		if end < 0 {
			end = len(line)
		}
		words = append(words, line[:end])
		line = line[end:]
	}
}

// cutBrace cuts a line before or behind its first brace outside double quotes,
// so that the brace is a piece of its own: lib/parser.c, read_line.
func cutBrace(line string) (piece, rest string) {
	line = strings.Trim(line, blanks)
	quoted := false
	for i := range len(line) {
		switch c := line[i]; {
		case c == '"':
			quoted = !quoted && strings.IndexByte(line[i+1:], '"') >= 0
		case quoted || c != '{' && c != '}':
		case i == 0:
			return line[:1], strings.Trim(line[1:], blanks)
		default:
			return strings.TrimRight(line[:i], blanks), line[i:]
		}
	}
	return line, ""
}

var (
	errOpenQuote = errors.New("a quote is not closed")
	errEmpty     = errors.New("it is empty")
	errBackslash = errors.New("a backslash is the last character")
)

// shellWords splits a line at blanks, with both kinds of quotes and with
// backslashes: lib/parser.c, alloc_strvec_quoted_escaped_common. With escapes
// backslashes are resolved, otherwise they stay for a second round.
func shellWords(line string, escapes bool) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord, quote := false, byte(0)
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '\\' && i+1 == len(line):
			return nil, errBackslash
		case c == '\\' && !escapes:
			word.WriteString(line[i : i+2])
			i++
			inWord = true
		case c == '\\':
			var n int
			c, n = escape(line[i+1:])
			word.WriteByte(c)
			i += n
			inWord = true
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteByte(c)
		case c == '"' || c == '\'':
			quote, inWord = c, true
		case strings.IndexByte(" \t\f\n\r\v", c) >= 0:
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, errOpenQuote
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}

// escape resolves what follows a backslash; n is its length, at least 1.
func escape(s string) (c byte, n int) {
	const simple = "a\ab\bE\x1bf\fn\nr\rt\tv\v"
	switch {
	case s[0] == 'x' && len(s) > 1 && hexDigit(s[1]) >= 0:
		for n = 1; n < len(s) && n <= 2 && hexDigit(s[n]) >= 0; n++ {
			c = c<<4 | byte(hexDigit(s[n]))
		}
		return c, n
	case s[0] == 'c' && len(s) > 1:
		return s[1] & 0x1f, 2
	case s[0] >= '0' && s[0] <= '7':
		for n = 0; n < len(s) && n < 3 && s[n] >= '0' && s[n] <= '7'; n++ {
			c = c<<3 | (s[n] - '0')
		}
		return c, n
	}
	for i := 0; i < len(simple); i += 2 {
		if simple[i] == s[0] {
			return simple[i+1], 1
		}
	}
	return s[0], 1
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	default:
		return -1
	}
}
