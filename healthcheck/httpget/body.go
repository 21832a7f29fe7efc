package httpget

import (
	"errors"
	"fmt"
	"hash"
	"io"
)

// A body takes the body of an answer as it comes.
type body struct {
	limit   int64       // bytes that are read
	hashes  []hash.Hash // of the digests that are asked for
	keep    bool        // whether the content is asked for
	content []byte      // the content so far, if it is

	taken  int64 // bytes that came
	cut    int64 // hashes take no more bytes than this; -1 for all
	beyond bool  // there is more than limit
}

// reset begins another body.
func (s *body) reset() {
	for _, h := range s.hashes {
		h.Reset()
	}
	s.content = s.content[:0]
	s.taken, s.cut, s.beyond = 0, -1, false
}

// raw takes bytes as they came over the wire, and returns how many of them it
// did before the limit.
func (s *body) raw(b []byte) int {
	if room := s.limit - s.taken; int64(len(b)) > room {
		b, s.beyond = b[:room], true
	}
	hashed := b
	if s.cut >= 0 {
		hashed = b[:min(int64(len(b)), max(0, s.cut-s.taken))]
	}
	for _, h := range s.hashes {
		_, _ = h.Write(hashed) // a hash has no errors
	}
	s.taken += int64(len(b))
	return len(b)
}

// text takes content.
func (s *body) text(b []byte) {
	if s.keep {
		s.content = append(s.content, b...)
	}
}

// read takes the body that follows the header h, until it ends or the limit is
// reached. warning says that it ended too early.
func (s *body) read(r *reader, h head) (warning string, err error) {
	s.cut = h.length
	if h.chunked {
		return s.readChunks(r)
	}
	for h.length < 0 || s.taken < h.length {
		if len(r.rest()) == 0 {
			err := r.fill()
			switch {
			case errors.Is(err, io.EOF) && h.length > 0:
				return fmt.Sprintf("body ended after %d of %d bytes", s.taken, h.length), nil
			case errors.Is(err, io.EOF):
				return "", nil
			case err != nil:
				return "", fmt.Errorf("read body: %w", err)
			}
		}
		piece := r.rest()
		if h.length >= 0 {
			piece = piece[:min(int64(len(piece)), h.length-s.taken)]
		}
		n := s.raw(piece)
		s.text(piece[:n])
		r.take(n)
		if s.beyond {
			return "", nil
		}
	}
	return "", nil
}

// readChunks is read for a chunked body.
func (s *body) readChunks(r *reader) (warning string, err error) {
	for c := (chunks{}); c.state != atEnd; {
		if len(r.rest()) == 0 {
			switch err := r.fill(); {
			case errors.Is(err, io.EOF):
				return "chunked body has no end", nil
			case err != nil:
				return "", fmt.Errorf("read body: %w", err)
			}
		}
		n, content, err := c.next(r.rest())
		if err != nil {
			return "", err
		}
		piece := r.rest()[:n]
		n = s.raw(piece)
		if content {
			s.text(piece[:n])
		}
		r.take(n)
		if s.beyond {
			return "", nil
		}
	}
	return "", nil
}
