package vrrp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"

	"github.com/ldirector/ldirector/internal/nettest"
)

var _ Conn = (*RawConn)(nil)

// listen opens a connection in a namespace. It is closed when the test ends.
func listen(t *testing.T, ns *nettest.Namespace, cfg Config) *RawConn {
	t.Helper()
	var c *RawConn
	err := ns.Do(func() (err error) {
		c, err = Listen(cfg)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
	})
	return c
}

// receiveWithin returns the next packet, or false after the timeout.
func receiveWithin(t *testing.T, c *RawConn, timeout time.Duration) (Packet, bool) {
	t.Helper()
	deadline := time.After(timeout)
	for {
		p, ok, err := c.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			return p, true
		}
		select {
		case <-c.Ready():
		case <-deadline:
			return Packet{}, false
		}
	}
}

func rawConfig(vrid uint8) Config {
	return Config{Interface: "eth0", VRID: vrid, Addresses: addrs("10.99.0.100")}
}

func TestRawConnCarriesThePacketsOfOneVirtualRouter(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	lan := nettest.NewLAN(t, "sw")
	left, right := nettest.New(t, "left"), nettest.New(t, "right")
	lan.Connect(left, "eth0", netip.MustParsePrefix("10.99.0.1/24"))
	lan.Connect(right, "eth0", netip.MustParsePrefix("10.99.0.2/24"))
	sender := listen(t, left, rawConfig(51))
	same, other := listen(t, right, rawConfig(51)), listen(t, right, rawConfig(52))

	// More than one at a time: all come, in order.
	payload := func(n byte) []byte { return []byte{0x31, 51, n, 1} }
	for n := range byte(5) {
		if err := sender.Send(payload(n), addr("10.99.0.1"), multicastGroup()); err != nil {
			t.Fatal(err)
		}
	}
	if err := sender.Send([]byte{0x31, 53, 9}, addr("10.99.0.1"), multicastGroup()); err != nil {
		t.Fatal(err)
	}
	for n := range byte(5) {
		got, ok := receiveWithin(t, same, 5*time.Second)
		want := Packet{Source: addr("10.99.0.1"), Destination: multicastGroup(), TTL: 255, Payload: payload(n)}
		if diff := cmp.Diff(want, got, compareAddrs()); diff != "" || !ok {
			t.Fatalf("packet %d: received %v (-want +got):\n%s", n, ok, diff)
		}
	}
	// All of them have arrived by now: nothing is to come here.
	for name, c := range map[string]*RawConn{"own": sender, "another virtual router's": other, "the same": same} {
		if p, ok := receiveWithin(t, c, 20*time.Millisecond); ok {
			t.Errorf("%s connection received %+v", name, p)
		}
	}
	if err := sender.Send(payload(1), addr("10.99.0.77"), multicastGroup()); err == nil {
		t.Error("sent from an address that the host does not have")
	}
}

func TestSourceFollowsTheInterface(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns, other := nettest.New(t, "src"), nettest.New(t, "peer")
	create := []string{"link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", other.Name()}
	c := listen(t, ns, rawConfig(51)) // the interface does not exist yet
	steps := []struct {
		name    string
		command []string
		want    string // "": none
	}{
		{"no interface", nil, ""},
		{"no address", create, ""},
		{"virtual address only", []string{"addr", "add", "10.99.0.100/24", "dev", "eth0"}, ""},
		{"secondary behind the virtual one", []string{"addr", "add", "10.99.0.1/24", "dev", "eth0"}, "10.99.0.1"},
		{"a primary one too", []string{"addr", "add", "10.98.0.1/24", "dev", "eth0"}, "10.98.0.1"},
		{"one gone", []string{"addr", "del", "10.98.0.1/24", "dev", "eth0"}, "10.99.0.1"},
		{"all gone", []string{"addr", "del", "10.99.0.1/24", "dev", "eth0"}, ""},
		{"interface gone", []string{"link", "del", "eth0"}, ""},
		{"interface back", create, ""},
		{"address back", []string{"addr", "add", "10.99.0.7/24", "dev", "eth0"}, "10.99.0.7"},
	}
	for _, s := range steps {
		if s.command != nil {
			ns.Run("ip", s.command...)
		}
		got, err := c.Source()
		if want := s.want; err != nil || got.IsValid() != (want != "") || got.IsValid() && got.String() != want {
			t.Errorf("%s: %v, %v; want %q", s.name, got, err, want)
		}
	}

	// The socket was bound to the second eth0.
	ns.Run("ip", "link", "set", "eth0", "up")
	other.Run("ip", "link", "set", "eth0", "up")
	other.Run("ip", "addr", "add", "10.99.0.8/24", "dev", "eth0")
	peer := listen(t, other, rawConfig(51))
	nettest.Eventually(t, 5*time.Second, "both directions work", func() error {
		return errors.Join(
			passes(t, c, addr("10.99.0.7"), peer),
			passes(t, peer, addr("10.99.0.8"), c))
	})
}

// passes sends a packet and returns an error if it does not arrive.
func passes(t *testing.T, from *RawConn, source netip.Addr, to *RawConn) error {
	t.Helper()
	if err := from.Send([]byte{0x31, 51}, source, multicastGroup()); err != nil {
		return err
	}
	if p, ok := receiveWithin(t, to, 100*time.Millisecond); !ok || p.Source != source {
		return fmt.Errorf("from %v: received %v: %+v", source, ok, p)
	}
	return nil
}

func TestChooseSource(t *testing.T) {
	tests := []struct {
		name     string
		priority uint8
		present  []string
		want     netip.Addr
	}{
		{"none", 100, nil, netip.Addr{}},
		{"the first", 100, []string{"10.99.0.1", "10.99.0.2"}, addr("10.99.0.1")},
		{"behind a virtual one", 100, []string{"10.99.0.100", "10.99.0.2"}, addr("10.99.0.2")},
		{"virtual only", 100, []string{"10.99.0.100"}, netip.Addr{}},
		{"of the owner", 255, []string{"10.99.0.100", "10.99.0.2"}, addr("10.99.0.100")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := rawConfig(51)
			cfg.Priority = tt.priority
			var list []netlink.Addr
			for _, s := range tt.present {
				list = append(list, netlink.Addr{IPNet: &net.IPNet{IP: net.ParseIP(s), Mask: net.CIDRMask(24, 32)}})
			}
			if got := chooseSource(&cfg, list); got != tt.want {
				t.Errorf("source %v, want %v", got, tt.want)
			}
		})
	}
}

func TestCloseEndsTheWatcher(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	c := listen(t, nettest.New(t, "close"), rawConfig(51))
	if err := c.Close(); err != nil { // waits for it
		t.Fatal(err)
	}
	if _, _, err := c.Receive(); err == nil {
		t.Error("received from a closed connection")
	}
	if err := c.Send(nil, addr("10.99.0.1"), multicastGroup()); err == nil {
		t.Error("sent to a closed connection")
	}
}
