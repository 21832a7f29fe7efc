package httpget

import (
	"context"
	"fmt"
	"hash"
	"io"

	"github.com/ldirector/ldirector/healthcheck"
)

// Hash asks for the first url and writes the bytes that a digest is over to h,
// whatever the status is. Unless seen is nil, it has all bytes that were read,
// the header too; not with HTTP/2. Redirects are not followed.
func (p *Prober) Hash(ctx context.Context, t healthcheck.Target, h hash.Hash, seen io.Writer) error {
	page := p.pages[0]
	at := place{p.request.method, page.path}
	d := &desk{tee: seen, body: body{limit: p.config.BodyLimit, cut: -1, hashes: []hash.Hash{h}}}
	_, _, err := p.visit(ctx, nil, t, page, at, d)
	if err == nil && d.body.beyond {
		err = d.body.tooLong()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", at, err)
	}
	return nil
}
