package grpc

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
)

// Bounds of what a server may send. They are below the windows of flow control,
// which so need no care.
const (
	maxMessage = 4 << 10
	maxRead    = 64 << 10
	maxFrames  = 200
)

var errMuch = errors.New("the server sends more than a health check needs")

// A response is what the server has answered.
type response struct {
	begun   bool // there was a header
	status  string
	content string // type

	grpcStatus  string
	grpcMessage string
	message     []byte // with its length
}

// call sends the request and returns the response.
func call(conn net.Conn, r request) (*response, error) {
	if _, err := conn.Write(r.encode(time.Now())); err != nil {
		return nil, cause(err)
	}
	return newCaller(conn, conn).listen()
}

// A caller reads the frames of a call and answers those that want it.
type caller struct {
	framer   *http2.Framer
	response response
}

func newCaller(w io.Writer, r io.Reader) *caller {
	framer := http2.NewFramer(w, bufio.NewReaderSize(&bounded{r, maxRead}, 1024))
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	framer.MaxHeaderListSize = maxHeaderList
	framer.SetMaxReadFrameSize(16 << 10) // the least that there is, which no setting of ours raised
	framer.SetReuseFrames()
	return &caller{framer: framer}
}

// listen takes frames until the response has ended.
func (c *caller) listen() (*response, error) {
	for n := range maxFrames {
		frame, err := c.framer.ReadFrame()
		if err != nil {
			return nil, c.explain(err, n == 0)
		}
		if _, ok := frame.(*http2.SettingsFrame); n == 0 && !ok {
			return nil, errors.New("the server does not speak HTTP/2")
		}
		ended, err := c.take(frame)
		if err != nil {
			return nil, err
		}
		if ended {
			return &c.response, nil
		}
	}
	return nil, errMuch
}

// take acts on a frame, and reports whether it ends the response.
func (c *caller) take(frame http2.Frame) (ended bool, err error) {
	switch f := frame.(type) {
	case *http2.SettingsFrame:
		if !f.IsAck() {
			err = cause(c.framer.WriteSettingsAck())
		}
	case *http2.PingFrame:
		if !f.IsAck() {
			err = cause(c.framer.WritePing(true, f.Data))
		}
	case *http2.GoAwayFrame:
		if f.LastStreamID < stream {
			err = fmt.Errorf("the server does not take the call: %v%s", f.ErrCode, because(string(f.DebugData())))
		}
	case *http2.RSTStreamFrame:
		if f.StreamID == stream {
			err = fmt.Errorf("the server broke the call off: %v", f.ErrCode)
		}
	case *http2.PushPromiseFrame:
		err = errors.New("the server pushes, although that is off")
	case *http2.MetaHeadersFrame:
		if f.StreamID == stream {
			ended, err = f.StreamEnded(), c.response.header(f)
		}
	case *http2.DataFrame:
		if f.StreamID == stream {
			ended, err = f.StreamEnded(), c.response.data(f.Data())
		}
	}
	return ended, err
}

// header takes a header or a trailer. Of one before the real header, which has
// a status of 1xx, nothing stays.
func (r *response) header(f *http2.MetaHeadersFrame) error {
	if f.Truncated {
		return errMuch
	}
	status := f.PseudoValue("status")
	switch {
	case status == "" && !r.begun:
		return errors.New("the server answers without an HTTP status")
	case strings.HasPrefix(status, "1") && !f.StreamEnded():
		return nil
	case status != "":
		r.begun, r.status = true, status
	}
	for _, field := range f.RegularFields() {
		switch field.Name {
		case "content-type":
			r.content = field.Value
		case "grpc-status":
			r.grpcStatus = field.Value
		case "grpc-message":
			r.grpcMessage = field.Value
		}
	}
	return nil
}

// data takes a part of the message.
func (r *response) data(b []byte) error {
	if len(r.message)+len(b) > maxMessage {
		return errMuch
	}
	r.message = append(r.message, b...)
	return nil
}

// explain returns an error of reading a frame in words for a status line.
func (c *caller) explain(err error, first bool) error {
	_, ofStream := errors.AsType[http2.StreamError](err)
	code, ofConnection := errors.AsType[http2.ConnectionError](err)
	switch {
	case errors.Is(err, errMuch):
		return errMuch
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the server closed the connection without an answer")
	case first && (errors.Is(err, http2.ErrFrameTooLarge) || ofStream || ofConnection):
		return errors.New("the server does not speak HTTP/2")
	case errors.Is(err, http2.ErrFrameTooLarge):
		return errMuch
	case ofConnection:
		return fmt.Errorf("the server's HTTP/2 is broken: %v", http2.ErrCode(code))
	case ofStream:
		return errors.New("the server's HTTP/2 is broken: bad header field")
	default:
		return cause(err)
	}
}

// because returns the reason that the server gives.
func because(text string) string {
	if text == "" {
		return ""
	}
	return ": " + dialog.Clean(text)
}

// cause returns an error of a connection without what the connection was doing.
func cause(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	return err
}

// bounded reads so many bytes and no more.
type bounded struct {
	r    io.Reader
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errMuch
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
