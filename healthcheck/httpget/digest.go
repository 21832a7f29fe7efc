package httpget

import (
	"context"
	"fmt"
	"hash"
	"io"

	"github.com/ldirector/ldirector/healthcheck"
)

// Hash asks for the first url and writes the bytes that a digest is over to h,
// whatever the status is, which it returns. Unless seen is nil, it has all bytes
// that were read, the header too, always before h; not with HTTP/2. Redirects
// are not followed.
func (p *Prober) Hash(ctx context.Context, t healthcheck.Target, h hash.Hash, seen io.Writer) (status int, err error) {
	page := p.pages[0]
	at := place{p.request.method, page.path}
	d := &desk{tee: seen, body: body{limit: p.config.BodyLimit, cut: -1, hashes: []hash.Hash{h}}}
	answer, _, err := p.visit(ctx, nil, t, page, at, d)
	if err == nil && d.body.beyond {
		err = d.body.tooLong()
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w", at, err)
	}
	return answer.status, nil
}
