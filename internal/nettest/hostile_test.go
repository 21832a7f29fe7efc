package nettest

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"
)

// visit connects to a server.
func visit(t *testing.T, addr netip.AddrPort) *net.TCPConn {
	t.Helper()
	c, err := net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(addr))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestServeEndsWithTheTest(t *testing.T) {
	var c *net.TCPConn
	t.Run("test", func(t *testing.T) {
		addr := Serve(t, Silent)
		var err error
		if c, err = net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(addr)); err != nil {
			t.Fatal(err)
		}
	})
	defer c.Close()
	if n, err := c.Read(make([]byte, 1)); err == nil {
		t.Errorf("got %d bytes after the test, want the end", n)
	}
}

func TestConducts(t *testing.T) {
	tests := []struct {
		name    string
		conduct Conduct
		want    string
		end     error
	}{
		{"close", Close, "", nil},
		{"half close", HalfClose, "", nil},
		{"flood", Flood("abc", 5), strings.Repeat("abc", 1<<16/3), nil},
		{"say", Say("hello", Close), "hello", nil},
		{"answer", Answer("you said so", Close), "you said so", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := visit(t, Serve(t, tt.conduct))
			if _, err := c.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
			_ = c.CloseWrite() // fails if the server has reset the connection
			got, err := io.ReadAll(c)
			if string(got) != tt.want || err != nil && !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("got %d bytes and %v, want %d bytes", len(got), err, len(tt.want))
			}
		})
	}
}

func TestResetResets(t *testing.T) {
	c, err := net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(Serve(t, Reset)))
	if err == nil {
		defer c.Close()
		_, err = c.Read(make([]byte, 1))
	}
	if !errors.Is(err, syscall.ECONNRESET) { // during the connect or after it
		t.Errorf("got %v, want %v", err, syscall.ECONNRESET)
	}
}

func TestGarbageIsAlwaysTheSame(t *testing.T) {
	addr := Serve(t, Garbage)
	var blocks [2][1024]byte
	for i := range blocks {
		if _, err := io.ReadFull(visit(t, addr), blocks[i][:]); err != nil {
			t.Fatal(err)
		}
	}
	if blocks[0] != blocks[1] {
		t.Error("two connections had different bytes")
	}
}

func TestDripSaysOneByteAtATime(t *testing.T) {
	c := visit(t, Serve(t, Drip("abc", time.Millisecond)))
	var got [7]byte
	if _, err := io.ReadFull(c, got[:]); err != nil || string(got[:]) != "abcabca" {
		t.Errorf("got %q and %v, want the text again and again", got, err)
	}
}
