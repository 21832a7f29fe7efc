package script

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"unicode"
)

// maxLine is how much of a line is kept.
const maxLine = 500

// Output is what a program writes. Of this it keeps the first and the last
// line with text in them.
type Output struct {
	pipe *os.File
	done chan struct{}

	mu    sync.Mutex
	line  []byte // the one being written
	first []byte // the first complete one
	last  []byte // the last complete one
}

func newOutput(pipe *os.File) *Output {
	return &Output{pipe: pipe, done: make(chan struct{})}
}

// Collect reads until nobody can write any more, max bytes have come or ctx is
// done. Those who write later get SIGPIPE. It reports whether it was max that
// ended it.
func (o *Output) Collect(ctx context.Context, max int64) (flooded bool) {
	defer close(o.done)
	stop := context.AfterFunc(ctx, func() { _ = o.pipe.Close() })
	n, _ := io.CopyN(o, o.pipe, max) // the end, or an error because ctx is done
	stop()
	_ = o.pipe.Close()
	return n == max
}

// Done is closed when Collect has ended.
func (o *Output) Done() <-chan struct{} { return o.done }

// Write takes any number of lines and never fails.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for rest := p; len(rest) > 0; {
		text, after, complete := bytes.Cut(rest, []byte("\n"))
		rest = after
		room := maxLine - len(o.line)
		o.line = append(o.line, text[:min(room, len(text))]...)
		if !complete {
			break
		}
		if len(bytes.TrimSpace(o.line)) > 0 {
			o.last = append(o.last[:0], o.line...)
			if o.first == nil {
				o.first = bytes.Clone(o.line)
			}
		}
		o.line = o.line[:0]
	}
	return len(p), nil
}

// First returns the first line with text in it, as Last returns the last.
func (o *Output) First() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.first == nil {
		return printable(o.line)
	}
	return printable(o.first)
}

// Last returns the last line with text in it, cut at 500 bytes, without
// surrounding space, and with U+FFFD for what cannot be printed.
func (o *Output) Last() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(bytes.TrimSpace(o.line)) == 0 {
		return printable(o.last)
	}
	return printable(o.line)
}

// printable makes a line fit for a log or a status line.
func printable(line []byte) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsPrint(r):
			return r
		}
		return unicode.ReplacementChar
	}, string(bytes.TrimSpace(line)))
}
