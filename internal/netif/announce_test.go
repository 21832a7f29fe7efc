package netif

import (
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mdlayher/packet"
	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
)

func TestAnnounceReachesTheNeighbours(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	lan := nettest.NewLAN(t, "lan")
	director, client := nettest.New(t, "director"), nettest.New(t, "client")
	lan.Connect(director, "eth0")
	lan.Connect(client, "eth0")
	director.Run("sysctl", "-qw", "net.ipv6.conf.eth0.forwarding=1")
	mac := hardwareAddr(t, director, "eth0")

	// No address of the interface is needed, and lo has nobody to tell.
	vips := hostOf([]Address{
		address("127.0.0.5/32", "lo"), address("fd00::100/64", "eth0"), address("10.0.0.100/24", "eth0"),
	})
	t.Cleanup(func() { vips.Close() })
	var want []string
	for _, vip := range []string{"fd00::100", "10.0.0.100"} {
		frames, err := announcements(mac, netip.MustParseAddr(vip), true)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range frames {
			want = append(want, hex.EncodeToString(f))
		}
	}
	frames := capture(t, client, "eth0", mac)
	for round := range 2 {
		if err := director.Do(vips.Announce); err != nil {
			t.Fatal(err)
		}
		var got []string
		for range want {
			got = append(got, frames(time.Now().Add(5*time.Second)))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("round %d: frames (-want +got):\n%s", round, diff)
		}
	}
	if more := frames(time.Now().Add(50 * time.Millisecond)); more != "" {
		t.Errorf("one frame too many: %s", more)
	}
}

func TestAnnounceMovesANeighbourEntry(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	lan := nettest.NewLAN(t, "lan")
	client := nettest.New(t, "client")
	lan.Connect(client, "eth0", netip.MustParsePrefix("10.0.0.9/24"), netip.MustParsePrefix("fd00::9/64"))
	addrs := []Address{address("10.0.0.100/24", "eth0"), address("fd00::100/64", "eth0")}

	for _, name := range []string{"first", "second"} {
		director := nettest.New(t, name)
		lan.Connect(director, "eth0")
		mac := hardwareAddr(t, director, "eth0")
		vips := hostOf(addrs)
		t.Cleanup(func() { vips.Close() })
		if err := director.Do(vips.AddAddresses); err != nil {
			t.Fatal(err)
		}
		if name == "first" { // it answers when the client asks
			for _, a := range addrs {
				resolve(t, client, a.Prefix.Addr())
			}
		} else if err := director.Do(vips.Announce); err != nil {
			t.Fatal(err)
		}
		for _, a := range addrs {
			ip := a.Prefix.Addr().String()
			nettest.Eventually(t, 5*time.Second, "the client has "+ip+" at "+name, func() error {
				out := client.Run("ip", "neigh", "show", ip)
				if !strings.Contains(out, mac.String()) {
					return fmt.Errorf("neighbour %s", out)
				}
				return nil
			})
		}
	}
}

// Each form must do by itself, because some neighbours take only one.
func TestEachARPFormMovesANeighbourEntry(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	lan := nettest.NewLAN(t, "lan")
	client, director := nettest.New(t, "client"), nettest.New(t, "director")
	lan.Connect(client, "eth0", netip.MustParsePrefix("10.0.0.9/24"))
	lan.Connect(director, "eth0")
	mac := hardwareAddr(t, director, "eth0")
	vip := netip.MustParseAddr("10.0.0.100")
	frames, err := announcements(mac, vip, false)
	if err != nil {
		t.Fatal(err)
	}
	for i, frame := range frames {
		client.Run("ip", "neigh", "replace", vip.String(), "lladdr", "02:00:00:00:00:01", "nud", "reachable", "dev", "eth0")
		var s announcer
		err := director.Do(func() error {
			ifi, err := net.InterfaceByName("eth0")
			if err != nil {
				return err
			}
			if err := s.open(); err != nil {
				return err
			}
			return errors.Join(s.send(ifi.Index, frame), s.close())
		})
		if err != nil {
			t.Fatal(err)
		}
		nettest.Eventually(t, 5*time.Second, fmt.Sprintf("form %d moved the entry", i), func() error {
			if out := client.Run("ip", "neigh", "show", vip.String()); !strings.Contains(out, mac.String()) {
				return fmt.Errorf("neighbour %s", out)
			}
			return nil
		})
	}
}

func TestAnnounceGoesOnAfterErrors(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	lan := nettest.NewLAN(t, "lan")
	director, client := nettest.New(t, "director"), nettest.New(t, "client")
	lan.Connect(director, "eth0")
	lan.Connect(director, "eth1")
	lan.Connect(client, "eth0")
	director.Run("ip", "link", "set", "eth0", "down")
	vips := hostOf([]Address{
		address("10.0.9.1/24", "eth9"), address("10.0.0.1/24", "eth0"), address("10.0.0.2/24", "eth0"),
		address("10.0.1.1/24", "eth1"),
	})
	t.Cleanup(func() { vips.Close() })
	frames := capture(t, client, "eth0", hardwareAddr(t, director, "eth1"))
	err := director.Do(vips.Announce)
	want := "announce addresses on eth9: no such device\n" +
		"announce addresses on eth0: 10.0.0.1: network is down"
	if err == nil || err.Error() != want {
		t.Errorf("got error %q, want %q", err, want)
	}
	if frames(time.Now().Add(5*time.Second)) == "" {
		t.Error("eth1 was not announced")
	}
}

// The socket of an interface that was replaced under the same name goes on.
func TestAnnounceAfterTheInterfaceWasReplaced(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	lan := nettest.NewLAN(t, "lan")
	director, client := nettest.New(t, "director"), nettest.New(t, "client")
	lan.Connect(client, "eth0")
	vips := hostOf([]Address{address("10.0.0.100/24", "eth0")})
	for range 2 {
		lan.Connect(director, "eth0")
		frames := capture(t, client, "eth0", hardwareAddr(t, director, "eth0"))
		if err := director.Do(vips.Announce); err != nil {
			t.Fatal(err)
		}
		if frames(time.Now().Add(5*time.Second)) == "" {
			t.Fatal("nothing was announced")
		}
		director.Run("ip", "link", "del", "eth0")
	}
	if err := errors.Join(vips.Close(), vips.Close()); err != nil {
		t.Error(err)
	}
}

func BenchmarkAnnounce255Addresses(b *testing.B) {
	nettest.Require(b, nettest.NetNS)
	ns := newHost(b, "eth0")
	ns.Run("ip", "link", "set", "eth0p", "up")
	host := hostOf(manyAddresses(255))
	defer host.Close()
	err := ns.Do(func() error {
		for b.Loop() {
			if err := host.Announce(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

func BenchmarkAnnounce(b *testing.B) {
	nettest.Require(b, nettest.NetNS)
	ns := newHost(b, "eth0")
	ns.Run("ip", "link", "set", "eth0p", "up")
	vips := hostOf([]Address{address("10.0.0.100/24", "eth0"), address("fd00::100/64", "eth0")})
	defer vips.Close()
	b.ResetTimer()
	err := ns.Do(func() error {
		for b.Loop() {
			if err := vips.Announce(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

func hardwareAddr(t *testing.T, ns *nettest.Namespace, ifname string) (mac net.HardwareAddr) {
	t.Helper()
	err := ns.Do(func() error {
		ifi, err := net.InterfaceByName(ifname)
		if err == nil {
			mac = ifi.HardwareAddr
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return mac
}

// resolve makes the client's kernel look for the hardware address of ip.
func resolve(t *testing.T, client *nettest.Namespace, ip netip.Addr) {
	t.Helper()
	err := client.Do(func() error {
		_, err := net.DialTimeout("tcp", netip.AddrPortFrom(ip, 9).String(), 5*time.Second)
		return err
	})
	if !errors.Is(err, unix.ECONNREFUSED) {
		t.Fatalf("connect to %s: got error %v, want the host to refuse", ip, err)
	}
}

// capture starts to collect frames from the given sender on an interface. The
// returned function gives the next one in hex, or "" if none has come until
// the deadline.
func capture(t *testing.T, ns *nettest.Namespace, ifname string, from net.HardwareAddr) func(time.Time) string {
	t.Helper()
	var conn *packet.Conn
	err := ns.Do(func() error {
		ifi, err := net.InterfaceByName(ifname)
		if err != nil {
			return err
		}
		conn, err = packet.Listen(ifi, packet.Raw, unix.ETH_P_ALL, nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return func(deadline time.Time) string {
		t.Helper()
		if err := conn.SetReadDeadline(deadline); err != nil {
			t.Fatal(err)
		}
		for buf := make([]byte, 2048); ; {
			n, _, err := conn.ReadFrom(buf)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				return ""
			}
			if err != nil {
				t.Fatal(err)
			}
			if announcement := isAnnouncement(buf[:n]); announcement && net.HardwareAddr(buf[6:12]).String() == from.String() {
				return hex.EncodeToString(buf[:n])
			}
		}
	}
}

// isAnnouncement reports whether a frame is ARP or a neighbour advertisement;
// the kernel sends others by itself.
func isAnnouncement(frame []byte) bool {
	const etherType, nextHeader, icmpType = 12, 20, 54
	switch hex.EncodeToString(frame[etherType : etherType+2]) {
	case "0806":
		return true
	case "86dd":
		return len(frame) > icmpType && frame[nextHeader] == unix.IPPROTO_ICMPV6 && frame[icmpType] == 136
	}
	return false
}

// What the interval forbids comes later, unless the addresses are taken off.
func TestAnnounceIsPaced(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	lan := nettest.NewLAN(t, "lan")
	director, client := nettest.New(t, "director"), nettest.New(t, "client")
	lan.Connect(director, "eth0")
	lan.Connect(client, "eth0")
	mac := hardwareAddr(t, director, "eth0")
	vips := []Address{address("10.0.0.1/24", "eth0"), address("10.0.0.2/24", "eth0"), address("10.0.0.3/24", "eth0")}
	host := NewHost(Master{Name: "VI_1", Addresses: vips, GARPInterval: 50 * time.Millisecond}, &Shared{}, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { host.Close() })
	frames := capture(t, client, "eth0", mac)
	if err := director.Do(host.Announce); err != nil {
		t.Fatal(err)
	}
	var times []time.Time
	for range 2 * len(vips) { // requests and replies
		if frames(time.Now().Add(5*time.Second)) == "" {
			t.Fatal("too few frames")
		}
		times = append(times, time.Now())
	}
	if gap := times[5].Sub(times[0]); gap < 90*time.Millisecond {
		t.Errorf("three announcements within %s", gap)
	}
	host.master.GARPInterval = time.Hour
	if err := director.Do(host.Announce); err != nil {
		t.Fatal(err)
	}
	if err := director.Do(host.RemoveAddresses); err != nil {
		t.Fatal(err)
	}
	for _, q := range host.shared.pacer.lanes {
		if len(q.waiting) > 0 {
			t.Errorf("%d announcements still wait", len(q.waiting))
		}
	}
}
