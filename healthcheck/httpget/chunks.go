package httpget

import (
	"errors"
	"fmt"
)

// A chunks follows a chunked body: RFC 9112, section 7.1. It takes the body in
// any pieces and knows where it ends.
type chunks struct {
	state  chunkState
	digits int   // of the size of the chunk
	left   int64 // bytes of the chunk that have not come yet
}

// A chunkState is what comes next.
type chunkState uint8

const (
	inSize      chunkState = iota // the size of a chunk
	inExtension                   // what follows the size in its line
	inData
	afterData   // the end of the line after the data
	startOfLine // of the trailer
	inTrailer
	atEnd
)

var errChunks = errors.New("chunked body is broken")

// next looks at the first bytes of b, which is not empty. It returns how many
// of them belong together, and whether they are content.
func (c *chunks) next(b []byte) (n int, content bool, err error) {
	if c.state == inData {
		n = int(min(int64(len(b)), c.left))
		c.left -= int64(n)
		if c.left == 0 {
			c.state = afterData
		}
		return n, true, nil
	}
	for n < len(b) && c.state != inData && c.state != atEnd {
		if err := c.frame(b[n]); err != nil {
			return n, false, err
		}
		n++
	}
	return n, false, nil
}

// frame takes a byte that is no content.
func (c *chunks) frame(b byte) error {
	switch c.state {
	case inSize:
		return c.size(b)
	case inExtension:
		if b == '\n' {
			c.endSize()
		}
	case afterData:
		switch b {
		case '\n':
			c.state, c.digits = inSize, 0
		case '\r':
		default:
			return fmt.Errorf("%w: %q follows a chunk", errChunks, b)
		}
	case startOfLine:
		switch b {
		case '\n':
			c.state = atEnd
		case '\r':
		default:
			c.state = inTrailer
		}
	case inTrailer:
		if b == '\n' {
			c.state = startOfLine
		}
	case inData, atEnd: // next does not ask
	}
	return nil
}

// size takes a byte of the line with the size of a chunk.
func (c *chunks) size(b byte) error {
	digit := int64(-1)
	switch {
	case b >= '0' && b <= '9':
		digit = int64(b - '0')
	case b|0x20 >= 'a' && b|0x20 <= 'f':
		digit = int64(b|0x20-'a') + 10
	}
	switch {
	case digit >= 0 && c.digits < 15:
		c.left = c.left<<4 | digit
		c.digits++
	case digit >= 0 || c.digits == 0:
		return fmt.Errorf("%w: no size of a chunk", errChunks)
	case b == '\n':
		c.endSize()
	default:
		c.state = inExtension
	}
	return nil
}

// endSize ends the line with the size of a chunk.
func (c *chunks) endSize() {
	c.state = inData
	if c.left == 0 {
		c.state = startOfLine // the last chunk has no data
	}
}
