package redis

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
)

// maxBulk is how long an answer may be.
const maxBulk = 1024

// ask sends a command and returns the answer; of an array, which may not be
// read to its end, the first element. An error answer is an error.
func ask(c *dialog.Conn, command ...string) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(command))
	for _, word := range command {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(word), word)
	}
	if err := c.Send(b.String()); err != nil {
		return "", err
	}
	return answer(c)
}

// answer reads an answer: +text, -error, :number, $length text, *count answers.
func answer(c *dialog.Conn) (string, error) {
	line, err := c.Line()
	if err != nil {
		return "", err
	}
	if n, ok := strings.CutPrefix(line, "*"); ok {
		if count, err := strconv.Atoi(n); err != nil || count < 1 {
			return "", c.Unexpected("no answer of Redis", line)
		}
		if line, err = c.Line(); err != nil {
			return "", err
		}
	}
	if line == "" {
		return "", c.Unexpected("no answer of Redis", line)
	}
	switch kind, text := line[0], line[1:]; kind {
	case '+', ':':
		return text, nil
	case '-':
		return "", errors.New(c.Said(text))
	case '$':
		return bulk(c, line)
	default:
		return "", c.Unexpected("no answer of Redis", line)
	}
}

// bulk reads the rest of an answer that began with its length.
func bulk(c *dialog.Conn, line string) (string, error) {
	n, err := strconv.Atoi(line[1:])
	if err != nil || n < 0 || n > maxBulk {
		return "", c.Unexpected("no answer of Redis", line)
	}
	b, err := c.Bytes(n + len("\r\n"))
	if err != nil {
		return "", err
	}
	return string(b[:n]), nil
}
