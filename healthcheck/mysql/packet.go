package mysql

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
)

// A session is a connection on which packets are counted:
//
//	 0                   3           4
//	+-------------------+-----------+---------
//	| length, 3 bytes   | sequence  | payload
//	+-------------------+-----------+---------
//
// Numbers are little endian.
type session struct {
	*dialog.Conn
	sequence byte // of the next packet
	secure   bool
}

// The bytes that the payload of an answer begins with.
const (
	okPacket     = 0x00
	morePacket   = 0x01 // in a login: data of the authentication method
	infilePacket = 0xfb // in an answer to a query: the server wants a file
	endPacket    = 0xfe // in rows; in a login: another authentication method
	errorPacket  = 0xff
)

// errMalformed is the error of a payload that is no answer of MySQL.
var errMalformed = errors.New("malformed packet of MySQL")

// read returns the payload of the next packet, which is not empty.
func (s *session) read() ([]byte, error) {
	header, err := s.Bytes(4)
	if err != nil {
		return nil, err
	}
	length := int(header[0]) | int(header[1])<<8 | int(header[2])<<16
	if length == 0 || length == 1<<24-1 || header[3] != s.sequence {
		return nil, errMalformed
	}
	s.sequence++
	return s.Bytes(length)
}

// write sends a packet.
func (s *session) write(payload []byte) error {
	n := len(payload)
	packet := append([]byte{byte(n), byte(n >> 8), byte(n >> 16), s.sequence}, payload...)
	s.sequence++
	return s.Send(string(packet))
}

// A serverError is an answer by which the server refuses something.
type serverError struct {
	code    uint16
	text    string
	account bool // is what the server refuses, not itself to everybody
}

func (e *serverError) Error() string { return fmt.Sprintf("ERROR %d: %s", e.code, e.text) }

// refusal returns the error in the payload of an error packet: a code, a state
// unless it comes in place of a greeting, a text.
func (s *session) refusal(payload []byte) error {
	f := fields{payload[1:], false}
	code := f.number(2)
	text := f.rest
	var state []byte
	if bytes.HasPrefix(text, []byte("#")) && len(text) >= 6 {
		state, text = text[1:6], text[6:]
	}
	if f.short {
		return errMalformed
	}
	const insecureTransport = 3159
	account := string(state) == "28000" || code == insecureTransport
	return &serverError{uint16(code), s.Said(string(text)), account}
}

// fields takes a payload apart. After short, what it returns has no meaning.
type fields struct {
	rest  []byte
	short bool // something was missing
}

// bytes returns the next n bytes.
func (f *fields) bytes(n int) []byte {
	if n > len(f.rest) {
		f.short = true
		return nil
	}
	b := f.rest[:n]
	f.rest = f.rest[n:]
	return b
}

// number returns the next n bytes, at most 8, as a number.
func (f *fields) number(n int) uint64 {
	var b [8]byte
	copy(b[:], f.bytes(n))
	return binary.LittleEndian.Uint64(b[:])
}

// text returns the bytes up to the next zero byte, which is left out.
func (f *fields) text() []byte {
	text, rest, ok := bytes.Cut(f.rest, []byte{0})
	f.rest, f.short = rest, f.short || !ok
	return text
}

// length returns a number of 1 to 9 bytes (length-encoded integer). null says
// that there is a null in place of it.
func (f *fields) length() (n uint64, null bool) {
	switch first := f.number(1); first {
	case 0xfb:
		return 0, true
	case 0xfc:
		return f.number(2), false
	case 0xfd:
		return f.number(3), false
	case 0xfe:
		return f.number(8), false
	default:
		f.short = f.short || first == 0xff
		return first, false
	}
}
