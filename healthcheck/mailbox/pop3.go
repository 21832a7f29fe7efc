package mailbox

import (
	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
)

// A pop3 is a session of RFC 1939.
type pop3 struct{ *dialog.Conn }

func (s *pop3) greeting() error { return s.answer("greeting") }

func (s *pop3) startTLS() error { return s.command("STLS", "STLS") }

func (s *pop3) login(name, password string) error {
	if err := s.command("login", "USER "+name); err != nil {
		return err
	}
	return s.command("login", "PASS "+password)
}

func (s *pop3) leave() { s.Leave("QUIT\r\n") }

func (s *pop3) command(what, command string) error {
	if err := s.Send(command + "\r\n"); err != nil {
		return err
	}
	return s.answer(what)
}

// answer returns nil if the next line is a good answer.
func (s *pop3) answer(what string) error {
	line, err := s.Line()
	if err != nil {
		return err
	}
	if word, _ := cut(line); word != "+OK" {
		return s.Unexpected(what, line)
	}
	return nil
}
