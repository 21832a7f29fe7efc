package ldap

import (
	"encoding/binary"
	"errors"

	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
)

// An element is a piece of BER (ITU-T X.690) as LDAP restricts it (RFC 4511,
// section 5.1): a tag of one byte, a length, contents.
type element []byte

// Tags of elements.
const (
	tagBoolean    = 0x01
	tagInteger    = 0x02
	tagString     = 0x04
	tagEnumerated = 0x0a
	tagSequence   = 0x30

	application = 0x60 // plus the number of an operation with parts
	primitive   = 0x40 // plus the number of an operation without
	context0    = 0x80 // plus the number of a part; without parts of its own
	constructed = 0x20 // plus a tag: with parts
)

// errMalformed is the error of a message that is none of LDAP.
var errMalformed = errors.New("malformed message of LDAP")

// newElement returns an element with a tag and contents.
func newElement(tag byte, contents ...element) element {
	n := 0
	for _, c := range contents {
		n += len(c)
	}
	e := element{tag}
	if n < 0x80 {
		e = append(e, byte(n))
	} else {
		e = binary.BigEndian.AppendUint32(append(e, 0x84), uint32(n))
	}
	for _, c := range contents {
		e = append(e, c...)
	}
	return e
}

// newString returns an element with a text.
func newString(tag byte, text string) element { return newElement(tag, element(text)) }

// newNumber returns an element with a number from 0 to 127.
func newNumber(tag, n byte) element { return newElement(tag, element{n}) }

// next takes the first element from b.
func next(b []byte) (tag byte, contents, rest []byte, err error) {
	if len(b) < 2 {
		return 0, nil, nil, errMalformed
	}
	size, n, err := length(b[1], b[2:])
	if err != nil {
		return 0, nil, nil, err
	}
	b, tag = b[2+size:], b[0]
	if n > len(b) {
		return 0, nil, nil, errMalformed
	}
	return tag, b[:n], b[n:], nil
}

// expect takes the first element from b, which has this tag.
func expect(want byte, b []byte) (contents, rest []byte, err error) {
	tag, contents, rest, err := next(b)
	if err == nil && tag != want {
		err = errMalformed
	}
	return contents, rest, err
}

// length returns the length that begins with the byte first, and how many of the
// bytes behind it belong to it. Active Directory uses four where one would do.
func length(first byte, behind []byte) (size, n int, err error) {
	if first < 0x80 {
		return 0, int(first), nil
	}
	size = int(first & 0x7f)
	if size == 0 || size > 4 || size > len(behind) {
		return 0, 0, errMalformed
	}
	for _, b := range behind[:size] {
		n = n<<8 | int(b)
	}
	if n > 1<<30 {
		return 0, 0, errMalformed
	}
	return size, n, nil
}

// readElement returns the contents of the next element that the server sends,
// which has this tag.
func readElement(c *dialog.Conn, want byte) ([]byte, error) {
	head, err := c.Bytes(2)
	if err != nil {
		return nil, err
	}
	if head[0] != want {
		return nil, errMalformed
	}
	var behind []byte
	if head[1] > 0x80 && head[1] <= 0x84 {
		if behind, err = c.Bytes(int(head[1] & 0x7f)); err != nil {
			return nil, err
		}
	}
	_, n, err := length(head[1], behind)
	if err != nil {
		return nil, err
	}
	return c.Bytes(n)
}
