package mailbox

import (
	"fmt"
	"strings"

	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
)

// An imap is a session of RFC 3501.
type imap struct {
	*dialog.Conn
	commands int // that were sent
}

func (s *imap) greeting() error {
	line, err := s.Line()
	if err != nil {
		return err
	}
	switch word, _ := cut(strings.TrimPrefix(line, "* ")); {
	case strings.HasPrefix(line, "* ") && (word == "OK" || word == "PREAUTH"):
		return nil
	default:
		return s.Unexpected("greeting", line)
	}
}

func (s *imap) startTLS() error { return s.command("STARTTLS", "STARTTLS\r\n") }

func (s *imap) login(name, password string) error {
	return s.command("login", arguments("LOGIN", name, password)...)
}

func (s *imap) leave() { s.Leave(s.tag() + " LOGOUT\r\n") }

// tag begins a command, and tells its answer from those before.
func (s *imap) tag() string {
	s.commands++
	return fmt.Sprintf("a%d", s.commands)
}

// command sends the parts of a command, each but the first when the server is
// ready for it, and returns nil if the answer is OK.
func (s *imap) command(what string, parts ...string) error {
	tag := s.tag()
	parts[0] = tag + " " + parts[0]
	for len(parts) > 0 {
		if err := s.Send(parts[0]); err != nil {
			return err
		}
		parts = parts[1:]
		answer, err := s.answer(tag)
		if err != nil {
			return err
		}
		word, _ := cut(answer)
		switch {
		case word == "+" && len(parts) > 0: // go on
		case word == "OK" && len(parts) == 0:
			return nil
		default:
			return s.Unexpected(what, answer)
		}
	}
	return nil
}

// answer returns the answer to the command with this tag, or the line by which
// the server says that it is ready for more or ends the session.
func (s *imap) answer(tag string) (string, error) {
	for {
		line, err := s.Line()
		if err != nil {
			return "", err
		}
		switch first, rest := cut(line); {
		case first == strings.ToUpper(tag):
			return rest, nil
		case first == "+":
			return line, nil
		case first == "*":
			if word, _ := cut(rest); word == "BYE" {
				return rest, nil
			}
		default:
			return "", s.Unexpected("no answer of IMAP", line)
		}
	}
}

// arguments returns a command with two arguments in the parts that have to be
// sent. An argument that cannot be quoted is a literal (RFC 3501, section 4.3),
// for which the server has to be ready.
func arguments(command string, args ...string) []string {
	parts := []string{command}
	for _, arg := range args {
		last := &parts[len(parts)-1]
		if quotable(arg) {
			*last += " " + quoted(arg)
			continue
		}
		*last += fmt.Sprintf(" {%d}\r\n", len(arg))
		parts = append(parts, arg)
	}
	parts[len(parts)-1] += "\r\n"
	return parts
}

func quotable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// quoted returns s as a quoted string, RFC 3501, section 4.3.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// cut returns the first word of a line in capitals, and what follows it.
func cut(line string) (word, rest string) {
	word, rest, _ = strings.Cut(line, " ")
	return strings.ToUpper(word), rest
}
