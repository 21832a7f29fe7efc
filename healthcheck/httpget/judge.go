package httpget

import (
	"bytes"
	"encoding/hex"
	"fmt"

	"github.com/ldirector/ldirector/healthcheck"
)

// judge returns why an answer is not what the page must be; the order is
// keepalived's.
func (p *page) judge(h *head, s *body) (healthcheck.Weight, error) {
	if !p.statuses.contains(h.status) {
		to := ""
		if h.redirects() {
			to = fmt.Sprintf(" (to %.64q)", h.location)
		}
		return healthcheck.Weight{}, fmt.Errorf("status %d%s, want %s", h.status, to, p.statuses)
	}
	if err := p.judgeDigests(s); err != nil {
		return healthcheck.Weight{}, err
	}
	if err := p.judgeContent(s); err != nil {
		return healthcheck.Weight{}, err
	}
	if p.weight == nil {
		return healthcheck.Weight{}, nil
	}
	return p.weight.weight(h, s)
}

// judgeDigests compares the digests that newBody asked for.
func (p *page) judgeDigests(s *body) error {
	if s.beyond && len(s.hashes) > 0 {
		return s.tooLong()
	}
	var sum [64]byte
	hashes := s.hashes
	for _, want := range [...]struct {
		name   string
		digest []byte
	}{{"digest", p.md5}, {"sha256", p.sha256}} {
		if want.digest == nil {
			continue
		}
		got := hashes[0].Sum(sum[:0])
		hashes = hashes[1:]
		if !bytes.Equal(got, want.digest) {
			return fmt.Errorf("%s %s differs from %s", want.name, abbreviate(got), abbreviate(want.digest))
		}
	}
	return nil
}

// judgeContent looks for the pattern.
func (p *page) judgeContent(s *body) error {
	if p.pattern == nil {
		return nil
	}
	found := p.find(s.content)
	switch {
	case found && p.absent:
		return fmt.Errorf("%.64q matches the body", p.pattern)
	case !found && s.beyond:
		return s.tooLong()
	case !found && !p.absent:
		return fmt.Errorf("%.64q does not match the body of %d bytes", p.pattern, len(s.content))
	default:
		return nil
	}
}

// find reports whether the pattern matches where it may.
func (p *page) find(content []byte) bool {
	if p.min > len(content) {
		return false
	}
	content = content[p.min:]
	if p.max == 0 {
		return p.pattern.Match(content)
	}
	at := p.pattern.FindIndex(content) // the leftmost match
	return at != nil && at[0] <= p.max-p.min
}

// tooLong says that the limit of the body hides what is asked for.
func (s *body) tooLong() error {
	return fmt.Errorf("body is longer than %d bytes (body_limit)", s.limit)
}

// abbreviate returns the beginning of a digest.
func abbreviate(digest []byte) string { return hex.EncodeToString(digest[:6]) + "…" }
