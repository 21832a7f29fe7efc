package healthcheck

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
)

func TestPing(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := nettest.New(t, "ping")
	ns.Run("ip", "addr", "add", "2001:db8::1/64", "dev", "lo", "nodad")
	ns.Run("ip", "link", "add", "veth0", "type", "veth", "peer", "name", "veth1")
	ns.Run("ip", "addr", "add", "192.0.2.1/24", "dev", "veth0")
	ns.Run("ip", "addr", "add", "2001:db8:1::1/64", "dev", "veth0", "nodad")
	ns.Run("ip", "link", "set", "veth0", "up")
	ns.Run("ip", "link", "set", "veth1", "up")
	ns.Run("ip", "route", "add", "unreachable", "198.51.100.0/24")
	ns.Run("ip", "rule", "add", "fwmark", "7", "prohibit", "priority", "0")
	addr := func(s string) netip.AddrPort { return netip.AddrPortFrom(netip.MustParseAddr(s), 80) }
	tests := []struct {
		name   string
		target Target
		state  State
		reason string
	}{
		{"IPv4", Target{Addr: addr("127.0.0.1")}, Up, ""},
		{"IPv4 mapped into IPv6", Target{Addr: addr("::ffff:127.0.0.1")}, Up, ""},
		{"IPv6", Target{Addr: addr("::1")}, Up, ""},
		{"IPv6 with a zone, which counts for nothing", Target{Addr: addr("::1%lo")}, Up, ""},
		{"from an address", Target{Addr: addr("127.0.0.1"), Source: netip.MustParseAddrPort("127.0.0.9:1234")}, Up, ""},
		{"from an IPv6 address", Target{Addr: addr("::1"), Source: netip.MustParseAddrPort("[2001:db8::1]:0")}, Up, ""},
		{"by a device", Target{Addr: addr("127.0.0.1"), Device: "lo"}, Up, ""},
		{"by the wrong device", Target{Addr: addr("192.0.2.1"), Device: "veth1"}, Down, "timed out after 100ms"},
		{"nobody answers", Target{Addr: addr("192.0.2.2")}, Down, "timed out after 100ms"},
		{"nobody answers on IPv6", Target{Addr: addr("2001:db8:1::2")}, Down, "timed out after 100ms"},
		{"unreachable", Target{Addr: addr("198.51.100.1")}, Down, "no route to host"},
		{"no route", Target{Addr: addr("203.0.113.1")}, Down, "network is unreachable"},
		{"with a mark", Target{Addr: addr("203.0.113.1"), Mark: 8}, Down, "network is unreachable"},
		{"with a mark that is not let out", Target{Addr: addr("203.0.113.1"), Mark: 7}, Down, "permission denied"},
		{"source of another host", Target{Addr: addr("127.0.0.1"), Source: netip.MustParseAddrPort("203.0.113.2:0")}, Unknown,
			"local trouble: bind 203.0.113.2: cannot assign requested address"},
		{"no such device", Target{Addr: addr("127.0.0.1"), Device: "none"}, Unknown,
			"local trouble: bind to interface none: no such device"},
	}
	for _, tt := range tests {
		timing := Timing{Timeout: 100 * time.Millisecond}
		if tt.state == Up {
			timing.Timeout = 10 * time.Second // what answers may do so on a busy machine
		}
		run := func(t *testing.T) {
			err := askProber(t, Ping{}, tt.target, timing.Timeout)
			if got := errors.Is(err, ErrLocal); got != (tt.state == Unknown) {
				t.Errorf("Probe: ErrLocal: %v with error %v", got, err)
			}
			if err == nil && tt.state != Up || err != nil && reason(err, timing) != tt.reason {
				t.Errorf("Probe: got %v, want %v %q", err, tt.state, tt.reason)
			}
			if got := askEngine(t, Ping{}, tt.target, timing.Timeout); got.State != tt.state || got.Reason != tt.reason {
				t.Errorf("engine: got %v %q, want %v %q", got.State, got.Reason, tt.state, tt.reason)
			}
		}
		t.Run(tt.name, func(t *testing.T) {
			if err := ns.Do(func() error { run(t); return nil }); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPingNeedsARawSocket(t *testing.T) {
	nettest.Require(t, nettest.NetNS) // as root
	if err := (Ping{}).Prepare(); err != nil {
		t.Error(err)
	}
	ended := make(chan error)
	go func() {
		runtime.LockOSThread() // and ends with this goroutine
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		if err := unix.Capset(&header, &make([]unix.CapUserData, 2)[0]); err != nil {
			ended <- err
			return
		}
		ended <- Ping{}.Prepare()
	}()
	if err := <-ended; err == nil || err.Error() != "local trouble: open raw socket: operation not permitted" {
		t.Errorf("without capabilities: %v", err)
	}
}

func TestPingProbeEndsWhenItsContextIsCancelled(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := nettest.New(t, "cancel")
	ns.Run("ip", "route", "add", "blackhole", "192.0.2.0/24")
	ns.Run("nft", "add", "table", "inet", "t")
	ns.Run("nft", "add", "chain", "inet", "t", "in", "{ type filter hook input priority 0; policy drop; }")
	err := ns.Do(func() error {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		_, err := Ping{}.Probe(ctx, Target{Addr: netip.MustParseAddrPort("127.0.0.1:0")}, Unknown)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want %v", err, context.Canceled)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// pinger returns a socket for pings, and one that can send it anything.
func pinger(t *testing.T, limit int) (s *pingSocket, forge func(message []byte)) {
	t.Helper()
	nettest.Require(t, nettest.NetNS) // as root, raw sockets are there too
	s, err := openPingSocket(pingRoute{}, limit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeSocket(s.fd) })
	raw, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_ICMP)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(raw) })
	return s, func(message []byte) {
		message[2], message[3] = 0, 0
		sum := checksum(message)
		message[2], message[3] = byte(sum>>8), byte(sum)
		if err := unix.Sendto(raw, message, 0, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestForgedAndLateRepliesDoNotCount(t *testing.T) {
	s, forge := pinger(t, 16)
	scratch := make([]byte, 2048)
	// The request goes to an address that does not answer, in the name of one
	// that could: 127.0.0.1.
	gone := netip.MustParseAddr("127.0.0.1")
	seq := s.seq + 1
	real := echo{id: s.id, seq: seq, token: 42}
	s.seq++
	en := &entry{}
	s.sent[seq] = ping{en: en, to: gone, token: real.token}
	reply := func(e echo, change func([]byte)) {
		message := e.put(make([]byte, 100), false)
		message[0] = echoReply4
		if change != nil {
			change(message)
		}
		forge(message)
	}
	reply(echo{id: s.id, seq: seq, token: 43}, nil)
	reply(echo{id: s.id, seq: seq + 1, token: 42}, nil)
	reply(echo{id: s.id + 1, seq: seq, token: 42}, nil)
	reply(real, func(m []byte) { m[0] = 3 })
	reply(real, func(m []byte) { m[1] = 1 })
	if got, ok := s.receive(scratch); ok {
		t.Fatalf("a forged reply counted for %p", got)
	}
	s.sent[seq] = ping{en: en, to: netip.MustParseAddr("127.0.0.2"), token: real.token}
	reply(real, nil)
	if _, ok := s.receive(scratch); ok {
		t.Fatal("a reply from another address counted")
	}
	s.sent[seq] = ping{en: en, to: gone, token: real.token}
	reply(real, nil)
	reply(real, nil)
	if got, ok := s.receive(scratch); !ok || got != en {
		t.Fatal("the reply did not count")
	}
	if _, ok := s.receive(scratch); ok {
		t.Fatal("the reply counted twice")
	}
	s.sent[seq] = ping{en: en, to: gone, token: real.token}
	s.forget(seq)
	reply(real, nil)
	if _, ok := s.receive(scratch); ok {
		t.Fatal("a late reply counted")
	}
}

func TestNoReplyIsLostWhenAllComeAtOnce(t *testing.T) {
	const n = maxSockets
	s, _ := pinger(t, n)
	scratch := make([]byte, 2048)
	for i := range n { // the kernel has answered when send returns
		if _, err := s.send(&entry{}, target(i).Addr.Addr(), scratch); err != nil {
			t.Fatal(err)
		}
	}
	replies := 0
	for _, ok := s.receive(scratch); ok; _, ok = s.receive(scratch) {
		replies++
	}
	if replies != n || len(s.sent) != 0 {
		t.Errorf("%d replies to %d requests", replies, n)
	}
}

func TestSequenceNumbersInFlightAreNotUsedAgain(t *testing.T) {
	s, _ := pinger(t, 16)
	scratch := make([]byte, 2048)
	s.seq = 1<<16 - 2
	s.sent[0] = ping{en: &entry{}}
	s.sent[1] = ping{en: &entry{}}
	var got []uint16
	for range 2 {
		seq, err := s.send(&entry{}, netip.MustParseAddr("127.0.0.1"), scratch)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, seq)
	}
	if want := [2]uint16{1<<16 - 1, 2}; [2]uint16(got) != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTenThousandPingsShareOneSocket(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	const n = 10_000
	var up, other atomic.Int64
	before := descriptors(t)
	e, stop := startEngine(t, Config{}, func(u Update) {
		if u.Status.State == Up {
			up.Add(1)
		} else if u.Check.Kind() == "ping_check" {
			other.Add(1)
		}
	})
	e.Set(targets(n, Ping{}, Timing{Interval: time.Hour, Timeout: 20 * time.Second}))
	nettest.Eventually(t, time.Minute, "all were asked", func() error {
		if got := e.Stats().Done; got < n {
			return fmt.Errorf("%d done", got)
		}
		return nil
	})
	if got := descriptors(t); got != before+2 {
		t.Errorf("%d descriptors more, want the epoll set and one socket", got-before)
	}
	e.Set(targets(1, TCP{}, Timing{Interval: time.Hour}))
	nettest.Eventually(t, time.Minute, "the socket for pings is closed", func() error {
		if got := descriptors(t); got > before+1 {
			return fmt.Errorf("%d descriptors more", got-before)
		}
		return nil
	})
	stop()
	if got := descriptors(t); got != before {
		t.Errorf("%d descriptors after the end, before %d", got, before)
	}
	if up.Load() != n || other.Load() != 0 || e.Stats().Local != 0 {
		t.Errorf("%d up, %d else, stats %+v", up.Load(), other.Load(), e.Stats())
	}
}
