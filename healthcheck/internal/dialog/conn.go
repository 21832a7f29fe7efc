// Package dialog talks with servers that may be hostile, for the probes that
// speak a protocol of their own. It bounds what is read, never shows a
// password, and makes what a server says fit for a status line.
package dialog

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
)

const (
	maxRead = 1 << 20 // bytes of a whole conversation
	maxLine = 4096    // bytes of a line
	grace   = 250 * time.Millisecond
)

// errClosed is the answer of a server that ends the conversation early.
var errClosed = errors.New("server closed the connection")

// A Conn is a conversation. The deadline is that of the connection.
type Conn struct {
	// Warning is what the certificate of the server gives reason to say.
	Warning string

	conn    net.Conn
	reader  *bufio.Reader
	left    int       // bytes that may still be read
	end     time.Time // of ctx; zero for none
	broken  bool      // a read or write has failed
	secrets []string
}

// New returns a conversation over conn, which has the deadline of ctx. What the
// server says is shown without the secrets.
func New(ctx context.Context, conn net.Conn, secrets ...string) *Conn {
	c := &Conn{conn: conn, left: maxRead, secrets: secrets}
	c.end, _ = ctx.Deadline()
	c.reader = bufio.NewReaderSize(bounded{c}, maxLine)
	return c
}

// Secure speaks TLS from now on. What the server said before must have been
// read: the rest could come from somebody who wants it to count as encrypted.
func (c *Conn) Secure(ctx context.Context, s Security, t healthcheck.Target) error {
	if n := c.reader.Buffered(); n > 0 {
		return fmt.Errorf("server sent %d bytes before the TLS handshake", n)
	}
	tlsConn, warning, err := s.client.Handshake(ctx, c.conn, t)
	if err != nil {
		return err
	}
	c.conn, c.Warning = tlsConn, warning
	return nil
}

// Send sends text.
func (c *Conn) Send(text string) error {
	_, err := io.WriteString(c.conn, text)
	return c.explain(err)
}

// Line returns the next line without its end, CR LF or LF.
func (c *Conn) Line() (string, error) {
	line, err := c.reader.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		c.broken = true
		return "", fmt.Errorf("server sent a line of more than %d bytes", maxLine)
	}
	if err != nil {
		return "", c.explain(err)
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r"), nil
}

// Bytes returns the next n bytes. It takes memory for those that arrive, not
// for those that a server promises.
func (c *Conn) Bytes(n int) ([]byte, error) {
	var b bytes.Buffer
	if _, err := io.CopyN(&b, c.reader, int64(n)); err != nil {
		return nil, c.explain(err)
	}
	return b.Bytes(), nil
}

// All returns what the server sends until it closes the connection.
func (c *Conn) All() ([]byte, error) {
	b, err := io.ReadAll(c.reader)
	return b, c.explain(err)
}

// Finish tells a server that speaks TLS that nothing more will be said: some
// wait for it before they go on elsewhere.
func (c *Conn) Finish() error {
	if tlsConn, ok := c.conn.(*tls.Conn); ok {
		return c.explain(tlsConn.CloseWrite())
	}
	return nil
}

// Leave says farewell and waits a moment for the server to close: a server
// that sees a reset in place of the end that its protocol wants may log it, or
// count it against this host. Nothing that happens here matters to the probe,
// and nothing does if the conversation is broken already.
func (c *Conn) Leave(farewell string) {
	wait := grace
	if !c.end.IsZero() {
		wait = min(wait, time.Until(c.end)/2)
	}
	if c.broken || c.conn.SetDeadline(time.Now().Add(wait)) != nil || c.Send(farewell) != nil {
		return
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(c.reader, maxLine)) // see above
}

// bounded reads from the connection of a Conn, but not too much.
type bounded struct{ c *Conn }

func (b bounded) Read(p []byte) (int, error) {
	if b.c.left <= 0 {
		return 0, errTooMuch()
	}
	n, err := b.c.conn.Read(p[:min(len(p), b.c.left)])
	b.c.left -= n
	return n, err
}

func errTooMuch() error {
	return fmt.Errorf("server sent more than %d KiB", maxRead>>10)
}

// explain is explain, and takes note of an error.
func (c *Conn) explain(err error) error {
	if err != nil {
		c.broken = true
	}
	return explain(err)
}

// explain returns the error of a read or write in words for a status line.
func explain(err error) error {
	var op *net.OpError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errClosed
	case errors.As(err, &op):
		return op.Err
	default:
		return err
	}
}
