package ldirectord

import (
	"strconv"
	"strings"
)

// number reads a whole number of at least low. ldirectord takes the first
// digits that it finds and ignores what is around them.
func (p *parser) number(a argument, low int) (n int, ok bool) {
	digits := strings.TrimLeft(a.text, notDigits(a.text))
	end := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' })
	rest := ""
	if end >= 0 {
		digits, rest = digits[:end], digits[end:]
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < low || n > maxNumber {
		p.bad(a.line, a.option, "%q is not a whole number from %d to %d. Write one.", short(a.text), low, maxNumber)
		return 0, false
	}
	if before, _, _ := strings.Cut(a.text, digits); before != "" || !strings.HasPrefix(strings.TrimLeft(rest+"#", " \t"), "#") {
		p.assume(a.line, a.option, "ldirectord reads %d from %q, and so does the import. Write the number alone.", n, short(a.text))
	}
	return n, true
}

// maxNumber is more than any number here can mean: the seconds of 68 years.
const maxNumber = 1<<31 - 1

// notDigits returns the characters of s that are not digits.
func notDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, s)
}

// choice reads yes or no.
func (p *parser) choice(a argument) bool {
	switch a.text {
	case "yes":
		return true
	case "no":
	default:
		p.bad(a.line, a.option, "%q is neither yes nor no. Write one of them, with nothing behind it.", short(a.text))
	}
	return false
}

// quoted reads a string in double quotes, which may hold such quotes: the last
// one of the line ends it.
func (p *parser) quoted(a argument) string {
	last := strings.LastIndexByte(a.text, '"')
	switch {
	case !strings.HasPrefix(a.text, `"`) || last == 0:
		p.bad(a.line, a.option, "the value has to stand in double quotes, all on one line; a # begins a comment even inside of them. Write %s = \"VALUE\".", a.option)
		return ""
	case last == 1:
		p.bad(a.line, a.option, "there is nothing between the quotes. Write a value, or remove the line.")
		return ""
	case strings.TrimSpace(a.text[last+1:]) != "":
		p.note(a.line, a.option, "ldirectord ignores what follows the quotes: %q.", short(strings.TrimSpace(a.text[last+1:])))
	}
	return a.text[1:last]
}

// plain reads a string that may stand in double quotes.
func (p *parser) plain(a argument) string {
	text := a.text
	if last := strings.LastIndexByte(text, '"'); strings.HasPrefix(text, `"`) && last > 0 {
		text = text[1:last]
	}
	if text == "" {
		p.bad(a.line, a.option, "the value is missing. Write one, or remove the line.")
	}
	return text
}

// word reads a word of the given characters at the beginning.
func (p *parser) word(a argument, allowed string) string {
	end := strings.IndexFunc(a.text, func(r rune) bool { return !strings.ContainsRune(allowed, r) })
	if end < 0 {
		end = len(a.text)
	}
	if end == 0 {
		p.bad(a.line, a.option, "%q does not begin with a word. Write a value, or remove the line.", short(a.text))
		return ""
	}
	if rest := strings.TrimSpace(a.text[end:]); rest != "" {
		p.note(a.line, a.option, "ldirectord ignores what follows %s: %q.", a.text[:end], short(rest))
	}
	return a.text[:end]
}

// Characters of words.
const (
	lower     = "abcdefghijklmnopqrstuvwxyz"
	alnum     = lower + "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	hostChars = alnum + ".-_+"
	portChars = alnum + "-_"
)

// made tells whether s is not empty and made of the given characters alone.
func made(s, allowed string) bool {
	return s != "" && strings.Trim(s, allowed) == ""
}
