package healthcheck

import "fmt"

// nextOctet takes the first octet of pattern, in the grammar of keepalived's
// hexadecimal strings: two digits are an octet and so is one digit before a
// blank or the end, and X stands for any digit. free has the bits of value that
// may be anything. There is no octet if ok is false: rest is then empty, or
// begins with what is no digit.
func nextOctet(pattern string) (value, free byte, rest string, ok bool) {
	rest = skipBlanks(pattern)
	for n := 0; n < 2 && rest != "" && !isBlank(rest[0]); n++ {
		v, f, isDigit := nibble(rest[0])
		if !isDigit {
			return 0, 0, rest, false
		}
		value, free = value<<4|v, free<<4|f
		rest, ok = rest[1:], true
	}
	return value, free, rest, ok
}

// nibble returns the value of a hexadecimal digit, or that it may be anything.
func nibble(c byte) (value, free byte, ok bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', 0, true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, 0, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, 0, true
	case c == 'x' || c == 'X':
		return 0, 0xf, true
	default:
		return 0, 0, false
	}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// skipBlanks returns s from its first character that is no blank.
func skipBlanks(s string) string {
	for s != "" && isBlank(s[0]) {
		s = s[1:]
	}
	return s
}

// validPattern returns what is wrong with pattern, which has at least one octet.
func validPattern(pattern string) error {
	rest, octets := pattern, 0
	for {
		_, _, after, ok := nextOctet(rest)
		if !ok {
			rest = after
			break
		}
		rest = after
		octets++
	}
	switch {
	case rest != "":
		return fmt.Errorf("%q at position %d is no hexadecimal digit, nor X for any digit", rest[0], len(pattern)-len(rest)+1)
	case octets == 0:
		return fmt.Errorf("no octets in %q", pattern)
	default:
		return nil
	}
}

// matches reports whether reply begins with pattern; "" is no pattern, and all
// replies do. As in keepalived, one that is shorter need only match as far as
// it goes.
func matches(pattern string, reply []byte) bool {
	for _, got := range reply {
		value, free, rest, ok := nextOctet(pattern)
		if !ok {
			return rest == ""
		}
		if (got^value)&^free != 0 {
			return false
		}
		pattern = rest
	}
	return true
}
