package pgsql

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"

	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
)

// A session is a connection on which messages are exchanged:
//
//	 0       1                               5
//	+-------+-------------------------------+---------
//	| type  | length of itself and the rest | rest
//	+-------+-------------------------------+---------
//
// Numbers are big endian. The very first message has no type.
type session struct{ *dialog.Conn }

// Types of messages from the server that have an effect. All others, such as
// notices, are passed over.
const (
	authMessage     = 'R'
	errorMessage    = 'E'
	readyMessage    = 'Z'
	rowMessage      = 'D'
	completeMessage = 'C'
	emptyMessage    = 'I' // the query is empty
	copyInMessage   = 'G' // the server wants data
	copyOutMessage  = 'H' // the server sends data
)

// errMalformed is the error of a message that is none of PostgreSQL.
var errMalformed = errors.New("malformed message of PostgreSQL")

// read returns the next message.
func (s *session) read() (kind byte, body []byte, err error) {
	header, err := s.Bytes(5)
	if err != nil {
		return 0, nil, err
	}
	length := binary.BigEndian.Uint32(header[1:])
	if length < 4 || length > 1<<30 {
		return 0, nil, errMalformed
	}
	body, err = s.Bytes(int(length) - 4)
	return header[0], body, err
}

// write sends a message.
func (s *session) write(kind byte, body string) error {
	b := binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(body)+4))
	return s.Send(string(b) + body)
}

// start says who connects to which database, in the first message.
func (s *session) start(role, database string) error {
	const version = 3 << 16
	body := "user\x00" + role + "\x00"
	if database != "" {
		body += "database\x00" + database + "\x00"
	}
	body += "application_name\x00ldirector\x00\x00"
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)+8))
	b = binary.BigEndian.AppendUint32(b, version)
	return s.Send(string(b) + body)
}

// leave ends the session.
func (s *session) leave() { s.Leave("X\x00\x00\x00\x04") }

// A serverError is an answer by which the server refuses something.
type serverError struct {
	code string // SQLSTATE
	text string
}

func (e *serverError) Error() string { return "ERROR " + e.code + ": " + e.text }

// role reports whether the error is about the role or its database, not about
// the server.
func (e *serverError) role() bool {
	const (
		invalidAuthorization = "28" // a class: no such role, not from this host
		noDatabase           = "3D000"
	)
	return len(e.code) == 5 && (strings.HasPrefix(e.code, invalidAuthorization) || e.code == noDatabase)
}

// refusal returns the error in the body of an error message: fields, each with
// a letter and text.
func (s *session) refusal(body []byte) error {
	var code, text string
	for field := range bytes.SplitSeq(body, []byte{0}) {
		if len(field) == 0 {
			continue
		}
		switch value := string(field[1:]); field[0] {
		case 'C':
			code = value
		case 'M':
			text = value
		}
	}
	if code == "" {
		return errMalformed
	}
	return &serverError{s.Said(code), s.Said(text)}
}
