package httpget

import "github.com/ldirector/ldirector/healthcheck/probetls"

// A Config says what to ask and what the answer must be.
type Config struct {
	// SSL says that the target speaks HTTPS (keepalived: SSL_GET), and TLS how.
	// Without a TLS.ServerName it is the virtual host of each url. TLS.Protocols
	// is set by this package.
	SSL bool
	TLS probetls.Config

	// URLs are what is asked for: one at least (keepalived: url).
	URLs []URL

	// VirtualHost is the Host of the urls that have none of their own
	// (keepalived: virtualhost); "" for the target's address and port.
	VirtualHost string

	// Protocol is "1.0", "1.0C", "1.1" or "2" (keepalived: http_protocol); ""
	// for "1.0".
	Protocol string

	// Method is the method of the request; "" for GET.
	Method string

	// Headers are sent after those that every request has. A User-Agent takes
	// the place of keepalived's.
	Headers []Header

	// Body is sent after the header.
	Body string

	// BasicAuth is "user:password" for RFC 7617; "" for none.
	BasicAuth string

	// Redirects is how many redirections of each url are followed. They must
	// lead to the same target: to a path, or to the scheme and host that were
	// asked. An answer whose status is asked for is never followed.
	Redirects int

	// BodyLimit is the number of bytes of a body that are read; 0 for 1 MiB.
	BodyLimit int64

	// Weight says where the first url's answer has the weight of the real
	// server; the zero value for nowhere.
	Weight WeightFrom
}

// A URL is one request of a probe and what its answer must be.
type URL struct {
	// Path is the request's target (keepalived: path). It begins with "/", or
	// is "*" or an http or https URL.
	Path string

	// VirtualHost is the request's Host (keepalived: virtualhost); "" for the
	// Config's.
	VirtualHost string

	// Status lists the status codes that are good, as numbers and ranges
	// (keepalived: status_code): "200 301-302"; "" for 200-299.
	Status string

	// Digest and SHA256 are digests of the body, in hex: keepalived's MD5
	// (keepalived: digest), and SHA-256 over the same bytes; "" for any body.
	Digest, SHA256 string

	// Regex is a pattern that must match somewhere in the content (keepalived:
	// regex), in the syntax of Go's package regexp, which has no backreference
	// and no look-around; "" for any content. It sees bytes that are no UTF-8 as
	// one character each.
	Regex string

	// RegexNoMatch says that the pattern must not match (keepalived:
	// regex_no_match).
	RegexNoMatch bool

	// RegexOptions are "caseless", "multiline", "dotall" and "ungreedy"
	// (keepalived: regex_options).
	RegexOptions []string

	// RegexMinOffset and RegexMaxOffset are the first and last byte of the
	// content where a match may begin (keepalived: regex_min_offset,
	// regex_max_offset); for the last, 0 is no limit. What is before the first
	// is not seen: "^" matches at it.
	RegexMinOffset, RegexMaxOffset int
}

// A Header is a field of a request.
type Header struct{ Name, Value string }

// A WeightFrom says where an answer has a weight: "17" is the weight itself,
// "75%" a share of the configured one. Anything else is a failure.
type WeightFrom struct {
	// Header is the name of a header of the answer.
	Header string

	// Body says that the weight is in the content: the first group of Pattern,
	// or all of its match if it has no group, or all of the content if Pattern
	// is "". Space around it does not count.
	Body    bool
	Pattern string
}
