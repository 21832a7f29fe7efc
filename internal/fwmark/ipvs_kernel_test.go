package fwmark

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/internal/nettest"
)

// One service of IPVS serves all addresses and ports of a rule, for clients in
// the network and on the director.
func TestKernelBalancesMarkedPackets(t *testing.T) {
	nettest.Require(t, nettest.NetNS, nettest.IPVS)
	client, director := network(t)
	inside, server := nettest.NewLAN(t, "inside"), nettest.New(t, "server")
	inside.Connect(director, "eth1", netip.MustParsePrefix("10.1.0.1/24"), netip.MustParsePrefix("fd01::1/64"))
	inside.Connect(server, "eth0", netip.MustParsePrefix("10.1.0.2/24"), netip.MustParsePrefix("fd01::2/64"))
	server.Run("ip", "route", "add", "default", "via", "10.1.0.1")
	server.Run("ip", "-6", "route", "add", "default", "via", "fd01::1")
	director.Run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
	serve(t, server, ":80", ":8443")

	balance(t, director,
		ipvs.Service{Key: ipvs.NewMarkKey(7, ipvs.INET), Scheduler: "rr", Destinations: []ipvs.Destination{{Addr: netip.MustParseAddrPort("10.1.0.2:0"), Weight: 1}}},
		ipvs.Service{Key: ipvs.NewMarkKey(7, ipvs.INET6), Scheduler: "rr", Destinations: []ipvs.Destination{{Addr: netip.MustParseAddrPort("[fd01::2]:0"), Weight: 1}}},
	)
	apply(t, director, []Rule{{
		Mark: 7, Addresses: spans("198.51.100.1-198.51.100.200", "2001:db8:51::1-2001:db8:51::ff"),
		Ports: []PortRange{{80, 80}, {8443, 8443}}, Protocols: []ipvs.Protocol{ipvs.TCP},
	}})
	for _, tt := range []struct {
		from   *nettest.Namespace
		to     string
		answer bool
	}{
		{client, "198.51.100.1:80", true},
		{client, "198.51.100.200:8443", true},
		{client, "[2001:db8:51::7]:80", true},
		{client, "198.51.100.201:80", false},
		{client, "198.51.100.1:81", false},
		{director, "198.51.100.77:80", true},
		{director, "[2001:db8:51::77]:8443", true},
		{director, "198.51.100.201:80", false},
	} {
		if err := greet(t, tt.from, tt.to); (err == nil) != tt.answer {
			t.Errorf("%s to %s: %v", tt.from.Name(), tt.to, err)
		}
	}
}

const greeting = "hello"

// serve greets whoever connects to the ports of a host.
func serve(t *testing.T, ns *nettest.Namespace, ports ...string) {
	t.Helper()
	for _, port := range ports {
		var l net.Listener
		err := ns.Do(func() (err error) {
			l, err = (&net.ListenConfig{}).Listen(t.Context(), "tcp", port)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = io.WriteString(conn, greeting)
				_ = conn.Close()
			}
		}()
	}
}

// greet returns nil if somebody greets at an address.
func greet(t *testing.T, ns *nettest.Namespace, to string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var conn net.Conn
	err := ns.Do(func() (err error) {
		conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", to)
		return err
	})
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return err
	}
	said, err := io.ReadAll(conn)
	if err == nil && string(said) != greeting {
		err = errors.New("somebody else answered")
	}
	return err
}

// balance loads services.
func balance(t *testing.T, ns *nettest.Namespace, services ...ipvs.Service) {
	t.Helper()
	err := ns.Do(func() error {
		c, err := ipvs.NewClient()
		if err != nil {
			return err
		}
		return errors.Join(c.Apply(t.Context(), ipvs.Diff(nil, services)), c.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
}
