package nettest

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"
)

// A Conduct is what a server does with one connection. The connection is closed
// when it returns, and when the test ends.
type Conduct func(c net.Conn)

// A HostileConduct is a Conduct by which no client may be held up or harmed.
type HostileConduct struct {
	Name    string
	Conduct Conduct
}

// Hostile returns servers as no client wants them, for a table test. None of
// them ends by itself what it has begun, but for those that say so.
func Hostile() []HostileConduct {
	return []HostileConduct{
		{"silent", Silent},
		{"drip", Drip("x", time.Millisecond)},
		{"reset", Reset},
		{"close", Close},
		{"half close", HalfClose},
		{"flood", Flood("x", 1<<30)},
		{"flood of lines", Flood("x\r\n", 1<<30)},
		{"garbage", Garbage},
	}
}

// Serve listens on a TCP port of 127.0.0.1, which the kernel chooses, and
// treats each connection as conduct says until the test ends.
func Serve(tb TB, conduct Conduct) netip.AddrPort {
	tb.Helper()
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		tb.Fatalf("listen: %v", err)
	}
	s := &server{conduct: conduct, conns: make(map[net.Conn]bool)}
	s.work.Go(func() { s.accept(l) })
	tb.Cleanup(func() {
		if err := l.Close(); err != nil {
			tb.Errorf("close listener: %v", err)
		}
		s.close()
		s.work.Wait()
	})
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// A server treats every connection alike.
type server struct {
	conduct Conduct
	work    sync.WaitGroup

	mu     sync.Mutex
	conns  map[net.Conn]bool
	closed bool
}

func (s *server) accept(l *net.TCPListener) {
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // this connection has gone already
		}
		s.mu.Lock()
		closed := s.closed
		s.conns[c] = true
		s.mu.Unlock()
		if closed {
			_ = c.Close() // nobody is interested any more
			return
		}
		s.work.Go(func() {
			s.conduct(c)
			s.mu.Lock()
			delete(s.conns, c)
			s.mu.Unlock()
			_ = c.Close() // the conduct may have done so
		})
	}
}

func (s *server) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for c := range s.conns {
		_ = c.Close() // the conduct may have done so
	}
}

// Silent reads all and says nothing.
func Silent(c net.Conn) {
	_, _ = io.Copy(io.Discard, c) // it ends with the connection
}

// Drip says text again and again, one byte at each interval, and reads all.
func Drip(text string, interval time.Duration) Conduct {
	return func(c net.Conn) {
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			Silent(c)
		}()
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for i := 0; ; i++ {
			at := i % len(text)
			if _, err := io.WriteString(c, text[at:at+1]); err != nil {
				return
			}
			select {
			case <-tick.C:
			case <-gone:
				return
			}
		}
	}
}

// Reset resets the connection at once.
func Reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // fails only if the connection has gone
	}
}

// Close closes the connection as soon as something has been read.
func Close(c net.Conn) {
	_, _ = c.Read(make([]byte, 4096)) // the connection is closed in any case
}

// HalfClose says at once that nothing will be said, and reads all.
func HalfClose(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.CloseWrite() // fails only if the connection has gone
	}
	Silent(c)
}

// Flood says text again and again, as fast as it can, until it has said that
// many bytes, and reads nothing.
func Flood(text string, bytes int64) Conduct {
	return func(c net.Conn) {
		block := make([]byte, 0, 1<<16)
		for len(block)+len(text) <= cap(block) {
			block = append(block, text...)
		}
		for said := int64(0); said < bytes; {
			n, err := c.Write(block)
			if err != nil {
				return
			}
			said += int64(n)
		}
	}
}

// Garbage says a kilobyte of random bytes, always the same ones, and closes the
// connection when something has been read.
func Garbage(c net.Conn) {
	block := make([]byte, 1024)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range block {
		block[i] = byte(r.Uint32())
	}
	if _, err := c.Write(block); err == nil {
		Close(c)
	}
}

// Say returns a Conduct that says text and goes on with next.
func Say(text string, next Conduct) Conduct {
	return func(c net.Conn) {
		if _, err := io.WriteString(c, text); err == nil {
			next(c)
		}
	}
}

// Answer returns a Conduct that waits for something to be read, says text and
// goes on with next.
func Answer(text string, next Conduct) Conduct {
	return func(c net.Conn) {
		_, err := c.Read(make([]byte, 4096))
		if err == nil {
			Say(text, next)(c)
		}
	}
}
