package ldap

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Choices of a filter, RFC 4511, section 4.5.1.7.
const (
	filterAnd        = context0 + constructed + 0
	filterOr         = context0 + constructed + 1
	filterNot        = context0 + constructed + 2
	filterEqual      = context0 + constructed + 3
	filterSubstrings = context0 + constructed + 4
	filterGreater    = context0 + constructed + 5
	filterLess       = context0 + constructed + 6
	filterPresent    = context0 + 7
	filterApprox     = context0 + constructed + 8
	filterExtensible = context0 + constructed + 9
)

// maxDepth is how deep the parts of a filter may be nested.
const maxDepth = 64

// parseFilter returns a filter from its text, RFC 4515.
func parseFilter(text string) (element, error) {
	filter, rest, err := takeFilter(text, 0)
	if err == nil && rest != "" {
		err = fmt.Errorf("%q is behind its end", rest)
	}
	if err != nil {
		return nil, fmt.Errorf("request must be a filter such as (objectClass=person): %w", err)
	}
	return filter, nil
}

// takeFilter returns the filter that text begins with, and the rest.
func takeFilter(text string, depth int) (filter element, rest string, err error) {
	if depth > maxDepth {
		return nil, "", errors.New("too many parentheses")
	}
	text, ok := strings.CutPrefix(text, "(")
	if !ok || text == "" {
		return nil, "", fmt.Errorf("there is no ( at %q", text)
	}
	switch text[0] {
	case '&':
		filter, rest, err = takeFilters(filterAnd, text[1:], depth)
	case '|':
		filter, rest, err = takeFilters(filterOr, text[1:], depth)
	case '!':
		if filter, rest, err = takeFilter(text[1:], depth+1); err == nil {
			filter = newElement(filterNot, filter)
		}
	default:
		end := strings.IndexAny(text, "()")
		if end < 0 {
			return nil, "", errors.New("there is no )")
		}
		rest = text[end:]
		filter, err = parseItem(text[:end])
	}
	if err != nil {
		return nil, "", err
	}
	if rest, ok = strings.CutPrefix(rest, ")"); !ok {
		return nil, "", fmt.Errorf("there is no ) at %q", rest)
	}
	return filter, rest, nil
}

// takeFilters returns a filter of all the filters that text begins with.
func takeFilters(tag byte, text string, depth int) (filter element, rest string, err error) {
	var parts []element
	for strings.HasPrefix(text, "(") {
		var part element
		if part, text, err = takeFilter(text, depth+1); err != nil {
			return nil, "", err
		}
		parts = append(parts, part)
	}
	return newElement(tag, parts...), text, nil
}

// parseItem returns a filter for one attribute: name, operator, value.
func parseItem(text string) (element, error) {
	left, value, ok := strings.Cut(text, "=")
	if !ok {
		return nil, fmt.Errorf("there is no = in %q", text)
	}
	name := strings.TrimRight(left, "<>~:")
	operator := left[len(name):]
	if operator == ":" {
		return parseExtensible(name, value)
	}
	tags := map[string]byte{"": filterEqual, ">": filterGreater, "<": filterLess, "~": filterApprox}
	tag, known := tags[operator]
	if !known || !isAttribute(name) {
		return nil, fmt.Errorf("%q is no attribute and operator", left+"=")
	}
	switch {
	case tag == filterEqual && value == "*":
		return newString(filterPresent, name), nil
	case tag == filterEqual && strings.Contains(value, "*"):
		return parseSubstrings(name, value)
	}
	plain, err := unescape(value)
	if err != nil {
		return nil, err
	}
	return newElement(tag, newString(tagString, name), newString(tagString, plain)), nil
}

// isAttribute reports whether name can be of an attribute, with options.
func isAttribute(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-.;", r)
	})
}

// parseSubstrings returns a filter for a value with asterisks.
func parseSubstrings(name, value string) (element, error) {
	const (
		initial = context0 + 0
		middle  = context0 + 1
		final   = context0 + 2
	)
	texts := strings.Split(value, "*")
	var parts []element
	for i, text := range texts {
		if text == "" {
			continue
		}
		plain, err := unescape(text)
		if err != nil {
			return nil, err
		}
		tag := byte(middle)
		switch i {
		case 0:
			tag = initial
		case len(texts) - 1:
			tag = final
		}
		parts = append(parts, newString(tag, plain))
	}
	if len(parts) == 0 {
		return nil, fmt.Errorf("%q matches everything: write a single *", value)
	}
	return newElement(filterSubstrings, newString(tagString, name), newElement(tagSequence, parts...)), nil
}

// parseExtensible returns a filter from name[:dn][:rule] and a value.
func parseExtensible(left, value string) (element, error) {
	const (
		rule   = context0 + 1
		kind   = context0 + 2
		match  = context0 + 3
		withDN = context0 + 4
	)
	words := strings.Split(left, ":")
	name, words := words[0], words[1:]
	dn := len(words) > 0 && strings.EqualFold(words[0], "dn")
	if dn {
		words = words[1:]
	}
	if len(words) > 1 || name == "" && len(words) == 0 || name != "" && !isAttribute(name) || len(words) == 1 && !isAttribute(words[0]) {
		return nil, fmt.Errorf("%q is no attribute and matching rule", left)
	}
	plain, err := unescape(value)
	if err != nil {
		return nil, err
	}
	var parts []element
	if len(words) == 1 {
		parts = append(parts, newString(rule, words[0]))
	}
	if name != "" {
		parts = append(parts, newString(kind, name))
	}
	parts = append(parts, newString(match, plain))
	if dn {
		parts = append(parts, newElement(withDN, element{0xff}))
	}
	return newElement(filterExtensible, parts...), nil
}

// unescape returns a value whose special characters are written as \ and two
// hexadecimal digits.
func unescape(value string) (string, error) {
	if strings.Contains(value, "*") {
		return "", fmt.Errorf(`%q has a *: write \2a`, value)
	}
	parts := strings.Split(value, `\`)
	var plain strings.Builder
	plain.WriteString(parts[0])
	for _, part := range parts[1:] {
		if len(part) < 2 {
			return "", fmt.Errorf(`%q has a \ without two hexadecimal digits`, value)
		}
		c, err := hex.DecodeString(part[:2])
		if err != nil {
			return "", fmt.Errorf(`%q has a \ without two hexadecimal digits`, value)
		}
		plain.Write(c)
		plain.WriteString(part[2:])
	}
	return plain.String(), nil
}
