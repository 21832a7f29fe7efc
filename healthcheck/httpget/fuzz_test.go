package httpget

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"unicode"
)

// A reading is all that is made of an answer.
type reading struct {
	Head    head
	Content string
	Raw     string // its digest
	Warning string
	Err     string
}

// readAnswer reads an answer to a GET.
func readAnswer(from io.Reader, limit int64) reading {
	var r reader
	r.reset(from)
	s := body{limit: limit, keep: true, cut: -1, hashes: []hash.Hash{md5.New()}}
	h, err := readHead(&r, "X-Weight")
	var warning string
	if err == nil && !h.empty("GET") {
		warning, err = s.read(&r, h)
	}
	got := reading{Head: h, Content: string(s.content), Raw: fmt.Sprintf("%x", s.hashes[0].Sum(nil)), Warning: warning}
	if err != nil {
		got = reading{Err: err.Error()}
	}
	return got
}

// FuzzAnswer compares with net/http where both can read an answer.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Weight: 7\r\n\r\nhello",
		"HTTP/1.0 204\n\nhello",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nX: y\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n005 \r\nhello\r\n0\r\n\r\nmore",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 5000) + "\r\nContent-Length: 1\r\n\r\nab",
		"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
		"SSH-2.0-OpenSSH\r\n", "HTTP/1.1 20", "HTTP/1.1 200 OK\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		got := readAnswer(bytes.NewReader(answer), 1<<30)
		if slow := readAnswer(iotest.OneByteReader(bytes.NewReader(answer)), 1<<30); slow != got {
			t.Fatalf("byte by byte: %+v\nat once:      %+v", slow, got)
		}
		if strings.ContainsFunc(got.Err, func(c rune) bool { return !unicode.IsPrint(c) }) || len(got.Err) > 250 {
			t.Errorf("error %q", got.Err)
		}
		if short := readAnswer(bytes.NewReader(answer), 3); int64(len(short.Content)) > 3 {
			t.Errorf("%d bytes of content, 3 at most", len(short.Content))
		}
		compare(t, answer, got)
	})
}

// compare compares a reading with that of net/http.
func compare(t *testing.T, answer []byte, got reading) {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReaderSize(bytes.NewReader(answer), 1<<16), nil)
	if err != nil || got.Err != "" || got.Warning != "" || resp.StatusCode < 200 {
		return // interim answers are another's business there
	}
	if strings.Contains(string(answer), "\n ") || strings.Contains(string(answer), "\n\t") {
		return // obs-fold, which goes on with a header
	}
	if !resp.ProtoAtLeast(1, 1) && got.Head.chunked {
		return // net/http takes the header of an HTTP/1.0 answer for a mistake
	}
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		return
	}
	if got.Head.status != resp.StatusCode || got.Content != string(content) {
		t.Errorf("status %d, content %q\nnet/http: %d, %q", got.Head.status, got.Content, resp.StatusCode, content)
	}
	if got.Head.location != "" && got.Head.location != resp.Header.Get("Location") && len(resp.Header.Values("Location")) == 1 {
		t.Errorf("location %q, net/http: %q", got.Head.location, resp.Header.Get("Location"))
	}
}
