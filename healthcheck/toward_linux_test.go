package healthcheck

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
)

func TestToward(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := nettest.New(t, "toward")
	lan := nettest.NewLAN(t, "lan")
	lan.Connect(ns, "eth0", netip.MustParsePrefix("192.0.2.1/24"), netip.MustParsePrefix("198.51.100.1/24"),
		netip.MustParsePrefix("2001:db8:1::1/64"), netip.MustParsePrefix("2001:db8:2::1/64"))
	for _, tt := range []struct {
		name, service, toward, want string
		err                         error
	}{
		{name: "the other network", service: "192.0.2.1", toward: "198.51.100.31", want: "198.51.100.1"},
		{name: "IPv6", service: "2001:db8:1::1", toward: "2001:db8:2::31", want: "2001:db8:2::1"},
		{name: "the address of the service", service: "192.0.2.1", toward: "192.0.2.31", err: ErrLocal},
		{name: "no route", service: "192.0.2.1", toward: "203.0.113.1", err: syscall.ENETUNREACH},
	} {
		err := ns.Do(func() error {
			l, err := net.Listen("tcp", net.JoinHostPort(tt.service, "0"))
			if err != nil {
				return err
			}
			defer l.Close()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			c, err := Dial(ctx, Target{Addr: l.Addr().(*net.TCPAddr).AddrPort(), Toward: netip.MustParseAddr(tt.toward)})
			if err != nil {
				return err
			}
			defer c.Close()
			if got := c.LocalAddr().(*net.TCPAddr).AddrPort().Addr().String(); got != tt.want {
				t.Errorf("%s: from %s, want %s", tt.name, got, tt.want)
			}
			return nil
		})
		if !errors.Is(err, tt.err) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.err)
		}
	}
}
