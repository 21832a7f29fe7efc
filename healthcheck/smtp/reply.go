package smtp

import (
	"fmt"
	"strings"

	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
)

// The codes that are good.
const (
	ready     = 220
	completed = 250
	closing   = 421 // RFC 5321, section 3.8
)

// maxLines bounds the lines of a reply.
const maxLines = 100

// A reply is what the server says to a command, or as its greeting.
type reply struct {
	code     int
	text     string // of its first line
	startTLS bool   // a line by itself says STARTTLS
}

// refused reports whether the server does not know, or not like, EHLO but goes
// on: RFC 5321, section 3.2.
func (r reply) refused() bool { return r.code >= 400 && r.code != closing }

// ask sends a command and returns the reply.
func ask(c *dialog.Conn, command string) (reply, error) {
	if err := c.Send(command + "\r\n"); err != nil {
		return reply{}, err
	}
	return read(c)
}

// read returns the next reply.
func read(c *dialog.Conn) (reply, error) {
	var r reply
	for n := range maxLines {
		line, err := c.Line()
		if err != nil {
			return reply{}, err
		}
		code, text, last, ok := parse(line)
		switch {
		case !ok:
			return reply{}, c.Unexpected("no SMTP reply", line)
		case n == 0:
			r.code, r.text = code, text
		case code != r.code:
			return reply{}, c.Unexpected(fmt.Sprintf("reply with code %d goes on", r.code), line)
		}
		if n > 0 && strings.EqualFold(strings.TrimRight(text, " \t"), "STARTTLS") {
			r.startTLS = true
		}
		if last {
			return r, nil
		}
	}
	return reply{}, fmt.Errorf("reply has more than %d lines", maxLines)
}

// parse reads a line of a reply: RFC 5321, section 4.2.1. A code alone is a
// reply too, as section 4.2 asks of clients.
func parse(line string) (code int, text string, last, ok bool) {
	if len(line) < 3 || line[0] < '2' || line[0] > '5' {
		return 0, "", false, false
	}
	for i := range 3 {
		if line[i] < '0' || line[i] > '9' {
			return 0, "", false, false
		}
		code = 10*code + int(line[i]-'0')
	}
	switch {
	case len(line) == 3:
		return code, "", true, true
	case line[3] == ' ', line[3] == '-':
		return code, line[4:], line[3] == ' ', true
	default:
		return 0, "", false, false
	}
}

// want returns what is wrong with the reply to a command.
func want(c *dialog.Conn, command string, r reply, err error, code int) error {
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", command, err)
	case r.code != code:
		return c.Unexpected(command, strings.TrimSpace(fmt.Sprintf("%d %s", r.code, r.text)))
	default:
		return nil
	}
}
