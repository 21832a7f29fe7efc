package realserver

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
)

const (
	vip4, vip6            = "10.9.0.100", "fd00:9::100"
	clientIP, backEndIP   = "10.9.0.1", "10.9.0.31"
	clientIP6, backEndIP6 = "fd00:9::1", "fd00:9::31"
)

// A cluster is a client and a back-end on one LAN.
type cluster struct {
	tb              testing.TB
	lan             *nettest.LAN
	client, backEnd *nettest.Namespace
	cfg             Config
}

func newCluster(tb testing.TB) cluster {
	tb.Helper()
	c := cluster{
		tb: tb, lan: nettest.NewLAN(tb, "lan"),
		client: nettest.New(tb, "client"), backEnd: nettest.New(tb, "backend"),
		cfg: newConfig(tb, vip4, vip6),
	}
	c.lan.Connect(c.client, "eth0", netip.MustParsePrefix(clientIP+"/24"), netip.MustParsePrefix(clientIP6+"/64"))
	c.lan.Connect(c.backEnd, "eth0", netip.MustParsePrefix(backEndIP+"/24"), netip.MustParsePrefix(backEndIP6+"/64"))
	return c
}

// up calls Up on the back-end and checks Status before and after.
func (c cluster) up(cfg Config) {
	c.tb.Helper()
	err := c.backEnd.Do(func() error {
		if r, err := Status(NewHost(), cfg); err != nil || r.OK() {
			return fmt.Errorf("status before up: %w, missing %q", err, r.Missing)
		}
		if err := Up(NewHost(), cfg); err != nil {
			return err
		}
		if err := Up(NewHost(), cfg); err != nil {
			return fmt.Errorf("second up: %w", err)
		}
		if r, err := Status(NewHost(), cfg); err != nil || !r.OK() {
			return fmt.Errorf("status after up: %w, missing %q", err, r.Missing)
		}
		return nil
	})
	if err != nil {
		c.tb.Fatal(err)
	}
}

func (c cluster) down(cfg Config) {
	c.tb.Helper()
	if err := c.backEnd.Do(func() error { return Down(NewHost(), cfg) }); err != nil {
		c.tb.Fatal(err)
	}
}

// snapshot returns the back-end's addresses and its sysctls for ARP and routing.
func (c cluster) snapshot() string {
	c.tb.Helper()
	var b strings.Builder
	b.WriteString(c.backEnd.Run("ip", "-d", "addr", "show"))
	err := c.backEnd.Do(func() error {
		for _, name := range []string{"arp_*", "rp_filter", "accept_local", "forwarding"} {
			paths, err := filepath.Glob("/proc/sys/net/ipv4/conf/*/" + name)
			if err != nil {
				return err
			}
			for _, path := range paths {
				value, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				fmt.Fprintf(&b, "%s = %s", path, value)
			}
		}
		return nil
	})
	if err != nil {
		c.tb.Fatal(err)
	}
	return b.String()
}

// resolve lets the client look for addr's MAC address on the LAN until it has
// one, or gives up.
func (c cluster) resolve(addr string) (found bool) {
	c.tb.Helper()
	c.client.Run("ip", "neigh", "flush", "dev", "eth0")
	send := func() error {
		conn, err := net.Dial("udp", net.JoinHostPort(addr, "9"))
		if err != nil {
			return err
		}
		defer conn.Close()
		_, _ = conn.Write([]byte("who has it?")) // fails while nobody has
		return nil
	}
	if err := c.client.Do(send); err != nil {
		c.tb.Fatal(err)
	}
	nettest.Eventually(c.tb, 20*time.Second, addr+" is resolved or given up", func() error {
		return c.client.Do(func() error {
			list, err := netlink.NeighList(0, netlink.FAMILY_ALL)
			if err != nil {
				return err
			}
			for _, n := range list {
				if n.IP.Equal(net.ParseIP(addr)) && n.State&unix.NUD_INCOMPLETE == 0 {
					found = len(n.HardwareAddr) > 0
					return nil
				}
			}
			return errors.New("no answer yet")
		})
	})
	return found
}

// direct makes the client send packets for the VIPs to the back-end, as a
// director in DR mode does.
func (c cluster) direct() {
	c.tb.Helper()
	var mac string
	err := c.backEnd.Do(func() error {
		link, err := netlink.LinkByName("eth0")
		if err == nil {
			mac = link.Attrs().HardwareAddr.String()
		}
		return err
	})
	if err != nil {
		c.tb.Fatal(err)
	}
	for _, vip := range []string{vip4, vip6} {
		c.client.Run("ip", "neigh", "replace", vip, "lladdr", mac, "dev", "eth0", "nud", "permanent")
	}
}

// serve answers connections to the address on the back-end with a greeting.
func (c cluster) serve(addr string) {
	c.tb.Helper()
	var l net.Listener
	err := c.backEnd.Do(func() (err error) {
		l, err = net.Listen("tcp", net.JoinHostPort(addr, "80"))
		return err
	})
	if err != nil {
		c.tb.Fatal(err)
	}
	c.tb.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, "hello")
			conn.Close()
		}
	}()
}

// fetch returns what the client is answered at the address.
func (c cluster) fetch(addr string) (string, error) {
	var answer []byte
	err := c.client.Do(func() error {
		conn, err := net.DialTimeout("tcp", net.JoinHostPort(addr, "80"), 10*time.Second)
		if err != nil {
			return err
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			return err
		}
		answer, err = io.ReadAll(conn)
		return err
	})
	return string(answer), err
}

func (c cluster) wantAnswer(addr string) {
	c.tb.Helper()
	if got, err := c.fetch(addr); err != nil || got != "hello" {
		c.tb.Errorf("client was answered %q, %v at %s", got, err, addr)
	}
}

// TestBackEndIsQuiet shows why the package exists: with nothing but the address
// on lo the back-end answers ARP for it.
func TestBackEndIsQuiet(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	c := newCluster(t)
	c.backEnd.Run("ip", "addr", "add", vip4+"/32", "dev", "lo")
	if !c.resolve(vip4) {
		t.Error("the back-end did not answer ARP before up: the test shows nothing")
	}
	c.backEnd.Run("ip", "addr", "del", vip4+"/32", "dev", "lo")

	before := c.snapshot()
	c.up(c.cfg)
	for _, vip := range []string{vip4, vip6} {
		if c.resolve(vip) {
			t.Errorf("the back-end answers for %s", vip)
		}
	}
	for _, addr := range []string{backEndIP, backEndIP6} {
		if !c.resolve(addr) {
			t.Errorf("the back-end does not answer for its own address %s", addr)
		}
	}
	c.direct()
	for _, vip := range []string{vip4, vip6} {
		c.serve(vip)
		c.wantAnswer(vip)
	}
	if out := c.backEnd.Run("ip", "addr", "show", "dev", "lo"); !strings.Contains(out, vip4+"/32 scope global lo:ld0") {
		t.Errorf("no label lo:ld0:\n%s", out)
	}

	c.down(c.cfg)
	if diff := cmp.Diff(before, c.snapshot()); diff != "" {
		t.Errorf("left behind (-before +after):\n%s", diff)
	}
	wantNoRecord(t, c.cfg)
}

// TestBackEndOfTunnel lets IPVS forward through tunnels to a back-end that
// filters strictly.
func TestBackEndOfTunnel(t *testing.T) {
	nettest.Require(t, nettest.NetNS, nettest.IPVS, nettest.Ipvsadm)
	c := newCluster(t)
	director := nettest.New(t, "director")
	c.lan.Connect(director, "eth0",
		netip.MustParsePrefix("10.9.0.2/24"), netip.MustParsePrefix("fd00:9::2/64"),
		netip.MustParsePrefix(vip4+"/32"))
	// Not deprecated, it would be the source of the tunnel's packets, and the
	// back-end drops those that seem to come from itself.
	director.Run("ip", "addr", "add", vip6+"/128", "dev", "eth0", "preferred_lft", "0", "nodad")
	director.Run("ipvsadm", "-A", "-t", vip4+":80", "-s", "rr")
	director.Run("ipvsadm", "-a", "-t", vip4+":80", "-r", backEndIP+":80", "-i")
	director.Run("ipvsadm", "-A", "-t", "["+vip6+"]:80", "-s", "rr")
	director.Run("ipvsadm", "-a", "-t", "["+vip6+"]:80", "-r", "["+backEndIP6+"]:80", "-i")
	for _, conf := range []string{"all", "eth0"} {
		c.backEnd.Run("sysctl", "-q", "-w", "net.ipv4.conf."+conf+".rp_filter=1")
	}
	cfg := c.cfg.tunnelled()

	for round := range 2 { // the first loads the modules
		before := c.snapshot()
		c.up(cfg)
		for _, vip := range []string{vip4, vip6} {
			if round == 0 {
				c.serve(vip)
			}
			c.wantAnswer(vip)
		}
		c.down(cfg)
		if diff := cmp.Diff(before, c.snapshot()); diff != "" && round > 0 {
			t.Errorf("left behind (-before +after):\n%s", diff)
		}
		wantNoRecord(t, cfg)
	}
}

func TestHostErrors(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := nettest.New(t, "host")
	h := NewHost()
	err := ns.Do(func() error {
		_, addrsErr := h.Addresses("none0")
		_, linkErr := h.LinkUp("none0")
		_, sysctlErr := h.Sysctl("net/ipv4/conf/none0/arp_ignore")
		for what, err := range map[string]error{
			"addresses": addrsErr, "link": linkErr, "sysctl": sysctlErr,
			"set sysctl":     h.SetSysctl("net/ipv4/conf/none0/arp_ignore", "1"),
			"set link":       h.SetLinkUp("none0", true),
			"add address":    h.AddAddress("none0", address("192.0.2.1/32", "none0:ld0")),
			"remove address": h.RemoveAddress("lo", netip.MustParsePrefix("192.0.2.1/32")),
			"remove tunnel":  h.RemoveTunnel("none0"),
		} {
			if !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s: %v; want that it does not exist", what, err)
			}
		}
		if err := h.SetSysctl("net/ipv6/conf/lo/disable_ipv6", "1"); err != nil {
			return err
		}
		err := h.AddAddress("lo", address("2001:db8::1/128", ""))
		if want := "IPv6 is disabled there (sysctl net.ipv6.conf.lo.disable_ipv6)"; err == nil || err.Error() != want {
			t.Errorf("add IPv6 address: %v; want %q", err, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestNoModule needs a kernel without ipip, as many containers' hosts are.
func TestNoModule(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	c := newCluster(t)
	err := c.backEnd.Do(func() error {
		defer func() {
			if err := Down(NewHost(), c.cfg); err != nil {
				t.Error(err)
			}
		}()
		return Up(NewHost(), c.cfg.tunnelled())
	})
	if err == nil {
		t.Skip("this kernel has the module ipip")
	}
	if !strings.Contains(err.Error(), "create tunl0: the kernel has no module ipip (install") {
		t.Errorf("up: %v", err)
	}
	wantNoRecord(t, c.cfg)
}
