package fwmark

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/internal/nettest"
)

// network is a client and a director, for which 198.51.100.0/24 and
// 2001:db8:51::/64 are addresses of its own.
func network(t *testing.T) (client, director *nettest.Namespace) {
	lan := nettest.NewLAN(t, "lan")
	client, director = nettest.New(t, "client"), nettest.New(t, "director")
	lan.Connect(client, "eth0", netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("fd00::1/64"))
	lan.Connect(director, "eth0", netip.MustParsePrefix("10.0.0.2/24"), netip.MustParsePrefix("fd00::2/64"))
	client.Run("ip", "route", "add", "default", "via", "10.0.0.2")
	client.Run("ip", "-6", "route", "add", "default", "via", "fd00::2")
	director.Run("ip", "route", "add", "default", "via", "10.0.0.1")
	director.Run("ip", "route", "add", "local", "198.51.100.0/24", "dev", "lo")
	director.Run("ip", "-6", "route", "add", "local", "2001:db8:51::/64", "dev", "lo")
	return client, director
}

// A tap sees the packets of one protocol and family that reach a host.
type tap struct {
	t    *testing.T
	conn *net.IPConn
}

func rawNetwork(p ipvs.Protocol, v4 bool) string {
	if v4 {
		return fmt.Sprintf("ip4:%d", p)
	}
	return fmt.Sprintf("ip6:%d", p)
}

func newTap(t *testing.T, ns *nettest.Namespace, p ipvs.Protocol, v4 bool) *tap {
	t.Helper()
	r := &tap{t: t}
	err := ns.Do(func() (err error) {
		if r.conn, err = net.ListenIP(rawNetwork(p, v4), &net.IPAddr{}); err != nil {
			return err
		}
		raw, err := r.conn.SyscallConn()
		if err != nil {
			return err
		}
		return errors.Join(raw.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVMARK, 1)
		}), err)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.conn.Close() })
	return r
}

// receive returns the port and the mark of the next packet.
func (r *tap) receive(timeout time.Duration) (port uint16, mark uint32, err error) {
	r.t.Helper()
	packet, oob := make([]byte, 256), make([]byte, 256)
	if err := r.conn.SetReadDeadline(time.Now().Add(timeout)); err != nil {
		return 0, 0, err
	}
	n, oobn, _, _, err := r.conn.ReadMsgIP(packet, oob)
	if err != nil {
		return 0, 0, err
	}
	if packet = packet[:n]; packet[0]>>4 == 4 { // else IPv6, which comes without its header
		packet = packet[20:]
	}
	messages, err := unix.ParseSocketControlMessage(oob[:oobn])
	if err != nil {
		return 0, 0, err
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_MARK {
			mark = binary.NativeEndian.Uint32(m.Data)
		}
	}
	return binary.BigEndian.Uint16(packet[2:]), mark, nil
}

// rawDial opens a socket for packets of a protocol to an address.
func rawDial(t *testing.T, ns *nettest.Namespace, p ipvs.Protocol, to netip.Addr) *net.IPConn {
	t.Helper()
	var conn *net.IPConn
	err := ns.Do(func() (err error) {
		conn, err = net.DialIP(rawNetwork(p, to.Is4()), nil, &net.IPAddr{IP: to.AsSlice()})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// segment returns the ports with which TCP, UDP and SCTP all begin, and zeros.
func segment(port uint16) []byte {
	b := make([]byte, 40)
	b[0] = 0x60 // source port 24576: no IPv4 header begins so
	binary.BigEndian.PutUint16(b[2:], port)
	return b
}

func TestPacketsGetTheirMarks(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	client, director := network(t)
	apply(t, director, []Rule{
		{Mark: 7, Addresses: spans("198.51.100.1-198.51.100.9", "2001:db8:51::1"), Ports: []PortRange{{80, 80}, {8000, 8010}}, Protocols: []ipvs.Protocol{ipvs.TCP}},
		{Mark: 7, Addresses: spans("198.51.100.20"), Ports: []PortRange{{53, 53}}, Protocols: []ipvs.Protocol{ipvs.TCP, ipvs.UDP}},
		{Mark: 0xfedc0001, Addresses: spans("198.51.100.1-198.51.100.3", "2001:db8:51::-2001:db8:51::ffff"), Protocols: []ipvs.Protocol{ipvs.UDP}},
		{Mark: 11, Addresses: spans("198.51.100.10-198.51.100.12"), Ports: []PortRange{{80, 80}, {8000, 8010}}, Protocols: []ipvs.Protocol{ipvs.TCP}},
		{Mark: 9, Addresses: spans("198.51.100.200-255.255.255.255"), Ports: []PortRange{{5000, 65535}}},
	})
	tests := []struct {
		protocol ipvs.Protocol
		to       string
		want     uint32
	}{
		{ipvs.TCP, "198.51.100.1:80", 7},
		{ipvs.TCP, "198.51.100.9:8010", 7},
		{ipvs.TCP, "198.51.100.9:8011", 0},
		{ipvs.TCP, "198.51.100.10:80", 11}, // neighbours of other marks
		{ipvs.TCP, "198.51.100.12:8000", 11},
		{ipvs.TCP, "198.51.100.13:80", 0},
		{ipvs.TCP, "198.51.100.0:80", 0},
		{ipvs.SCTP, "198.51.100.1:80", 0},
		{ipvs.TCP, "[2001:db8:51::1]:8005", 7},
		{ipvs.TCP, "[2001:db8:51::2]:8005", 0},
		{ipvs.TCP, "198.51.100.20:53", 7},
		{ipvs.UDP, "198.51.100.20:53", 7},
		{ipvs.UDP, "198.51.100.20:54", 0},
		{ipvs.UDP, "198.51.100.2:1", 0xfedc0001},
		{ipvs.UDP, "198.51.100.4:1", 0},
		{ipvs.UDP, "[2001:db8:51::ffff]:9", 0xfedc0001},
		{ipvs.UDP, "[2001:db8:51::1:0]:9", 0},
		{ipvs.TCP, "198.51.100.254:65535", 9},
		{ipvs.UDP, "198.51.100.200:5000", 9},
		{ipvs.SCTP, "198.51.100.201:5001", 9},
		{ipvs.SCTP, "198.51.100.201:4999", 0},
	}
	for _, tt := range tests {
		to := netip.MustParseAddrPort(tt.to)
		t.Run(fmt.Sprint(tt.protocol, " ", to), func(t *testing.T) {
			tap := newTap(t, director, tt.protocol, to.Addr().Is4())
			conn := rawDial(t, client, tt.protocol, to.Addr())
			if _, err := conn.Write(segment(to.Port())); err != nil {
				t.Fatal(err)
			}
			port, mark, err := tap.receive(5 * time.Second)
			if err != nil || port != to.Port() || mark != tt.want {
				t.Errorf("port %d, mark %#x, %v, want port %d, mark %#x", port, mark, err, to.Port(), tt.want)
			}
		})
	}
}

// A program on the director is a client, too: the mark comes before the route
// is final.
func TestPacketsOfTheDirectorItselfAreRoutedByTheirMark(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	_, director := network(t)
	director.Run("ip", "rule", "add", "fwmark", "7", "table", "100")
	director.Run("ip", "route", "add", "local", "default", "dev", "lo", "table", "100")
	service := netip.MustParseAddr("203.0.113.5")
	apply(t, director, []Rule{{Mark: 7, Addresses: []Range{{service, service}}, Ports: []PortRange{{80, 80}}}})
	tap := newTap(t, director, ipvs.TCP, true)
	conn := rawDial(t, director, ipvs.TCP, service)
	for _, port := range []uint16{81, 80} { // 81 goes out
		if _, err := conn.Write(segment(port)); err != nil {
			t.Fatal(err)
		}
	}
	if port, mark, err := tap.receive(5 * time.Second); err != nil || port != 80 || mark != 7 {
		t.Errorf("port %d, mark %d, %v came back, want port 80, mark 7", port, mark, err)
	}
}

func TestNoPacketOfAStreamMissesItsMarkDuringReplacements(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	const replacements = 50
	client, director := network(t)
	service := span("198.51.100.77")
	// The same packet is matched first by one rule, then by another one.
	low := []Rule{{Mark: 7, Addresses: []Range{service}}, {Mark: 7, Addresses: scattered(500), Ports: []PortRange{{1, 2}}}}
	high := []Rule{{Mark: 7, Addresses: scattered(500)}, {Mark: 7, Addresses: []Range{service}, Ports: []PortRange{{50, 60}}, Protocols: []ipvs.Protocol{ipvs.UDP}}}
	apply(t, director, low)

	tap := newTap(t, director, ipvs.UDP, true)
	conn := rawDial(t, client, ipvs.UDP, service.From)
	ctx, stop := context.WithCancel(t.Context())
	sent := make(chan error, 1)
	go func() {
		var err error
		for err == nil && ctx.Err() == nil {
			_, err = conn.Write(segment(53))
		}
		sent <- err
	}()
	var received, bare atomic.Int64
	drained := make(chan error, 1)
	go func() {
		for {
			_, mark, err := tap.receive(time.Second)
			if errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() == nil {
				continue // the machine is busy
			}
			if err != nil {
				drained <- err
				return
			}
			received.Add(1)
			if mark != 7 {
				bare.Add(1)
			}
		}
	}()
	for i := range replacements {
		before := received.Load()
		nettest.Eventually(t, 10*time.Second, "packets come", func() error {
			if received.Load() == before {
				return errors.New("none")
			}
			return nil
		})
		apply(t, director, [][]Rule{high, low}[i%2])
	}
	stop()
	if err := <-sent; err != nil {
		t.Error(err)
	}
	if err := <-drained; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
	t.Logf("%d packets during %d replacements", received.Load(), replacements)
	if bare.Load() > 0 {
		t.Errorf("%d of %d packets have no mark", bare.Load(), received.Load())
	}
}

// scattered returns n addresses of which no two are neighbours.
func scattered(n int) []Range {
	ranges := make([]Range, 0, n)
	for i := range n {
		a := netip.AddrFrom4([4]byte{100, 64, byte(i >> 7), byte(i<<1) | 1})
		ranges = append(ranges, Range{From: a, To: a})
	}
	return ranges
}
