package httpget

import (
	"crypto/md5" // keepalived's digest
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/ldirector/ldirector/healthcheck/probetls"
)

// A page is a URL that has been understood.
type page struct {
	path     string
	host     string // "" for the target's address and port
	statuses statuses
	md5      []byte // nil for any
	sha256   []byte
	pattern  *regexp.Regexp // nil for any
	absent   bool           // the pattern must not match
	min, max int            // where a match may begin; max 0 is no limit
	weight   *weigher       // nil if this page has none
	tls      *probetls.Client
}

func newPage(u URL, virtualHost string) (*page, error) {
	p := &page{path: u.Path, host: u.VirtualHost, absent: u.RegexNoMatch, min: u.RegexMinOffset, max: u.RegexMaxOffset}
	if p.host == "" {
		p.host = virtualHost
	}
	if err := checkPath(u.Path); err != nil {
		return nil, err
	}
	if !isVisible(p.host) || strings.ContainsAny(p.host, "/@") {
		return nil, fmt.Errorf("virtual host %q: write a name or an address, and a port if need be", p.host)
	}
	var err error
	if p.statuses, err = parseStatuses(u.Status); err != nil {
		return nil, err
	}
	if p.md5, err = parseDigest("digest", u.Digest, md5.Size); err != nil {
		return nil, err
	}
	if p.sha256, err = parseDigest("sha256", u.SHA256, sha256.Size); err != nil {
		return nil, err
	}
	if p.pattern, err = compile(u); err != nil {
		return nil, err
	}
	return p, nil
}

// checkPath returns why a request cannot be for path.
func checkPath(path string) error {
	if !isVisible(path) {
		return fmt.Errorf("path %q: write space and control characters as %%20 and the like", path)
	}
	for _, prefix := range [...]string{"/", "http://", "https://"} {
		if strings.HasPrefix(path, prefix) {
			return nil
		}
	}
	if path != "*" {
		return fmt.Errorf(`path %q: it begins with "/"`, path)
	}
	return nil
}

// parseDigest returns a digest of size bytes, nil for "".
func parseDigest(name, text string, size int) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	digest, err := hex.DecodeString(text)
	if err != nil || len(digest) != size {
		return nil, fmt.Errorf("%s %q: it has %d hexadecimal digits", name, text, 2*size)
	}
	return digest, nil
}

// compile returns the pattern of u, nil if it has none.
func compile(u URL) (*regexp.Regexp, error) {
	switch {
	case u.RegexMinOffset < 0 || u.RegexMaxOffset < 0:
		return nil, errors.New("an offset of a pattern is not negative")
	case u.RegexMaxOffset > 0 && u.RegexMaxOffset < u.RegexMinOffset:
		return nil, fmt.Errorf("pattern begins at byte %d at the earliest and %d at the latest", u.RegexMinOffset, u.RegexMaxOffset)
	case u.Regex == "" && (u.RegexNoMatch || len(u.RegexOptions) > 0 || u.RegexMinOffset > 0 || u.RegexMaxOffset > 0):
		return nil, errors.New("what is said of a pattern needs a pattern")
	case u.Regex == "":
		return nil, nil
	}
	text := u.Regex
	for _, option := range u.RegexOptions {
		flag, err := flagOf(option)
		if err != nil {
			return nil, err
		}
		text = flag + text
	}
	pattern, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("pattern %q: %w", u.Regex, err)
	}
	return pattern, nil
}

// flagOf returns what turns an option of a pattern on.
func flagOf(option string) (string, error) {
	switch option {
	case "caseless":
		return "(?i)", nil
	case "multiline":
		return "(?m)", nil
	case "dotall":
		return "(?s)", nil
	case "ungreedy":
		return "(?U)", nil
	default:
		return "", fmt.Errorf("pattern option %q is not known: use caseless, multiline, dotall or ungreedy", option)
	}
}

// wantsContent reports whether the content must be kept.
func (p *page) wantsContent() bool { return p.pattern != nil || p.weight != nil && p.weight.body }

// weightHeader is the name of the header with the weight, "" if there is none.
func (p *page) weightHeader() string {
	if p.weight == nil {
		return ""
	}
	return p.weight.header
}
