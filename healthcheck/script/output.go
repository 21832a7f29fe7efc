package notify

import (
	"bytes"
	"strings"
	"sync"
)

// maxLine is how much of a line is kept.
const maxLine = 500

// lastLine is a writer that keeps the last line with text in it.
type lastLine struct {
	mu   sync.Mutex
	line []byte // the one being written
	last []byte // the last complete one
}

// Write takes any number of lines and never fails.
func (l *lastLine) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for rest := p; len(rest) > 0; {
		text, after, complete := bytes.Cut(rest, []byte("\n"))
		rest = after
		room := maxLine - len(l.line)
		l.line = append(l.line, text[:min(room, len(text))]...)
		if !complete {
			break
		}
		if len(bytes.TrimSpace(l.line)) > 0 {
			l.last = append(l.last[:0], l.line...)
		}
		l.line = l.line[:0]
	}
	return len(p), nil
}

// String returns the line without surrounding space, cut at maxLine bytes.
func (l *lastLine) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	line := bytes.TrimSpace(l.line)
	if len(line) == 0 {
		line = bytes.TrimSpace(l.last)
	}
	return strings.ToValidUTF8(string(line), "\uFFFD")
}
