// Package httpget is the probe of http_get and ssl_get: a target is healthy
// that answers its urls over HTTP with the status, digest and text that they
// ask for (keepalived: HTTP_GET, SSL_GET).
//
// Every probe asks all urls, one after the other and each on a connection of
// its own, and the first that fails decides. keepalived asks one of them in
// each round.
//
// # The request
//
// It is keepalived's, byte for byte, unless the configuration adds to it:
//
//	GET /health HTTP/1.0
//	User-Agent: KeepAliveClient
//	Host: 192.0.2.1:80
//
// Protocol 1.0C and 1.1 put "Connection: close" before Host. Host is the
// virtual host as it is written, else the target's address and port, always
// with the port. Path is sent as it is written.
//
// # The answer
//
// A digest is over keepalived's bytes: all that follows the header as it came
// over the wire, chunked or compressed, but no more than Content-Length says.
// A pattern and a weight look at the content: the same bytes, except that the
// chunks of a chunked body are put together. (keepalived's pattern sees the
// sizes of the chunks too; with protocol 1.0 there are none.)
//
// Here this package knowingly differs from keepalived:
//
//   - An answer ends where RFC 9112, section 6.3, says, not only when the
//     server closes the connection.
//   - Names of headers are compared without regard to case, and are looked for
//     among headers: keepalived misses "content-length", and takes
//     "X-Content-Length" and such text in the body.
//   - A status line needs no reason, and lines may end with a line feed alone.
//   - Interim answers (1xx) are skipped.
//   - All of a probe, for each url, has one deadline. A server that drips bytes
//     cannot prolong it (keepalived waits its time-out again for each read).
//   - No more than BodyLimit bytes of a body are read. It fails a url that asks
//     for what follows them.
//
// As with keepalived, a body that ends before its Content-Length is no failure
// by itself. Here it is a warning.
//
// # HTTP/2
//
// With protocol 2 the request goes as one stream of an HTTP/2 connection, which
// TLS negotiates (ALPN "h2"), or which begins at once without TLS (RFC 9113,
// section 3.3). A digest is over the content of the DATA frames.
//
// # Cost
//
// A probe of a page of 608 bytes takes 60 microseconds of CPU and 18
// allocations with all that makes and closes the connection, which alone is 41
// microseconds and 16 allocations. net/http's client takes 159 and 92 for the
// same. HTTP/2 takes 264 and 147, TLS with its handshake 615 and 313.
// BenchmarkProbe measures it.
package httpget
