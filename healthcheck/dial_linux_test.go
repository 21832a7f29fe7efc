package healthcheck

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
)

// echoServer returns the address of a TCP server that sends back what it reads.
func echoServer(t testing.TB) netip.AddrPort {
	t.Helper()
	return serve(t, func(c net.Conn) { io.Copy(c, c) })
}

// serve returns the address of a TCP server that lets f talk on each
// connection, and then closes it.
func serve(t testing.TB, f func(net.Conn)) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // closed
			}
			go func() {
				defer c.Close()
				f(c)
			}()
		}
	}()
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// silent returns the address of a TCP server that accepts and says nothing.
func silent(t testing.TB) netip.AddrPort {
	t.Helper()
	return serve(t, func(c net.Conn) { io.Copy(io.Discard, c) })
}

// udpServer returns the address of a UDP socket that answers each datagram with
// what f makes of it; nil is no answer.
func udpServer(t testing.TB, f func([]byte) []byte) netip.AddrPort {
	t.Helper()
	server, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	go func() {
		b := make([]byte, 65536)
		for {
			n, from, err := server.ReadFromUDPAddrPort(b)
			if err != nil {
				return // closed
			}
			if reply := f(b[:n]); reply != nil {
				server.WriteToUDPAddrPort(reply, from)
			}
		}
	}()
	return server.LocalAddr().(*net.UDPAddr).AddrPort()
}

func TestDial(t *testing.T) {
	target := Target{Addr: echoServer(t), Source: netip.MustParseAddrPort("127.0.0.7:0")}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c, err := Dial(ctx, target)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.LocalAddr().(*net.TCPAddr).AddrPort(); got.Addr() != target.Source.Addr() || got.Port() == 0 {
		t.Errorf("local address %v, want %v and a port", got, target.Source.Addr())
	}
	if got := c.RemoteAddr().String(); got != target.Addr.String() {
		t.Errorf("remote address %v, want %v", got, target.Addr)
	}
	said := []byte(rand.Text())
	if _, err := c.Write(said); err != nil {
		t.Error(err)
	}
	if err := iotest.TestReader(io.LimitReader(c, int64(len(said))), said); err != nil {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	for _, err := range []error{second(c.Write(said)), second(c.Read(said)), c.Close(), c.SetDeadline(time.Now())} {
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("after Close: got %v, want %v", err, net.ErrClosed)
		}
	}
	if got := c.LocalAddr(); got != nil {
		t.Errorf("local address after Close: %v", got)
	}
}

// second returns its second argument.
func second[T any](_ T, err error) error { return err }

func TestDialOverIPv6(t *testing.T) {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skipf("needs IPv6 on lo: %v", err)
	}
	defer l.Close()
	c, err := Dial(t.Context(), Target{Addr: l.Addr().(*net.TCPAddr).AddrPort()})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := c.LocalAddr().(*net.TCPAddr).AddrPort(); got.Addr() != netip.IPv6Loopback() {
		t.Errorf("local address %v", got)
	}
}

func TestDialErrors(t *testing.T) {
	_, closed := boundSocket(t)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	short := func() context.Context {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		t.Cleanup(cancel)
		return ctx
	}
	tests := []struct {
		name   string
		ctx    context.Context
		target Target
		want   error
	}{
		{"nobody listens", t.Context(), Target{Addr: closed}, unix.ECONNREFUSED},
		{"nobody answers", short(), Target{Addr: fullListener(t)}, context.DeadlineExceeded},
		{"cancelled", cancelled, Target{Addr: closed}, context.Canceled},
		{"no such device", t.Context(), Target{Addr: closed, Device: "none"}, ErrLocal},
	}
	before := descriptors(t)
	for _, tt := range tests {
		if _, err := Dial(tt.ctx, tt.target); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
	if got := descriptors(t); got > before {
		t.Errorf("%d descriptors, before %d", got, before)
	}
}

func TestConnectionEndsWithItsContext(t *testing.T) {
	target := Target{Addr: silent(t)}
	tests := map[string]func() (context.Context, context.CancelFunc){
		"deadline": func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(t.Context(), 50*time.Millisecond)
		},
		"cancelled": func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(50*time.Millisecond, cancel)
			return ctx, cancel
		},
	}
	for name, newContext := range tests {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := newContext()
			defer cancel()
			c, err := Dial(ctx, target)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			_, err = c.Read(make([]byte, 1))
			var asNet net.Error
			if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, os.ErrDeadlineExceeded) ||
				!errors.As(err, &asNet) || !asNet.Timeout() || err.Error() != "read: timed out" {
				t.Errorf("read: %#v %v", err, err)
			}
		})
	}
}

func TestConnectionTellsHowItEnds(t *testing.T) {
	closes := Target{Addr: serve(t, func(c net.Conn) { c.Read(make([]byte, 1)) })}
	resets := Target{Addr: serve(t, func(c net.Conn) {
		c.(*net.TCPConn).SetLinger(0)
		c.Read(make([]byte, 1))
	})}
	for want, target := range map[error]Target{io.EOF: closes, syscall.ECONNRESET: resets} {
		c, err := Dial(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		c.Write([]byte("x"))
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
		c.Close()
	}
}

func TestDialFromOnePort(t *testing.T) {
	port, targets := boundPort(t), []Target{{Addr: echoServer(t)}, {Addr: echoServer(t)}}
	for _, target := range targets {
		target.Source = port
		c, err := Dial(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if got := c.LocalAddr().String(); got != port.String() {
			t.Errorf("from %v, want %v", got, port)
		}
		if _, err := Dial(t.Context(), target); !errors.Is(err, ErrLocal) {
			t.Errorf("the same connection again: got %v, want local trouble", err)
		}
		udp, err := DialUDP(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		defer udp.Close()
	}
}

// boundPort returns an address and port on which no socket is any more.
func boundPort(t *testing.T) netip.AddrPort {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return addrPort(sa)
}

func TestDialUDP(t *testing.T) {
	target := Target{Addr: udpServer(t, func(b []byte) []byte { return b }), Source: netip.MustParseAddrPort("127.0.0.7:0")}
	c, err := DialUDP(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := c.LocalAddr().(*net.UDPAddr).AddrPort(); got.Addr() != target.Source.Addr() || got.Port() == 0 {
		t.Errorf("local address %v", got)
	}
	for _, said := range []string{"hello", "", "again"} {
		if n, err := c.Write([]byte(said)); n != len(said) || err != nil {
			t.Fatalf("write %q: %d %v", said, n, err)
		}
		b := make([]byte, 100)
		if n, err := c.Read(b); err != nil || string(b[:n]) != said {
			t.Fatalf("got %q and %v, want %q", b[:n], err, said)
		}
	}
}

func TestDialUDPTellsWhatICMPSays(t *testing.T) {
	nobody := boundPort(t)
	c, err := DialUDP(t.Context(), Target{Addr: nobody})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, unix.ECONNREFUSED) || errors.Is(err, ErrLocal) {
		t.Errorf("got %v, want %v", err, unix.ECONNREFUSED)
	}
}

func TestDialSetsTheMark(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := nettest.New(t, "mark")
	ns.Run("ip", "rule", "add", "fwmark", "7", "prohibit")
	err := ns.Do(func() error {
		target := Target{Addr: netip.MustParseAddrPort("192.0.2.1:9"), Mark: 7}
		_, tcp := Dial(t.Context(), target)
		_, udp := DialUDP(t.Context(), target)
		for _, err := range []error{tcp, udp} {
			if !errors.Is(err, unix.EACCES) {
				t.Errorf("got %v, want %v", err, unix.EACCES)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
