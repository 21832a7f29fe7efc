package ftp

import (
	"slices"
	"strconv"
	"strings"

	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
)

// A session is a control connection.
type session struct{ *dialog.Conn }

// A reply is a code and the line that has it.
type reply struct {
	code int
	line string
}

// reply reads a reply. One of several lines begins with the code and a hyphen,
// and ends with a line that begins with the code and a space (RFC 959, section
// 4.2).
func (s *session) reply() (reply, error) {
	first, err := s.Line()
	if err != nil {
		return reply{}, err
	}
	code, ok := codeOf(first)
	if !ok {
		return reply{}, s.Unexpected("no reply of FTP", first)
	}
	last := first
	for strings.HasPrefix(first, first[:3]+"-") && !endOf(first[:3], last) {
		if last, err = s.Line(); err != nil {
			return reply{}, err
		}
	}
	return reply{code, last}, nil
}

// codeOf returns the code that a line begins with.
func codeOf(line string) (code int, ok bool) {
	if len(line) < 3 || len(line) > 3 && line[3] != ' ' && line[3] != '-' {
		return 0, false
	}
	code, err := strconv.Atoi(line[:3])
	return code, err == nil && code >= 100 && code < 600
}

// endOf reports whether line is the last of a reply with this code.
func endOf(code, line string) bool {
	return line == code || strings.HasPrefix(line, code+" ")
}

// expect reads a reply, which has one of the codes.
func (s *session) expect(what string, codes ...int) (reply, error) {
	r, err := s.reply()
	if err != nil {
		return reply{}, err
	}
	if !slices.Contains(codes, r.code) {
		return reply{}, s.Unexpected(what, r.line)
	}
	return r, nil
}

// command sends a command and reads the reply, which has one of the codes.
func (s *session) command(what, text string, codes ...int) (reply, error) {
	if err := s.Send(text + "\r\n"); err != nil {
		return reply{}, err
	}
	return s.expect(what, codes...)
}

// greeting reads the greeting. 120 says that it comes in a while.
func (s *session) greeting() error {
	r, err := s.expect("greeting", 220, 120)
	if err == nil && r.code == 120 {
		_, err = s.expect("greeting", 220)
	}
	return err
}

// login sends name and password, RFC 959, section 5.4.
func (s *session) login(name, password string) error {
	r, err := s.command("login", "USER "+name, 230, 331)
	if err != nil || r.code == 230 {
		return err
	}
	_, err = s.command("login", "PASS "+password, 230, 202)
	return err
}
