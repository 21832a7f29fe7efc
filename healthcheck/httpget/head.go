package httpget

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxHead is how long the header of an answer, with those of interim answers,
// may be, give or take one buffer.
const maxHead = 1 << 16

// A head is what this package needs of the header of an answer.
type head struct {
	status   int
	length   int64 // Content-Length, -1 if there is none
	chunked  bool
	location string
	weight   string // of the header with the weight
	weighs   bool   // whether there is such a header
}

var (
	errNoAnswer = errors.New("connection closed without an answer")
	errCutHead  = errors.New("connection closed in the header")
	errLongHead = fmt.Errorf("header is longer than %d bytes", maxHead)
)

// readHead takes the header of the final answer. weight is the name of the
// header with the weight, "" if there is none.
func readHead(r *reader, weight string) (head, error) {
	for size := 0; ; {
		h, n, err := readOneHead(r, weight, size)
		if err != nil || !h.interim() {
			return h, err
		}
		size = n
	}
}

// interim reports whether another answer follows: RFC 9110, section 15.2.
// After 101 there is none in HTTP.
func (h *head) interim() bool { return h.status >= 100 && h.status <= 199 && h.status != 101 }

// empty reports whether the answer to a request with method has no body,
// whatever its header says: RFC 9112, section 6.3.
func (h *head) empty(method string) bool {
	return method == "HEAD" || h.status == 204 || h.status == 304 || h.status == 101
}

// readOneHead takes one header. size counts the bytes of those before it.
func readOneHead(r *reader, weight string, size int) (head, int, error) {
	h := head{length: -1}
	for first := true; ; first = false {
		line, whole, err := r.line()
		size += len(line) + len("\n")
		switch {
		case first && err != nil && size == len("\n"):
			return h, size, ended(err, errNoAnswer)
		case first:
			if h.status, err = parseStatusLine(line, err); err != nil {
				return h, size, err
			}
		case err != nil:
			return h, size, ended(err, errCutHead)
		case len(line) == 0 && whole:
			return h, size, nil
		default:
			h.field(line, weight)
		}
		for !whole && size <= maxHead { // the beginning of such a line is all that counts
			line, whole, err = r.line()
			size += len(line)
			if err != nil {
				return h, size, ended(err, errCutHead)
			}
		}
		if size > maxHead {
			return h, size, errLongHead
		}
	}
}

// ended returns what the end of a connection means, or another error as it is.
func ended(err, meaning error) error {
	if errors.Is(err, io.EOF) {
		return meaning
	}
	return err
}

// parseStatusLine returns the status of a status line: RFC 9112, section 4,
// where the reason may be missing with the space before it. readErr is the
// error that ended the line.
func parseStatusLine(line []byte, readErr error) (int, error) {
	version, rest, _ := bytes.Cut(line, []byte(" "))
	if !bytes.HasPrefix(version, []byte("HTTP/")) && !bytes.HasPrefix([]byte("HTTP/"), version) || len(line) == 0 {
		return 0, fmt.Errorf("answer is not HTTP: %.32q", line)
	}
	if readErr != nil {
		return 0, ended(readErr, errCutHead)
	}
	rest = bytes.TrimLeft(rest, " ")
	code, _, _ := bytes.Cut(rest, []byte(" "))
	status, err := strconv.Atoi(string(code))
	if err != nil || len(code) != 3 || status < 100 {
		return 0, fmt.Errorf("answer has no status code: %.32q", line)
	}
	return status, nil
}

// field notes what is of interest in the line of a field. A line that goes on
// with an earlier one (obs-fold, RFC 9112, section 5.2) has no name and says
// nothing.
func (h *head) field(line []byte, weight string) {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 {
		return
	}
	name, value := line[:colon], bytes.Trim(line[colon+1:], " \t")
	switch {
	case named(name, "Content-Length"):
		if n, err := strconv.ParseUint(string(value), 10, 63); err == nil && h.length < 0 {
			h.length = int64(n) // keepalived: the first one counts, and not if it is no number
		}
	case named(name, "Transfer-Encoding"):
		last := bytes.TrimLeft(value[bytes.LastIndexByte(value, ',')+1:], " \t")
		h.chunked = named(last, "chunked")
	case named(name, "Location"):
		h.location = string(value)
	}
	if weight != "" && named(name, weight) {
		h.weight, h.weighs = string(value), true
	}
}

// named reports whether a field has the name want.
func named(name []byte, want string) bool {
	return len(name) == len(want) && strings.EqualFold(string(name), want)
}
