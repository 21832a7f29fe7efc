package nettest

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// bridgeName is the bridge's name in its namespace.
const bridgeName = "br0"

// A LAN is an Ethernet switch: a bridge in a namespace of its own, without
// multicast snooping and spanning tree. It has no addresses and sends nothing.
type LAN struct {
	NS    *Namespace // the bridge's own namespace, to capture frames in
	tb    TB
	ports int
}

// A Port is one socket of a LAN's switch, with the cable in it.
type Port struct {
	Name string // the switch's end of the cable, in LAN.NS

	peer   *Namespace // where the other end is
	ifname string
}

// NewLAN creates a LAN, which is removed when the test ends.
func NewLAN(tb TB, name string) *LAN {
	tb.Helper()
	l := &LAN{tb: tb, NS: New(tb, name)}
	l.NS.writeSysctl("net/ipv6/conf/default/disable_ipv6", "1")
	err := l.NS.Do(func() error {
		off := false
		br := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: bridgeName}, MulticastSnooping: &off}
		if err := netlink.LinkAdd(br); err != nil {
			return err
		}
		return netlink.LinkSetUp(br)
	})
	if err != nil {
		tb.Fatalf("create bridge: %v", err)
	}
	return l
}

// Bridge returns the name of the bridge interface in LAN.NS; every frame that
// the switch floods can be captured on it.
func (l *LAN) Bridge() string { return bridgeName }

// Connect gives the namespace an interface that is plugged into the LAN, sets
// it up with the addresses and returns when frames can flow.
func (l *LAN) Connect(ns *Namespace, ifname string, prefixes ...netip.Prefix) *Port {
	l.tb.Helper()
	port := &Port{Name: fmt.Sprintf("p%d", l.ports), peer: ns, ifname: ifname}
	l.ports++
	if err := l.plug(port); err != nil {
		l.tb.Fatalf("connect %s to LAN: %v", ifname, err)
	}
	err := ns.Do(func() error { return configure(ifname, prefixes) })
	if err != nil {
		l.tb.Fatalf("configure %s: %v", ifname, err)
	}
	l.awaitCarrier(port)
	for _, p := range prefixes {
		if p.Addr().Is6() {
			l.awaitSolicitedNode(port, p.Addr())
		}
	}
	return port
}

// plug creates the cable between the bridge and the namespace.
func (l *LAN) plug(port *Port) error {
	target, err := os.Open(port.peer.Path())
	if err != nil {
		return err
	}
	defer func() { _ = target.Close() }()
	return l.NS.Do(func() error {
		br, err := netlink.LinkByName(bridgeName)
		if err != nil {
			return err
		}
		veth := &netlink.Veth{
			LinkAttrs:     netlink.LinkAttrs{Name: port.Name, MasterIndex: br.Attrs().Index},
			PeerName:      port.ifname,
			PeerNamespace: netlink.NsFd(target.Fd()),
		}
		if err := netlink.LinkAdd(veth); err != nil {
			return err
		}
		return netlink.LinkSetUp(veth)
	})
}

// configure sets an interface of the calling thread's namespace up.
func configure(ifname string, prefixes []netip.Prefix) error {
	link, err := netlink.LinkByName(ifname)
	if err != nil {
		return err
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return err
	}
	for _, p := range prefixes {
		addr, err := netlink.ParseAddr(p.String())
		if err != nil {
			return err
		}
		if p.Addr().Is6() {
			addr.Flags = unix.IFA_F_NODAD
		}
		if err := netlink.AddrAdd(link, addr); err != nil {
			return fmt.Errorf("add %s: %w", p, err)
		}
	}
	return nil
}

// Cut makes the switch drop every frame from and to the port. The interface on
// the other end keeps its carrier and notices nothing.
func (l *LAN) Cut(p *Port) {
	l.tb.Helper()
	l.NS.Run("bridge", "link", "set", "dev", p.Name, "state", "disabled")
}

// Unplug pulls the cable out of the port: the interface on the other end loses
// its carrier.
func (l *LAN) Unplug(p *Port) {
	l.tb.Helper()
	l.NS.Run("ip", "link", "set", p.Name, "down")
}

// Restore undoes Cut and Unplug. If the interface on the other end is up, it
// returns when frames can flow.
func (l *LAN) Restore(p *Port) {
	l.tb.Helper()
	l.NS.Run("ip", "link", "set", p.Name, "up")
	flags, err := linkFlags(p.peer, p.ifname)
	if err != nil {
		l.tb.Fatalf("restore port %s: %v", p.Name, err)
	}
	if flags&unix.IFF_UP == 0 {
		return // the bridge forwards by itself when the carrier comes
	}
	l.awaitCarrier(p)
	l.NS.Run("bridge", "link", "set", "dev", p.Name, "state", "forwarding")
}

// awaitCarrier waits until both ends of the cable run: only then does the
// bridge forward.
func (l *LAN) awaitCarrier(p *Port) {
	l.tb.Helper()
	Eventually(l.tb, 10*time.Second, p.ifname+" runs", func() error {
		near, nearErr := linkFlags(l.NS, p.Name)
		far, farErr := linkFlags(p.peer, p.ifname)
		if near&far&unix.IFF_RUNNING == 0 {
			return errors.Join(fmt.Errorf("flags %#x and %#x", near, far), nearErr, farErr)
		}
		return nil
	})
}

// awaitSolicitedNode waits until the interface hears who asks for its IPv6
// address: the kernel joins the multicast group some time after it has added
// the address, and who asked too early asks again a second later.
func (l *LAN) awaitSolicitedNode(p *Port, addr netip.Addr) {
	l.tb.Helper()
	a := addr.As16()
	group := fmt.Sprintf("ff0200000000000000000001ff%02x%02x%02x", a[13], a[14], a[15]) // RFC 4291, section 2.7.1
	Eventually(l.tb, 10*time.Second, p.ifname+" has joined "+group, func() error {
		return p.peer.Do(func() error {
			groups, err := os.ReadFile("/proc/thread-self/net/igmp6")
			if err != nil {
				return err
			}
			for line := range strings.Lines(string(groups)) {
				if f := strings.Fields(line); len(f) > 2 && f[1] == p.ifname && f[2] == group {
					return nil
				}
			}
			return errors.New("not a member")
		})
	})
}

// linkFlags returns the IFF_ flags of an interface.
func linkFlags(ns *Namespace, ifname string) (flags uint32, err error) {
	err = ns.Do(func() error {
		link, err := netlink.LinkByName(ifname)
		if err != nil {
			return err
		}
		flags = link.Attrs().RawFlags
		return nil
	})
	return flags, err
}
