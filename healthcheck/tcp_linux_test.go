package healthcheck

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
)

// ask asks by TCP.Probe.
func ask(t *testing.T, target Target, timeout time.Duration) error {
	t.Helper()
	return askProber(t, TCP{}, target, timeout)
}

// askProber asks by the Probe of p.
func askProber(t *testing.T, p Prober, target Target, timeout time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	_, err := p.Probe(ctx, target, Unknown)
	return err
}

func probeTCP(ctx context.Context, target Target) error {
	_, err := TCP{}.Probe(ctx, target, Unknown)
	return err
}

// askEngine asks p by an engine, in the network namespace of this goroutine, and
// returns the first status that it reports.
func askEngine(t *testing.T, p Prober, target Target, timeout time.Duration) (status Status) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	e := NewEngine(Config{}, func(u Update) {
		status = u.Status
		cancel()
	}, slog.New(slog.DiscardHandler))
	e.Set([]Check{Spec{Prober: p, Target: target, Timing: Timing{Interval: time.Hour, Timeout: timeout}}.Check()})
	if err := e.Run(ctx); err != nil {
		t.Errorf("Run: %v", err)
	}
	return status
}

// listen returns a listener's address. Its connections are closed at once.
func listen(t *testing.T, addr string) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() {
		l.Close()
		<-ended
	})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return // closed
			}
			c.Close()
		}
	}()
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// boundSocket returns a socket with a port of its own, on which nobody listens.
func boundSocket(t *testing.T) (fd int, addr netip.AddrPort) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fd, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(sa.(*unix.SockaddrInet4).Port))
}

// fullListener returns the address of a listener that answers no more: its
// backlog has room for one connection, and that is taken.
func fullListener(t *testing.T) netip.AddrPort {
	t.Helper()
	fd, addr := boundSocket(t)
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return addr
}

func TestTCP(t *testing.T) {
	_, closed := boundSocket(t)
	open := listen(t, "127.0.0.1:0")
	mapped := netip.AddrPortFrom(netip.MustParseAddr("::ffff:127.0.0.1"), open.Port())
	tests := []struct {
		name   string
		target Target
		state  State
		reason string
	}{
		{"accepts", Target{Addr: open}, Up, ""},
		{"accepts from a source address", Target{Addr: open, Source: netip.MustParseAddrPort("127.0.0.2:0")}, Up, ""},
		{"accepts an IPv4 address mapped into IPv6", Target{Addr: mapped}, Up, ""},
		{"nobody listens", Target{Addr: closed}, Down, "connection refused"},
		{"nobody answers", Target{Addr: fullListener(t)}, Down, "timed out after 100ms"},
		{"not a host", Target{Addr: netip.MustParseAddrPort("224.0.0.1:80")}, Down, "network is unreachable"},
		{"source address of another host", Target{Addr: open, Source: netip.MustParseAddrPort("192.0.2.1:0")}, Unknown,
			"local trouble: bind 192.0.2.1:0: cannot assign requested address"},
		{"source address of another family", Target{Addr: open, Source: netip.MustParseAddrPort("[::1]:0")}, Unknown,
			"local trouble: bind [::1]:0: address family not supported by protocol"},
	}
	timing := Timing{Timeout: 100 * time.Millisecond}
	for _, tt := range tests {
		t.Run("prober "+tt.name, func(t *testing.T) {
			err := ask(t, tt.target, timing.Timeout)
			if got := errors.Is(err, ErrLocal); got != (tt.state == Unknown) {
				t.Errorf("ErrLocal: %v with error %v", got, err)
			}
			if err == nil && tt.state != Up || err != nil && reason(err, timing) != tt.reason {
				t.Errorf("got %v, want %v %q", err, tt.state, tt.reason)
			}
		})
		t.Run("engine "+tt.name, func(t *testing.T) {
			if got := askEngine(t, TCP{}, tt.target, timing.Timeout); got.State != tt.state || got.Reason != tt.reason {
				t.Errorf("got %v %q, want %v %q", got.State, got.Reason, tt.state, tt.reason)
			}
		})
	}
}

func TestTCPOverIPv6(t *testing.T) {
	if l, err := net.Listen("tcp", "[::1]:0"); err != nil {
		t.Skipf("needs IPv6 on lo: %v", err)
	} else if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	target := Target{Addr: listen(t, "[::1]:0"), Source: netip.MustParseAddrPort("[::1]:0")}
	if err := ask(t, target, 5*time.Second); err != nil {
		t.Error(err)
	}
}

func TestTCPKind(t *testing.T) {
	if got := (TCP{}).Kind(); got != "tcp_check" {
		t.Errorf("got %q", got)
	}
}

func TestTCPProbeEndsWhenItsContextIsCancelled(t *testing.T) {
	target := Target{Addr: fullListener(t)}
	ctx, cancel := context.WithCancel(t.Context())
	answer := make(chan error)
	go func() { answer <- probeTCP(ctx, target) }()
	cancel()
	if err := <-answer; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if err := probeTCP(ctx, target); !errors.Is(err, context.Canceled) {
		t.Errorf("with a cancelled context: got %v, want %v", err, context.Canceled)
	}
}

func TestTCPResetsItsConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	target := Target{Addr: l.Addr().(*net.TCPAddr).AddrPort(), Source: netip.MustParseAddrPort("127.0.0.9:0")}
	if err := ask(t, target, 5*time.Second); err != nil {
		t.Fatal(err)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := c.RemoteAddr().(*net.TCPAddr).AddrPort().Addr(); got != target.Source.Addr() {
		t.Errorf("probe came from %v, want %v", got, target.Source)
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("server reads %v, want a reset", err)
	}
	if n := timeWait(t, target.Addr.Port()); n != 0 {
		t.Errorf("%d sockets in TIME_WAIT, want none", n)
	}
}

// timeWait returns how many IPv4 sockets wait in TIME_WAIT for a port.
func timeWait(t *testing.T, port uint16) (n int) {
	t.Helper()
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(table)) {
		// "sl local_address rem_address st": state 06 is TIME_WAIT.
		f := strings.Fields(line)
		end := fmt.Sprintf(":%04X", port)
		if f[3] == "06" && (strings.HasSuffix(f[1], end) || strings.HasSuffix(f[2], end)) {
			n++
		}
	}
	return n
}

func TestTCPWithoutDescriptorsIsLocalTrouble(t *testing.T) {
	target := Target{Addr: listen(t, "127.0.0.1:0")}
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 0, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	err := ask(t, target, 5*time.Second)
	status := askEngine(t, TCP{}, target, 5*time.Second)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(err, ErrLocal) || !errors.Is(err, unix.EMFILE) {
		t.Errorf("got %v, want EMFILE as local trouble", err)
	}
	want := "local trouble: create epoll set: too many open files"
	if status.State != Unknown || status.Reason != want {
		t.Errorf("engine: got %v %q, want unknown %q", status.State, status.Reason, want)
	}
}

func TestTCPInNamespace(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := nettest.New(t, "probe")
	ns.Run("ip", "route", "add", "unreachable", "192.0.2.0/24")
	ns.Run("ip", "route", "add", "prohibit", "198.51.100.0/24")
	tests := map[string]string{
		"192.0.2.1:80":    "no route to host",
		"198.51.100.1:80": "permission denied",
		"203.0.113.1:80":  "network is unreachable",
	}
	for addr, want := range tests {
		err := ns.Do(func() error { return ask(t, Target{Addr: netip.MustParseAddrPort(addr)}, 5*time.Second) })
		if err == nil || err.Error() != want || errors.Is(err, ErrLocal) {
			t.Errorf("%s: got %v, want %s", addr, err, want)
		}
	}
}

// TestTCPSharesPorts leaves one port for all connections. Several targets can
// be probed from it at the same time, one target cannot.
func TestTCPSharesPorts(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := nettest.New(t, "ports")
	err := ns.Do(func() error {
		l, err := net.Listen("tcp", "0.0.0.0:80")
		if err != nil {
			return err
		}
		t.Cleanup(func() { l.Close() })
		const portRange = "/proc/sys/net/ipv4/ip_local_port_range"
		if err := os.WriteFile(portRange, []byte("40000 40000"), 0); err != nil {
			return err
		}
		for _, source := range []string{"", "127.0.0.5"} {
			if err := sharePort(t, source); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// sharePort connects to two targets at once, and once more to the second.
func sharePort(t *testing.T, source string) error {
	a := Target{Addr: netip.MustParseAddrPort("127.0.0.1:80")}
	b := Target{Addr: netip.MustParseAddrPort("127.0.0.2:80")}
	if source != "" {
		a.Source = netip.AddrPortFrom(netip.MustParseAddr(source), 0)
		b.Source = a.Source
	}
	for _, target := range []Target{a, b} {
		fd, err := connect(target)
		if err != nil {
			return fmt.Errorf("%v: %w", target, err)
		}
		defer unix.Close(fd)
	}
	if err := ask(t, b, 5*time.Second); !errors.Is(err, ErrLocal) || !errors.Is(err, unix.EADDRNOTAVAIL) {
		t.Errorf("%v without a free port: got %v, want EADDRNOTAVAIL as local trouble", b, err)
	}
	return nil
}
