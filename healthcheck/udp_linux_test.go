package healthcheck

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
)

func TestUDP(t *testing.T) {
	says := func(reply string) Target {
		return Target{Addr: udpServer(t, func([]byte) []byte { return []byte(reply) })}
	}
	echoes := Target{Addr: udpServer(t, func(b []byte) []byte { return b })}
	swallows := Target{Addr: udpServer(t, func([]byte) []byte { return nil })}
	nobody := Target{Addr: boundPort(t)}
	required := func(reply string, lengths ...int) UDP {
		lengths = append(lengths, 0, 0)
		return UDP{RequireReply: true, Reply: reply, MinReply: lengths[0], MaxReply: lengths[1]}
	}
	tests := []struct {
		name   string
		udp    UDP
		target Target
		state  State
		reason string
	}{
		{"silence is fine", UDP{}, swallows, Up, ""},
		{"a reply is fine", UDP{}, echoes, Up, ""},
		{"so is an empty one", UDP{}, says(""), Up, ""},
		{"so is a huge one", UDP{}, says(strings.Repeat("x", 60_000)), Up, ""},
		{"nobody listens", UDP{}, nobody, Down, "connection refused"},
		{"silence is not what was required", required(""), swallows, Down, "timed out after 100ms"},
		{"nobody listens, but a reply is required", required(""), nobody, Down, "connection refused"},
		{"a required reply of any kind", required(""), says(strings.Repeat("x", 300)), Up, ""},
		{"an empty one is one too", required(""), says(""), Up, ""},
		{"default payload", required("6b656570616c6976656420636865636b202d206b656570616c69766564206368", 32, 32), echoes, Up, ""},
		{"payload", UDP{Payload: "\x00\xff", RequireReply: true, Reply: "00 fX", MinReply: 2, MaxReply: 2}, echoes, Up, ""},
		{"another reply", required("00"), says("x"), Down, "reply does not match"},
		{"a reply that matches as far as it goes", required("78 79"), says("x"), Up, ""},
		{"but is too short", required("78 79", 2), says("x"), Down, "reply of 1 octets is shorter than 2"},
		{"a reply that is too long", required("78"), says(strings.Repeat("x", 256)), Down, "reply of 256 octets is longer than 255"},
		{"but not if it may be", required("78", 0, 256), says(strings.Repeat("x", 256)), Up, ""},
		{"lengths without a pattern", required("", 0, 1), says("xy"), Down, "reply of 2 octets is longer than 1"},
		{"source of another host", UDP{}, Target{Addr: echoes.Addr, Source: netip.MustParseAddrPort("192.0.2.1:0")}, Unknown,
			"local trouble: bind 192.0.2.1:0: cannot assign requested address"},
		{"from a port", required(""), Target{Addr: echoes.Addr, Source: boundPort(t)}, Up, ""},
	}
	timing := Timing{Timeout: 100 * time.Millisecond}
	for _, tt := range tests {
		if err := tt.udp.Validate(); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		t.Run("prober "+tt.name, func(t *testing.T) {
			err := askProber(t, tt.udp, tt.target, timing.Timeout)
			if got := errors.Is(err, ErrLocal); got != (tt.state == Unknown) {
				t.Errorf("ErrLocal: %v with error %v", got, err)
			}
			if err != nil {
				if got := strings.TrimPrefix(reason(err, timing), "read: "); tt.state == Up || got != tt.reason {
					t.Errorf("got %v, want %v %q", err, tt.state, tt.reason)
				}
			} else if tt.state != Up {
				t.Errorf("no error, want %q", tt.reason)
			}
		})
		t.Run("engine "+tt.name, func(t *testing.T) {
			if got := askEngine(t, tt.udp, tt.target, timing.Timeout); got.State != tt.state || got.Reason != tt.reason {
				t.Errorf("got %v %q, want %v %q", got.State, got.Reason, tt.state, tt.reason)
			}
		})
	}
}

func TestUDPValidate(t *testing.T) {
	tests := []struct {
		udp  UDP
		want string
	}{
		{UDP{}, ""},
		{UDP{Payload: strings.Repeat("x", 65507)}, ""},
		{UDP{Payload: strings.Repeat("x", 65508)}, "payload has 65508 octets, a datagram has room for 65507"},
		{UDP{Reply: "00"}, "what a reply has to be needs require_reply"},
		{UDP{MinReply: 1}, "what a reply has to be needs require_reply"},
		{UDP{RequireReply: true, Reply: "0g"}, "'g' at position 2 is no hexadecimal digit, nor X for any digit"},
		{UDP{RequireReply: true, MinReply: -1}, "length of the reply: not between 0 and 65535"},
		{UDP{RequireReply: true, MaxReply: 65536}, "length of the reply: not between 0 and 65535"},
		{UDP{RequireReply: true, MinReply: 9, MaxReply: 8}, "no reply is at least 9 and at most 8 octets long"},
		{UDP{RequireReply: true, Reply: "00", MinReply: 256}, "no reply is at least 256 and at most 255 octets long"},
		{UDP{RequireReply: true, MinReply: 256}, ""},
	}
	for _, tt := range tests {
		got := ""
		if err := tt.udp.Validate(); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%+v: got %q, want %q", tt.udp, got, tt.want)
		}
	}
}

func TestUDPProbeEndsWhenItsContextIsCancelled(t *testing.T) {
	target := Target{Addr: udpServer(t, func([]byte) []byte { return nil })}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := (UDP{}).Probe(ctx, target, Unknown); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v: silence was cut short", err, context.Canceled)
	}
}

// TestUDPTakesRepliesFromItsTargetOnly asks a target that lets another socket
// reply for it.
func TestUDPTakesRepliesFromItsTargetOnly(t *testing.T) {
	forger, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer forger.Close()
	server, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	go func() {
		if _, from, err := server.ReadFromUDPAddrPort(make([]byte, 100)); err == nil {
			forger.WriteToUDPAddrPort([]byte("hello"), from)
		}
	}()
	target := Target{Addr: server.LocalAddr().(*net.UDPAddr).AddrPort()}
	if got := askEngine(t, UDP{RequireReply: true}, target, 100*time.Millisecond); got.State != Down {
		t.Errorf("got %+v, want down", got)
	}
}

// TestUDPFindsHostsThatAreGone asks a neighbour that does not answer ARP.
func TestUDPFindsHostsThatAreGone(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := nettest.New(t, "gone")
	ns.Run("ip", "link", "add", "veth0", "type", "veth", "peer", "name", "veth1")
	ns.Run("ip", "addr", "add", "192.0.2.1/24", "dev", "veth0")
	ns.Run("ip", "link", "set", "veth0", "up")
	ns.Run("ip", "link", "set", "veth1", "up")
	ns.Run("sysctl", "-qw", "net.ipv4.neigh.veth0.retrans_time_ms=10") // three requests take 3 s otherwise
	var got Status
	err := ns.Do(func() error {
		got = askEngine(t, UDP{}, Target{Addr: netip.MustParseAddrPort("192.0.2.2:9")}, time.Minute)
		return nil
	})
	if err != nil || got.State != Down || got.Reason != "no route to host" {
		t.Errorf("got %+v, %v; want down: no route to host", got, err)
	}
}

func TestDroppedUDPQuestionsAreClosed(t *testing.T) {
	target := Target{Addr: udpServer(t, func([]byte) []byte { return nil })}
	before := descriptors(t)
	e, stop := startEngine(t, Config{}, func(u Update) { t.Errorf("reported %+v", u) })
	var checks []Check
	for i := range 100 {
		checks = append(checks, Spec{Prober: UDP{}, Target: target, Timing: Timing{Interval: time.Hour, Timeout: time.Hour, Retry: i}}.Check())
	}
	waiting := func(n int) func(Stats) bool {
		return func(s Stats) bool { return s.Sockets.InFlight == n && s.Checks == n }
	}
	e.Set(checks)
	eventually(t, e, "100 wait for a reply", waiting(100))
	e.Set(nil)
	eventually(t, e, "none does", waiting(0))
	if got := descriptors(t); got > before+1 {
		t.Errorf("%d descriptors, before %d", got, before)
	}
	e.Set(checks)
	eventually(t, e, "100 wait for a reply", waiting(100))
	stop()
	if got := descriptors(t); got > before {
		t.Errorf("%d descriptors after the end, before %d", got, before)
	}
}

func TestUDPChecksAreEqualIfTheySayTheSame(t *testing.T) {
	a := Spec{Prober: UDP{Payload: "a"}}.Check()
	if got := slices.Index([]Check{Spec{Prober: UDP{Payload: "b"}}.Check(), Spec{Prober: UDP{Payload: "a"}}.Check()}, a); got != 1 {
		t.Errorf("found at %d, want 1", got)
	}
}
