package exchange

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
)

// A target that sends byte by byte would have everything searched again for
// each of them: after so many reads, they have to be some time apart.
const (
	hastyReads = 100
	pause      = 10 * time.Millisecond
)

// await reads until something matches.
func (p *Probe) await(ctx context.Context, conn net.Conn) error {
	var answer answer
	for reads := 1; ; reads++ {
		if reads > hastyReads {
			if err := wait(ctx, pause); err != nil {
				return err
			}
		}
		n, err := conn.Read(answer.space())
		answer.got = answer.got[:len(answer.got)+n]
		if p.matches(&answer, errors.Is(err, io.EOF)) {
			return nil
		}
		if err != nil {
			return answer.ended(err)
		}
		if len(answer.got) == maxAnswer {
			return fmt.Errorf("answered %d KiB without a match: %q", maxAnswer>>10, dialog.Clean(string(answer.got[:1024])))
		}
	}
}

// An answer is what has arrived until now.
type answer struct {
	got      []byte
	searched int // bytes, in lines that do not match
}

// space returns where to read to. It doubles what there is, until there is
// enough.
func (a *answer) space() []byte {
	if n := len(a.got); n == cap(a.got) {
		got := make([]byte, n, max(1024, min(2*n, maxAnswer)))
		copy(got, a.got)
		a.got = got
	}
	return a.got[len(a.got):cap(a.got)]
}

// ended is the error of an answer after which err was read.
func (a *answer) ended(err error) error {
	switch {
	case !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return cause(err)
	case len(a.got) == 0:
		return errors.New("the server closed the connection without an answer")
	default:
		return fmt.Errorf("answered %q without a match", dialog.Clean(string(a.got[:min(len(a.got), 1024)])))
	}
}

// matches reports whether what has arrived is good. Of lines, each is searched
// once.
func (p *Probe) matches(a *answer, end bool) bool {
	if !p.lines {
		return p.expect.Match(a.got)
	}
	for {
		rest := a.got[a.searched:]
		n := bytes.IndexByte(rest, '\n')
		if n < 0 {
			return end && len(rest) > 0 && p.expect.Match(rest)
		}
		a.searched += n + 1
		// With the line feed, "$" does not match before it; without it, "\n"
		// matches nothing. In Perl both do.
		if p.expect.Match(rest[:n]) || p.expect.Match(rest[:n+1]) {
			return true
		}
	}
}

// wait waits for some time, or until ctx is done, and that is the error.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
