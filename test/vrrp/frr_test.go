package vrrp

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
)

// frr is FRRouting's zebra and vrrpd on a node. They want a macvlan with the virtual MAC address and the virtual
// addresses on it, which they put up and down.
type frr struct {
	zebra, vrrpd *nettest.Process
}

// frrLink is the macvlan.
const frrLink = "vrrp51"

func (f *frr) start(n *node) {
	n.site.t.Helper()
	f.prepare(n)
	dir := frrDir(n.site.t)
	f.zebra = f.run(n, dir, "zebra", "")
	nettest.Eventually(n.site.t, soon, "zebra listens", func() error {
		_, err := os.Stat(filepath.Join(dir, "zserv.api"))
		return err
	})
	f.vrrpd = f.run(n, dir, "vrrpd", f.config(n))
}

// prepare makes the macvlan, if this is the first start.
func (f *frr) prepare(n *node) {
	n.site.t.Helper()
	family := 1
	if n.site.ipv6 {
		family = 2
	}
	err := n.Do(func() error {
		_, err := netlink.LinkByName(frrLink)
		return err
	})
	if err == nil {
		return
	}
	n.Run("ip", "link", "add", frrLink, "link", "eth0", "address", fmt.Sprintf("00:00:5e:00:%02x:33", family),
		"type", "macvlan", "mode", "bridge")
	n.Run("ip", "link", "set", frrLink, "addrgenmode", "random") // refused together with the creation
	for _, vip := range n.site.vips(1) {
		n.Run("ip", "address", "add", vip, "dev", frrLink)
	}
	n.Run("ip", "link", "set", frrLink, "up")
}

// frrDir is a directory for the daemons, which run as a user of their own.
func frrDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	account, err := user.Lookup("frr")
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.Atoi(account.Uid)
	if err == nil {
		err = os.Chown(dir, uid, -1)
	}
	if err == nil {
		err = os.Chmod(filepath.Dir(dir), 0o711)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// run starts a daemon.
func (f *frr) run(n *node, dir, name, config string) *nettest.Process {
	t := n.site.t
	t.Helper()
	file := filepath.Join(dir, name+".conf")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	return n.Start(n.Command(name, "--log", "stdout", "-f", file, "-i", filepath.Join(dir, name+".pid"),
		"-z", filepath.Join(dir, "zserv.api"), "--vty_socket", dir, "-A", "127.0.0.1"))
}

func (f *frr) config(n *node) string {
	s := n.site
	var b strings.Builder
	fmt.Fprintf(&b, "interface eth0\n vrrp 51 version %d\n vrrp 51 priority %d\n vrrp 51 advertisement-interval %d\n",
		s.version, n.priority, s.interval.Milliseconds())
	family := "ip"
	if s.ipv6 {
		family = "ipv6"
	}
	for _, vip := range s.vips(1) {
		addr, _, _ := strings.Cut(vip, "/")
		fmt.Fprintf(&b, " vrrp 51 %s %s\n", family, addr)
	}
	return b.String()
}

func (f *frr) stop(n *node) {
	n.site.t.Helper()
	for _, p := range []*nettest.Process{f.vrrpd, f.zebra} {
		if err := p.Stop(soon); err != nil {
			n.site.t.Errorf("stop FRR: %v", err)
		}
	}
}

func (f *frr) crash(*node) {
	f.vrrpd.Kill()
	f.zebra.Kill()
}

// holds reports whether the macvlan has its carrier: a backup is one with "protodown on".
func (f *frr) holds(n *node, _ int) (held bool, err error) {
	err = n.Do(func() error {
		link, err := netlink.LinkByName(frrLink)
		if err != nil {
			return err
		}
		held = link.Attrs().RawFlags&unix.IFF_RUNNING != 0
		return nil
	})
	return held, err
}

func TestFRRElectionCrashStopAndReturn(t *testing.T) {
	t.Parallel()
	nettest.Require(t, nettest.NetNS, nettest.FRR, nettest.Tshark, "tcpdump")
	setups := setups("v3", "v3 IPv6", "v3 vmac")
	setups["v2"] = setup{version: 2, interval: setups["v3"].interval * 10} // FRR has no passwords
	for way, cfg := range setups {
		for name, daemons := range map[string][]daemon{
			"ours preferred": {&ours{}, &frr{}},
			"FRR preferred":  {&frr{}, &ours{}},
		} {
			t.Run(way+" "+name, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, cfg, daemons...)
				preferred, other := s.pair()
				frrStory(s, preferred, other)
			})
		}
	}
}

// frrStory is one with the other daemon: join, preemption, crash, stop and return.
func frrStory(s *site, preferred, other *node) {
	s.t.Helper()
	s.forget() // the announcements of vrrpd may get lost: it sends each once, and over IPv6 too early
	tap := startCapture(s.t, s.lans[0])
	other.start()
	other.awaitMaster(nil)
	preferred.start() // preempts
	preferred.awaitMaster(other)
	preferred.staysMaster(other)

	preferred.crash()
	other.awaitMaster(nil)
	preferred.start()
	preferred.awaitMaster(other)

	preferred.stop()
	other.awaitMaster(nil) // FRR leaves its addresses up
	preferred.start()
	preferred.awaitMaster(other)

	other.stop()
	preferred.staysMaster(nil)
	preferred.stop()
	checkWire(s, tap.adverts())
}
