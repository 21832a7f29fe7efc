package vrrp

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/internal/nettest"
)

// sniff begins to capture VRRP on a LAN. What it returns waits for count frames and gives their fields of tshark.
func sniff(t *testing.T, lan *nettest.LAN, count int) (fields func(names ...string) []string) {
	t.Helper()
	nettest.Require(t, nettest.Tshark, "tcpdump")
	file := filepath.Join(t.TempDir(), "lan.pcap")
	tcpdump := lan.NS.Start(lan.NS.Command("tcpdump", "-Z", "root", "-U", "--immediate-mode", "-n", "-c", strconv.Itoa(count), "-i", lan.Bridge(), "-w", file, "proto 112"))
	nettest.Eventually(t, 10*time.Second, "tcpdump listens", func() error {
		if strings.Contains(tcpdump.Output(), "listening on") {
			return nil
		}
		return errors.New(tcpdump.Output())
	})
	return func(names ...string) []string {
		t.Helper()
		if err := tcpdump.Wait(10 * time.Second); err != nil {
			t.Fatalf("capture %d frames: %v", count, err)
		}
		args := []string{"-n", "-r", file, "-T", "fields", "-E", "separator= "}
		for _, name := range names {
			args = append(args, "-e", name)
		}
		out, err := lan.NS.Command("tshark", args...).Output()
		if err != nil {
			t.Fatalf("tshark: %v", err)
		}
		return strings.Split(strings.TrimSpace(string(out)), "\n")
	}
}

func TestTsharkFindsEveryFormGood(t *testing.T) {
	lan, left, right := pair(t)
	fields := sniff(t, lan, 9)
	four := Advertisement{Version: 3, VRID: 51, Priority: 150, Interval: time.Second, Addresses: addrs("10.99.0.10", "10.99.0.11")}
	two, six := four, four
	two.Version = 2
	pass := two
	pass.AuthType, pass.AuthData = AuthPassword, [8]byte([]byte("secretpw"))
	six.Addresses = addrs("fe80::99:10", "fd99::10")
	message := four // tshark knows RFC 5798 only
	message.Checksum = ChecksumMessage
	right.open(onEth0(51, false, "10.99.0.1"))
	right.open(onEth0(51, true, "fe80::99:1"))
	var want []string
	for _, tt := range []struct {
		a                   Advertisement
		source, destination string
		sealed              bool
		verdict             int
	}{
		{two, "10.99.0.1", "224.0.0.18", false, 1},
		{pass, "10.99.0.1", "224.0.0.18", false, 1},
		{pass, "10.99.0.1", "10.99.0.2", false, 1},
		{four, "10.99.0.1", "224.0.0.18", false, 1},
		{four, "10.99.0.1", "10.99.0.2", false, 1},
		{message, "10.99.0.1", "224.0.0.18", false, 0},
		{six, "fe80::99:1", "ff02::12", false, 1},
		{six, "fe80::99:1", "fe80::99:2", false, 1},
		{six, "fe80::99:1", "ff02::12", true, 1},
	} {
		source, destination := addr(tt.source), addr(tt.destination)
		cfg := onEth0(51, source.Is6())
		if !destination.IsMulticast() {
			cfg.Peers = []Peer{{Addr: destination}}
		}
		packet, err := tt.a.Append(nil, source, destination)
		if err != nil {
			t.Fatal(err)
		}
		if tt.sealed {
			packet = newAuthenticator(keyed(nil)).seal(packet, source, destination, noon())
		}
		send(t, left.open(cfg), packet, tt.source, tt.destination)
		if !destination.IsMulticast() {
			if p, ok := right.receive(5 * time.Second); !ok || string(p.Payload) != string(packet) {
				t.Fatalf("%s: received %v: %+v", tt.destination, ok, p)
			}
		}
		ttl := "255 0xc0  "
		if source.Is6() {
			ttl = "  255 0x000000c0"
		}
		want = append(want, fmt.Sprintf("%d 150 %d %s", tt.a.Version, tt.verdict, ttl))
	}
	got := fields("vrrp.version", "vrrp.prio", "vrrp.checksum.status", "ip.ttl", "ip.dsfield", "ipv6.hlim", "ipv6.tclass")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// addMacvlan gives a host the macvlan of a virtual router, without an address.
func (h *testHost) addMacvlan(mac string) {
	h.t.Helper()
	h.ns.Run("ip", "link", "add", "link", "eth0", "name", "vrrp.51", "address", mac, "type", "macvlan", "mode", "private")
	h.ns.Run("ip", "link", "set", "vrrp.51", "addrgenmode", "none")
	h.ns.Run("ip", "link", "set", "vrrp.51", "up")
}

// Two routers with the same virtual MAC hear each other, though the kernel takes such a frame for the macvlan alone, and
// they hear a router without one, once.
func TestVirtualMAC(t *testing.T) {
	for _, tt := range []struct {
		mac                 string
		ipv6                bool
		left, right, target string
	}{
		{"00:00:5e:00:01:33", false, "10.99.0.1", "10.99.0.2", "224.0.0.18"},
		{"00:00:5e:00:02:33", true, "fe80::99:1", "fe80::99:2", "ff02::12"},
	} {
		t.Run(tt.mac, func(t *testing.T) {
			lan, left, right := pair(t)
			cfg := onEth0(51, tt.ipv6)
			cfg.Transmit = "vrrp.51"
			var conns []Conn
			for _, h := range []*testHost{left, right} {
				h.addMacvlan(tt.mac)
				conns = append(conns, h.open(cfg))
			}
			plain := right.open(onEth0(52, tt.ipv6))
			fields := sniff(t, lan, 3)

			from := func(h *testHost, source string, payload []byte) Packet {
				return Packet{Index: h.index("eth0"), Source: addr(source), Destination: addr(tt.target), TTL: 255, Payload: payload}
			}
			message := unhex("31 33 96 01 0032 4339 0a63000a")
			send(t, conns[0], message, tt.left, tt.target)
			right.expect(from(right, tt.left, message))
			send(t, conns[1], message, tt.right, tt.target)
			left.expect(from(left, tt.right, message))
			send(t, plain, message, tt.right, tt.target)
			left.expect(from(left, tt.right, message))
			left.expectNothing()
			right.expectNothing()

			got := fields("eth.src", "eth.dst", "ip.src", "ipv6.src")
			if len(got) != 3 {
				t.Fatalf("frames: %q", got)
			}
			for i, source := range []string{tt.left, tt.right} {
				if !strings.HasPrefix(got[i], tt.mac) || !strings.Contains(got[i], source) {
					t.Errorf("frame %q, want it from %s and %s", got[i], tt.mac, source)
				}
			}
			if strings.HasPrefix(got[2], tt.mac) {
				t.Errorf("frame %q, want it from the MAC address of eth0", got[2])
			}
		})
	}
}

// A driver that is late finds all that has come, also with more sockets than Wait looks at in one go.
func TestManyVirtualMACs(t *testing.T) {
	_, left, right := pair(t)
	const routers = 140
	var script strings.Builder
	for vrid := range routers {
		fmt.Fprintf(&script, "link add link eth0 name vrrp.%d address 00:00:5e:00:01:%02x type macvlan mode private\n", vrid, vrid)
		fmt.Fprintf(&script, "link set vrrp.%d addrgenmode none up\n", vrid)
	}
	file := filepath.Join(t.TempDir(), "links")
	if err := os.WriteFile(file, []byte(script.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var speakers []Conn
	for _, h := range []*testHost{left, right} {
		h.ns.Run("ip", "-batch", file)
		for vrid := range routers {
			cfg := onEth0(uint8(vrid), false)
			cfg.Transmit = fmt.Sprintf("vrrp.%d", vrid)
			if c := h.open(cfg); h == left {
				speakers = append(speakers, c)
			}
		}
	}
	for vrid, c := range speakers {
		send(t, c, []byte{0x31, byte(vrid)}, "10.99.0.1", "224.0.0.18")
	}
	nettest.Eventually(t, 10*time.Second, "all have come", func() error {
		right.net.Wait(time.Time{})
		queued := strings.Count(right.ns.Run("cat", "/proc/net/raw"), " 00000000:00000000 ") // nothing in either queue
		if queued > 2 {
			return fmt.Errorf("%d sockets have nothing", queued)
		}
		return nil
	})
	seen := make(map[byte]bool)
	right.net.Wait(time.Time{})
	for range routers {
		p, ok, err := right.net.Receive()
		if !ok || err != nil {
			t.Fatalf("after %d packets: %v, %v", len(seen), ok, err)
		}
		seen[p.Payload[1]] = true
	}
	if len(seen) != routers {
		t.Errorf("packets of %d routers, want %d", len(seen), routers)
	}
}

// FuzzParseControl6: control messages of any kind do no harm.
func FuzzParseControl6(f *testing.F) {
	f.Add(unhex("2400000000000000 29000000 32000000 ff020000000000000000000000000012 02000000 00000000 1400000000000000 29000000 34000000 ff000000 00000000"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, ok := parseControl6(b); ok != p.Destination.Is6() {
			t.Errorf("destination %v, %v", p.Destination, ok)
		}
	})
}

// BenchmarkSendAndReceive is one advertisement from one namespace to another: what both sides and the kernel between
// them take.
func BenchmarkSendAndReceive(b *testing.B) {
	for _, ipv6 := range []bool{false, true} {
		b.Run(fmt.Sprintf("IPv6 %v", ipv6), func(b *testing.B) {
			_, left, right := pair(b)
			cfg := onEth0(51, ipv6)
			speaker := left.open(cfg)
			right.open(cfg)
			source, destination := addr("10.99.0.1"), cfg.group()
			if ipv6 {
				source = addr("fe80::99:1")
			}
			payload := unhex("31 33 96 01 0032 4339 0a63000a")
			b.ReportAllocs()
			for b.Loop() {
				if err := speaker.Send(payload, source, destination); err != nil {
					b.Fatal(err)
				}
				right.net.Wait(time.Time{})
				if _, ok, err := right.net.Receive(); !ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}
