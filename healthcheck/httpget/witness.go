package httpget

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"

	"github.com/ldirector/ldirector/healthcheck"
)

// A witness is a connection that remembers how it began and why it ended.
// Otherwise only the goroutine of net/http that reads it would know.
type witness struct {
	net.Conn

	mu    sync.Mutex // guards what follows
	begin []byte     // the first bytes that were read
	end   error      // of the first read that failed
}

func (w *witness) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	w.mu.Lock()
	defer w.mu.Unlock()
	if room := len("HTTP/1.") - len(w.begin); room > 0 {
		w.begin = append(w.begin, b[:min(n, room)]...)
	}
	if w.end == nil {
		w.end = err
	}
	return n, err
}

// explain returns an error of HTTP/2 in words for a status line.
func (w *witness) explain(ctx context.Context, err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	cause := errors.Join(err, w.end)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(cause, os.ErrDeadlineExceeded):
		return context.DeadlineExceeded
	case errors.Is(cause, healthcheck.ErrLocal):
		return cause
	case bytes.Equal(w.begin, []byte("HTTP/1.")):
		return errors.New("server does not speak HTTP/2, but HTTP/1.1")
	case errors.Is(cause, io.EOF), errors.Is(cause, io.ErrUnexpectedEOF):
		return errors.New("HTTP/2: the server closed the connection")
	case w.end != nil && !errors.Is(w.end, net.ErrClosed):
		return fmt.Errorf("HTTP/2: %w", w.end)
	default:
		return fmt.Errorf("HTTP/2: %.100s", strings.TrimPrefix(err.Error(), "http2: "))
	}
}
