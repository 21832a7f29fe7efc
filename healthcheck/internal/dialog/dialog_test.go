package dialog

import (
	"bytes"
	"net"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/ldirector/ldirector/healthcheck"
)

// hear returns a conversation with a server that says text and closes.
func hear(t *testing.T, text string) *Conn {
	t.Helper()
	client, server := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		server.Write([]byte(text))
		server.Close()
	}()
	t.Cleanup(func() {
		client.Close()
		<-done
	})
	return New(t.Context(), client)
}

func TestLine(t *testing.T) {
	c := hear(t, "one\r\ntwo\nthree\r\r\n\r\nrest")
	for _, want := range []string{"one", "two", "three\r", ""} {
		if got, err := c.Line(); got != want || err != nil {
			t.Errorf("got %q %v, want %q", got, err, want)
		}
	}
	if got, err := c.Line(); err == nil || err.Error() != "server closed the connection" {
		t.Errorf("got %q %v, want an error", got, err)
	}
}

func TestLimits(t *testing.T) {
	if _, err := hear(t, strings.Repeat("x", maxLine+1)).Line(); err == nil || err.Error() != "server sent a line of more than 4096 bytes" {
		t.Errorf("long line: got %v", err)
	}
	long := strings.Repeat("x", maxRead+1)
	if b, err := hear(t, long).All(); err == nil || err.Error() != "server sent more than 1024 KiB" {
		t.Errorf("long answer: got %d bytes, %v", len(b), err)
	}
	if b, err := hear(t, long).Bytes(len(long)); err == nil || err.Error() != "server sent more than 1024 KiB" {
		t.Errorf("long packet: got %d bytes, %v", len(b), err)
	}
	if b, err := hear(t, long).Bytes(maxRead); err != nil || len(b) != maxRead {
		t.Errorf("longest packet: got %d bytes, %v", len(b), err)
	}
	c := hear(t, strings.Repeat("x\n", maxRead))
	lines := 0
	for _, err := c.Line(); err == nil; _, err = c.Line() {
		lines++
	}
	if lines != maxRead/2 {
		t.Errorf("many lines: got %d, want %d", lines, maxRead/2)
	}
}

func TestBytes(t *testing.T) {
	c := hear(t, "abcdef")
	if b, err := c.Bytes(4); !bytes.Equal(b, []byte("abcd")) || err != nil {
		t.Errorf("got %q %v", b, err)
	}
	if b, err := c.Bytes(3); err == nil {
		t.Errorf("truncated: got %q", b)
	}
}

func TestSecureRefusesEarlyBytes(t *testing.T) {
	c := hear(t, "go on\r\ninjected")
	if _, err := c.Line(); err != nil {
		t.Fatal(err)
	}
	err := c.Secure(t.Context(), Security{}, healthcheck.Target{})
	if err == nil || err.Error() != "server sent 8 bytes before the TLS handshake" {
		t.Errorf("got %v", err)
	}
}

func TestClean(t *testing.T) {
	for _, tt := range []struct{ text, secret, want string }{
		{"all is well", "", "all is well"},
		{" a\tb\r\nc\x1b[2J\x00\xff ", "", "a b c?[2J??"},
		{"no such password: sesame.", "sesame", "no such password: ***."},
		{"", "sesame", "(nothing)"},
		{strings.Repeat("ä", maxSaid), "", strings.Repeat("ä", maxSaid)},
		{strings.Repeat("ä", maxSaid+1), "", strings.Repeat("ä", maxSaid) + "…"},
	} {
		if got := Clean(tt.text, tt.secret); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestPattern(t *testing.T) {
	if _, err := NewPattern("("); err == nil || !strings.HasPrefix(err.Error(), "receive: ") {
		t.Errorf("got %v", err)
	}
	all, err := NewPattern("")
	if err != nil || !all.Any() || !all.Match("x") {
		t.Errorf("empty: got %+v %v", all, err)
	}
	some, err := NewPattern("^a+$")
	if err != nil || some.Any() || !some.Match("aa") || some.Match("ab") {
		t.Errorf("got %+v %v", some, err)
	}
}

func FuzzClean(f *testing.F) {
	f.Add("no such password: sesame", "sesame")
	f.Fuzz(func(t *testing.T, text, secret string) {
		got := Clean(text, secret)
		if utf8.RuneCountInString(got) > maxSaid+1 || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("got %q", got)
		}
	})
}
