package file

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"syscall"
)

// ErrRange matches the error of a number that is less than -2^31 or more than
// 2^31.
var ErrRange = errors.New("number out of range")

// maxContent is how much of a file is looked at.
const maxContent = 127

// Read returns the number at the beginning of a file. As keepalived does, it
// takes what strtol(3) with base 0 takes: after white space a sign and digits
// in decimal, with 0x hexadecimal, with 0 octal. Anything else, and nothing at
// all, is 0, and what follows the digits is left alone. If there is an error
// the number is 0 too.
//
// A writer that truncates the file and then writes lets others read 0 in
// between; one that renames a new file over it does not.
func Read(path string) (int64, error) {
	// Should it be a named pipe, O_NONBLOCK keeps it from waiting for a writer.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if !info.Mode().IsRegular() {
		return 0, fmt.Errorf("read %s: not a file", path)
	}
	content, err := io.ReadAll(io.LimitReader(f, maxContent))
	if err != nil {
		return 0, err
	}
	value, err := parse(content)
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", path, err)
	}
	return value, nil
}

// parse returns the number at the beginning of a text.
func parse(text []byte) (int64, error) {
	negative := false
	for len(text) > 0 && (text[0] == ' ' || text[0] >= '\t' && text[0] <= '\r') {
		text = text[1:]
	}
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		negative = text[0] == '-'
		text = text[1:]
	}
	base, text := baseOf(text)
	var value int64
	for _, c := range text {
		d := digit(c)
		if d >= base {
			break
		}
		if value = value*base + d; value > math.MaxInt32+1 {
			return 0, ErrRange
		}
	}
	if negative {
		value = -value
	}
	return value, nil
}

// baseOf returns the base that the prefix of a number asks for, and its digits.
func baseOf(text []byte) (base int64, digits []byte) {
	switch {
	case len(text) >= 3 && text[0] == '0' && text[1]|0x20 == 'x' && digit(text[2]) < 16:
		return 16, text[2:]
	case len(text) > 0 && text[0] == '0':
		return 8, text
	default:
		return 10, text
	}
}

// digit returns the value of a digit; no digit is more than any base.
func digit(c byte) int64 {
	switch {
	case c >= '0' && c <= '9':
		return int64(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int64(c|0x20-'a') + 10
	default:
		return math.MaxInt64
	}
}
