package vrrp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
)

var _ Network = (*LinuxNetwork)(nil)

// A testHost is a namespace on a LAN with a network of ours, used from outside of the namespace.
type testHost struct {
	t   testing.TB
	ns  *nettest.Namespace
	net *LinuxNetwork
}

// newTestHost returns a host that is not on a LAN yet.
func newTestHost(t testing.TB, name string) *testHost {
	t.Helper()
	h := &testHost{t: t, ns: nettest.New(t, name)}
	err := h.ns.Do(func() (err error) {
		h.net, err = NewNetwork()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.net.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// pair returns two hosts on a LAN: 10.99.0.1 and fe80::99:1, 10.99.0.2 and fe80::99:2.
func pair(t testing.TB) (lan *nettest.LAN, left, right *testHost) {
	t.Helper()
	nettest.Require(t, nettest.NetNS)
	lan = nettest.NewLAN(t, "sw")
	left, right = newTestHost(t, "left"), newTestHost(t, "right")
	for i, h := range []*testHost{left, right} {
		lan.Connect(h.ns, "eth0",
			netip.MustParsePrefix(fmt.Sprintf("10.99.0.%d/24", i+1)),
			netip.MustParsePrefix(fmt.Sprintf("fe80::99:%d/64", i+1)),
			netip.MustParsePrefix(fmt.Sprintf("fd99::%d/64", i+1)))
	}
	return lan, left, right
}

// index returns the index of an interface.
func (h *testHost) index(ifname string) (index int) {
	h.t.Helper()
	err := h.ns.Do(func() error {
		link, err := net.InterfaceByName(ifname)
		if err == nil {
			index = link.Index
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return index
}

// open returns an attached connection. It is closed when the test ends.
func (h *testHost) open(cfg Config) Conn {
	h.t.Helper()
	c, err := h.net.Open(cfg)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		if err := c.Close(); err != nil {
			h.t.Error(err)
		}
	})
	index := h.index(cfg.Interface)
	transmit := index
	if cfg.Transmit != "" {
		transmit = h.index(cfg.Transmit)
	}
	if err := c.Attach(index, transmit); err != nil {
		h.t.Fatal(err)
	}
	return c
}

// receive returns the next packet; ok is false if none has come after the timeout.
func (h *testHost) receive(timeout time.Duration) (p Packet, ok bool) {
	h.t.Helper()
	for deadline := time.Now().Add(timeout); time.Now().Before(deadline); h.net.Wait(deadline) {
		p, ok, err := h.net.Receive()
		if err != nil {
			h.t.Fatal(err)
		}
		if ok {
			return p, true
		}
	}
	return Packet{}, false
}

// expect fails unless the packet is the next to come.
func (h *testHost) expect(want Packet) {
	h.t.Helper()
	got, ok := h.receive(5 * time.Second)
	if diff := cmp.Diff(want, got, compareAddrs()); !ok || diff != "" {
		h.t.Fatalf("received %v (-want +got):\n%s", ok, diff)
	}
}

// expectNothing fails if a packet comes. What was sent before a packet that has come is enough of a wait.
func (h *testHost) expectNothing() {
	h.t.Helper()
	if p, ok := h.receive(20 * time.Millisecond); ok {
		h.t.Fatalf("received %+v", p)
	}
}

func send(t *testing.T, c Conn, payload []byte, source, destination string) {
	t.Helper()
	if err := c.Send(payload, addr(source), addr(destination)); err != nil {
		t.Fatalf("send from %s to %s: %v", source, destination, err)
	}
}

// onEth0 returns the configuration of a router.
func onEth0(vrid uint8, ipv6 bool, peers ...string) Config {
	cfg := Config{Interface: "eth0", VRID: vrid, IPv6: ipv6}
	for _, p := range addrs(peers...) {
		cfg.Peers = append(cfg.Peers, Peer{Addr: p})
	}
	return cfg
}

func TestPacketsPass(t *testing.T) {
	other, low := onEth0(51, false), onEth0(51, false, "10.99.0.2")
	other.Group, low.UnicastTTL = addr("224.0.0.99"), 64
	low6 := onEth0(51, true, "fe80::99:2")
	low6.UnicastTTL = 64
	tests := []struct {
		name                string
		cfg                 Config
		source, destination string
		ttl                 uint8
	}{
		{"multicast", onEth0(51, false), "10.99.0.1", "224.0.0.18", 255},
		{"another group", other, "10.99.0.1", "224.0.0.99", 255},
		{"unicast", onEth0(51, false, "10.99.0.2"), "10.99.0.1", "10.99.0.2", 255},
		{"unicast with TTL", low, "10.99.0.1", "10.99.0.2", 64},
		{"IPv6 multicast", onEth0(51, true), "fe80::99:1", "ff02::12", 255},
		{"IPv6 unicast", onEth0(51, true, "fe80::99:2"), "fe80::99:1", "fe80::99:2", 255},
		{"IPv6 global unicast", onEth0(51, true, "fd99::2"), "fd99::1", "fd99::2", 255},
		{"IPv6 unicast with hop limit", low6, "fe80::99:1", "fe80::99:2", 64},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, left, right := pair(t)
			speaker := left.open(tt.cfg)
			left.open(tt.cfg)
			first, second := right.open(tt.cfg), right.open(tt.cfg)
			payload := func(n byte) []byte { return []byte{0x31, 51, n, 1} }
			want := func(n byte) Packet {
				return Packet{
					Index: right.index("eth0"), Source: addr(tt.source), Destination: addr(tt.destination), TTL: tt.ttl,
					Payload: payload(n),
				}
			}
			for n := range byte(5) {
				send(t, speaker, payload(n), tt.source, tt.destination)
			}
			for n := range byte(5) { // in order, once for both routers
				right.expect(want(n))
			}
			right.expectNothing()
			left.expectNothing()

			if err := first.Close(); err != nil {
				t.Fatal(err)
			}
			send(t, speaker, payload(5), tt.source, tt.destination)
			right.expect(want(5))
			if err := second.Close(); err != nil {
				t.Fatal(err)
			}
			send(t, speaker, payload(6), tt.source, tt.destination)
			right.expectNothing()
		})
	}
}

// A router does not hear the groups of others, and who is not attached hears nothing.
func TestGroupsAreJoined(t *testing.T) {
	_, left, right := pair(t)
	speaker := left.open(onEth0(51, false))
	idle, err := right.net.Open(onEth0(51, false))
	if err != nil {
		t.Fatal(err)
	}
	unicast := right.open(onEth0(51, false, "10.99.0.1"))
	send(t, speaker, []byte{1}, "10.99.0.1", "224.0.0.18")
	right.expectNothing()
	if err := idle.Send([]byte{1}, addr("10.99.0.2"), group4()); !errors.Is(err, unix.ENODEV) {
		t.Errorf("sent without an interface: %v", err)
	}
	if err := idle.Attach(right.index("eth0"), right.index("eth0")); err != nil {
		t.Fatal(err)
	}
	send(t, speaker, []byte{2}, "10.99.0.1", "224.0.0.18")
	if p, ok := right.receive(5 * time.Second); !ok || p.Payload[0] != 2 {
		t.Errorf("received %v: %+v", ok, p)
	}
	if err := errors.Join(idle.Attach(0, 0), unicast.Attach(0, 0)); err != nil {
		t.Fatal(err)
	}
	send(t, speaker, []byte{3}, "10.99.0.1", "224.0.0.18")
	right.expectNothing()
}

// rawSockets returns how many raw sockets there are in the namespace.
func (h *testHost) rawSockets() (count int) {
	h.t.Helper()
	for _, file := range []string{"raw", "raw6"} {
		text := h.ns.Run("cat", "/proc/net/"+file)
		count += strings.Count(text, "\n") - 1
	}
	return count
}

func TestManyRoutersShareASocket(t *testing.T) {
	_, left, right := pair(t)
	var speakers []Conn
	for vrid := range 255 {
		for _, ipv6 := range []bool{false, true} {
			speakers = append(speakers, left.open(onEth0(uint8(vrid+1), ipv6)))
			right.open(onEth0(uint8(vrid+1), ipv6))
		}
	}
	if got := right.rawSockets(); got != 4 {
		t.Errorf("%d raw sockets, want 4: one to send and one to receive for each family", got)
	}
	for i, c := range speakers {
		if i%2 == 0 {
			send(t, c, []byte{0x31, byte(i/2 + 1)}, "10.99.0.1", "224.0.0.18")
		} else {
			send(t, c, []byte{0x31, byte(i/2 + 1)}, "fe80::99:1", "ff02::12")
		}
	}
	seen := make(map[bool]map[byte]int)
	for range speakers {
		p, ok := right.receive(5 * time.Second)
		if !ok {
			t.Fatalf("not all came: %v", seen)
		}
		if seen[p.Source.Is6()] == nil {
			seen[p.Source.Is6()] = make(map[byte]int)
		}
		seen[p.Source.Is6()][p.Payload[1]]++
	}
	right.expectNothing()
	if len(seen[false]) != 255 || len(seen[true]) != 255 {
		t.Errorf("packets of %d and %d routers, want 255", len(seen[false]), len(seen[true]))
	}
}

func TestInterfaceIsReplaced(t *testing.T) {
	for _, ipv6 := range []bool{false, true} {
		t.Run(fmt.Sprintf("IPv6 %v", ipv6), func(t *testing.T) {
			source, other, destination := "10.99.0.1", "10.99.0.2", "224.0.0.18"
			if ipv6 {
				source, other, destination = "fe80::99:1", "fe80::99:2", "ff02::12"
			}
			lan, left, right := pair(t)
			speaker, hearer := left.open(onEth0(51, ipv6)), right.open(onEth0(51, ipv6))
			send(t, speaker, []byte{1}, source, destination)
			if _, ok := right.receive(5 * time.Second); !ok {
				t.Fatal("nothing came")
			}
			before := right.index("eth0")
			right.ns.Run("ip", "link", "del", "eth0")
			lan.Connect(right.ns, "eth0", netip.MustParsePrefix("10.99.0.2/24"), netip.MustParsePrefix("fe80::99:2/64"))
			index := right.index("eth0")
			if index == before {
				t.Fatal("the same index")
			}
			sockets := right.rawSockets()
			if err := hearer.Attach(index, index); err != nil {
				t.Fatal(err)
			}
			if got := right.rawSockets(); got != sockets {
				t.Errorf("%d raw sockets, want %d: the old one is closed", got, sockets)
			}
			send(t, speaker, []byte{2}, source, destination)
			if p, ok := right.receive(5 * time.Second); !ok || p.Payload[0] != 2 || p.Index != index {
				t.Errorf("received %v: %+v", ok, p)
			}
			left.open(onEth0(51, ipv6))
			send(t, hearer, []byte{3}, other, destination)
			if p, ok := left.receive(5 * time.Second); !ok || p.Payload[0] != 3 {
				t.Errorf("received %v: %+v", ok, p)
			}
			if err := hearer.Attach(index+1000, index+1000); err == nil {
				t.Error("attached to an interface that does not exist")
			}
			if err := hearer.Attach(index, index); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSendErrors(t *testing.T) {
	_, left, _ := pair(t)
	c, c6 := left.open(onEth0(51, false)), left.open(onEth0(51, true))
	unreachable := func() {
		t.Helper()
		for _, err := range []error{
			c.Send([]byte{1}, addr("10.99.0.1"), group4()),
			c6.Send([]byte{1}, addr("fe80::99:1"), addr("ff02::12")),
		} {
			if !errors.Is(err, unix.ENETDOWN) && !errors.Is(err, unix.ENETUNREACH) && !errors.Is(err, unix.ENODEV) {
				t.Errorf("got %v, want an error of the network", err)
			}
		}
	}
	left.ns.Run("ip", "link", "set", "eth0", "down")
	unreachable()
	left.ns.Run("ip", "link", "set", "eth0", "up")
	send(t, c, []byte{1}, "10.99.0.1", "224.0.0.18")
	nettest.Eventually(t, 10*time.Second, "IPv6 is back", func() error { // the kernel takes its time for the routes
		return c6.Send([]byte{1}, addr("fe80::99:1"), addr("ff02::12"))
	})
	if err := c.Send([]byte{1}, addr("10.99.0.77"), group4()); err == nil {
		t.Error("sent from an address that the host does not have")
	}
	left.ns.Run("ip", "link", "del", "eth0")
	unreachable()
}

// A peer whose kernel knows no VRRP answers with ICMP.
func TestErrorsOfPeersDoNotDisturb(t *testing.T) {
	_, left, _ := pair(t)
	c, c6 := left.open(onEth0(51, false, "10.99.0.2")), left.open(onEth0(51, true, "fd99::2"))
	message := unhex("31 33 96 01 0032 18e7 0a63000a")
	nettest.Eventually(t, 10*time.Second, "both errors have come", func() error {
		send(t, c, message, "10.99.0.1", "10.99.0.2")
		send(t, c6, message, "fd99::1", "fd99::2")
		if p, ok, err := left.net.Receive(); ok || err != nil {
			t.Fatalf("received %+v, %v", p, err)
		}
		for line := range strings.Lines(left.ns.Run("nstat", "-asz", "IcmpInDestUnreachs", "Icmp6InParmProblems")) {
			if f := strings.Fields(line); len(f) > 1 && f[1] == "0" {
				return errors.New(line)
			}
		}
		return nil
	})
	send(t, c, message, "10.99.0.1", "10.99.0.2")
	send(t, c6, message, "fd99::1", "fd99::2")
	left.expectNothing()
}

func TestWait(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	h := newTestHost(t, "wait")
	h.net.Wait(time.Now().Add(-time.Second)) // returns
	deadline := time.Now().Add(5 * time.Millisecond)
	h.net.Wait(deadline)
	if time.Now().Before(deadline) {
		t.Error("nothing has happened before the deadline")
	}
	h.net.Wake()
	h.net.Wake()
	h.net.Wait(time.Time{})
	go h.net.Wake()
	h.net.Wait(time.Time{})
	deadline = time.Now().Add(5 * time.Millisecond)
	h.net.Wait(deadline)
	if time.Now().Before(deadline) {
		t.Error("woken once more than it was asked for")
	}
	if err := h.net.Close(); err != nil {
		t.Fatal(err)
	}
	h.net.Wake() // harmless
}

// A backlog on one interface holds up neither the packets of another one nor Wake nor the deadline.
func TestFloodOfOneInterface(t *testing.T) {
	_, left, right := pair(t)
	lan := nettest.NewLAN(t, "quiet")
	lan.Connect(left.ns, "eth1", netip.MustParsePrefix("10.98.0.1/24"))
	lan.Connect(right.ns, "eth1", netip.MustParsePrefix("10.98.0.2/24"))
	quiet := onEth0(51, false)
	quiet.Interface = "eth1"
	loud := left.open(onEth0(51, false))
	for _, cfg := range []Config{onEth0(51, false), quiet} {
		right.open(cfg)
	}
	for range 1000 {
		send(t, loud, []byte{1}, "10.99.0.1", "224.0.0.18")
	}
	send(t, left.open(quiet), []byte{2}, "10.98.0.1", "224.0.0.18")
	nettest.Eventually(t, 5*time.Second, "both have packets", func() error {
		if right.net.Wait(time.Time{}); len(right.net.ready) < 2 {
			return errors.New("one has")
		}
		return nil
	})
	for n := range 3 {
		p, ok, err := right.net.Receive()
		if !ok || err != nil {
			t.Fatalf("received %v, %v", ok, err)
		}
		if p.Payload[0] == 2 {
			break
		}
		if n == 2 {
			t.Error("the quiet interface is not served")
		}
	}
	right.net.Wait(time.Now().Add(-time.Second))
	right.net.Wake()
	right.net.Wait(time.Time{})
	more := 0
	for {
		_, ok, err := right.net.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		more++
	}
	if more < 997 {
		t.Errorf("only %d of the flood, want all", more)
	}
}

func TestNetworkDoesNotAllocate(t *testing.T) {
	_, left, right := pair(t)
	for name, cfg := range map[string]Config{"IPv4": onEth0(51, false), "IPv6": onEth0(51, true)} {
		speaker := left.open(cfg)
		right.open(cfg)
		source := addr("10.99.0.1")
		if cfg.IPv6 {
			source = addr("fe80::99:1")
		}
		destination, payload, lost := cfg.group(), []byte{0x31, 51, 100, 0}, 0
		n := testing.AllocsPerRun(100, func() {
			if err := speaker.Send(payload, source, destination); err != nil {
				t.Error(err)
			}
			right.net.Wait(time.Time{})
			if _, ok, err := right.net.Receive(); !ok || err != nil {
				lost++
			}
			if _, ok, err := right.net.Receive(); ok || err != nil {
				lost++
			}
		})
		if n > 0 || lost > 0 {
			t.Errorf("%s: %v allocations, %d lost", name, n, lost)
		}
	}
}

// withoutCapability calls f on a thread that lacks a capability.
func withoutCapability(t *testing.T, capability uint, f func()) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var data [2]unix.CapUserData
		err := unix.Capget(&header, &data[0])
		if err == nil {
			data[capability/32].Effective &^= 1 << (capability % 32)
			err = unix.Capset(&header, &data[0])
		}
		if err == nil {
			f()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestNetworkNeedsThePrivilege(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	withoutCapability(t, unix.CAP_NET_RAW, func() {
		if n, err := NewNetwork(); !errors.Is(err, os.ErrPermission) || n != nil {
			t.Errorf("got %v, %v; want %v", n, err, os.ErrPermission)
		}
	})
}

func TestRaisePriority(t *testing.T) {
	nettest.Require(t, nettest.NetNS) // that is, root
	withoutCapability(t, unix.CAP_SYS_NICE, func() {
		if err := RaisePriority(50); !errors.Is(err, os.ErrPermission) {
			t.Errorf("without the capability: %v, want %v", err, os.ErrPermission)
		}
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		if err := RaisePriority(50); err != nil {
			if errors.Is(err, os.ErrPermission) {
				t.Log("not permitted here, whoever asks:", err)
				return
			}
			t.Error(err)
			return
		}
		got, err := unix.SchedGetAttr(0, 0)
		want := &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Flags: unix.SCHED_FLAG_RESET_ON_FORK, Priority: 50}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(unix.SchedAttr{}, "Size", "Runtime", "Util_min", "Util_max")); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}()
	<-done
}
