package httpget

import (
	"bytes"
	"errors"
	"io"
)

// A reader reads an answer from a connection, in a buffer of fixed size.
type reader struct {
	from       io.Reader
	start, end int // of what has been read and not been taken
	buf        [4096]byte
}

// reset begins to read another connection.
func (r *reader) reset(from io.Reader) { r.from, r.start, r.end = from, 0, 0 }

// rest returns what has been read and not been taken.
func (r *reader) rest() []byte { return r.buf[r.start:r.end] }

// take takes n bytes of the rest.
func (r *reader) take(n int) { r.start += n }

// fill reads more; the rest must be shorter than the buffer. It returns io.EOF
// at the end of the connection.
func (r *reader) fill() error {
	if r.start > 0 {
		r.end = copy(r.buf[:], r.rest())
		r.start = 0
	}
	n, err := r.from.Read(r.buf[r.end:])
	r.end += n
	switch {
	case n > 0:
		return nil // an error comes again
	case err == nil:
		return io.ErrNoProgress
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF): // the latter without a close_notify of TLS
		return io.EOF
	default:
		return err
	}
}

// line takes a line and its end, which is CR LF or LF, and returns it without.
// The next fill overwrites it. If the line is longer than the buffer, it takes
// and returns the beginning, and whole is false. After an error, line is what
// came before it.
func (r *reader) line() (line []byte, whole bool, err error) {
	for seen := 0; ; {
		if i := bytes.IndexByte(r.rest()[seen:], '\n'); i >= 0 {
			line = r.rest()[:seen+i]
			r.take(seen + i + 1)
			return bytes.TrimSuffix(line, []byte("\r")), true, nil
		}
		seen = len(r.rest())
		if seen < len(r.buf) {
			err = r.fill()
		}
		if err != nil || seen == len(r.buf) {
			line = r.rest()
			r.take(seen)
			return line, false, err
		}
	}
}
