package vrrp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/ldirector/ldirector/internal/netif"
	"github.com/ldirector/ldirector/internal/nettest"
)

// vip is the virtual address of the tests with real routers.
const vip = "10.99.0.100"

// A node is a router of a site: ours or keepalived, in a namespace of its own.
type node struct {
	site   *site
	ns     *nettest.Namespace
	port   *nettest.Port
	source netip.Addr
	daemon daemon
}

// A daemon is what runs on a node.
type daemon interface {
	start(t *testing.T, n *node)
	stop(t *testing.T)  // gracefully
	crash(t *testing.T) // leaves everything behind
}

// A site is two routers on a LAN whose adverts and ARP are captured:
//
//	node 1, 10.99.0.1 ──┬── node 2, 10.99.0.2
//	                 capture
type site struct {
	t     *testing.T
	cfg   Config // but for priority and preemption
	lan   *nettest.LAN
	nodes []*node
	tap   *capture
}

// newSite builds the LAN. The daemons are not started.
func newSite(t *testing.T, cfg Config, daemons ...daemon) *site {
	t.Helper()
	cfg.Name, cfg.Interface, cfg.VRID, cfg.Addresses = "VI_1", "eth0", 51, addrs(vip)
	cfg.GARPMasterRepeat, cfg.GARPMasterDelay = 5, 5*time.Second
	s := &site{t: t, cfg: cfg, lan: nettest.NewLAN(t, "sw")}
	for i, d := range daemons {
		n := &node{site: s, ns: nettest.New(t, fmt.Sprintf("n%d", i+1)), daemon: d}
		n.source = netip.AddrFrom4([4]byte{10, 99, 0, byte(i + 1)})
		n.port = s.lan.Connect(n.ns, "eth0", netip.PrefixFrom(n.source, 24))
		s.nodes = append(s.nodes, n)
	}
	s.tap = startCapture(t, s.lan)
	return s
}

func (n *node) start() { n.site.t.Helper(); n.daemon.start(n.site.t, n) }
func (n *node) stop()  { n.site.t.Helper(); n.daemon.stop(n.site.t) }
func (n *node) crash() { n.site.t.Helper(); n.daemon.crash(n.site.t) }

// holds reports whether the virtual address is on the node's interface.
func (n *node) holds() (held bool, err error) {
	err = n.ns.Do(func() error {
		link, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		list, err := netlink.AddrList(link, netlink.FAMILY_V4)
		held = slices.ContainsFunc(list, func(a netlink.Addr) bool { return a.IP.String() == vip })
		return err
	})
	return held, err
}

// awaitMaster waits until n holds the address and other does not. With other nil it may.
func (n *node) awaitMaster(other *node) {
	n.site.t.Helper()
	limit := 5*n.site.cfg.AdvertInterval + 5*time.Second
	nettest.Eventually(n.site.t, limit, fmt.Sprintf("%v is the master", n.source), func() error {
		held, err := n.holds()
		if err != nil || !held {
			return errors.Join(err, fmt.Errorf("%v has no virtual address", n.source))
		}
		if other == nil {
			return nil
		}
		if held, err := other.holds(); err != nil || held {
			return errors.Join(err, fmt.Errorf("%v has the virtual address", other.source))
		}
		return nil
	})
}

// staysMaster checks for some advertisement intervals that nothing changes.
func (n *node) staysMaster(other *node) {
	n.site.t.Helper()
	over := time.After(5 * n.site.cfg.AdvertInterval)
	for {
		held, err := n.holds()
		theirs, otherErr := other.holds()
		if !held || theirs || err != nil || otherErr != nil {
			n.site.t.Fatalf("%v holds %v (%v), %v holds %v (%v)", n.source, held, err, other.source, theirs, otherErr)
		}
		select {
		case <-over:
			return
		case <-time.After(n.site.cfg.AdvertInterval / 4):
		}
	}
}

// ours is this package on a node. A crash is simulated: it does nothing more to network and host.
type ours struct {
	priority  uint8
	noPreempt bool

	instance *Instance
	conn     *crashConn
	host     *crashHost
	end      func() // of Run and of the watch on links
}

func (o *ours) start(t *testing.T, n *node) {
	t.Helper()
	cfg := n.site.cfg
	cfg.Priority, cfg.NoPreempt = o.priority, o.noPreempt
	o.conn = &crashConn{RawConn: listen(t, n.ns, cfg)}
	vips := netif.NewVIPs([]netif.Address{{Prefix: netip.MustParsePrefix(vip + "/24"), Device: "eth0"}})
	o.host = &crashHost{ns: n.ns, vips: vips}
	log := slog.New(slog.NewTextHandler(t.Output(), nil)).With("node", n.source)
	o.instance = NewInstance(cfg, o.conn, o.host, func(Transition) {}, log)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 2)
	go func() { done <- o.instance.Run(ctx) }()
	go func() {
		done <- n.ns.Do(func() error { return netif.Links(ctx, o.instance.LinkChanged, log) })
	}()
	o.end = func() {
		cancel()
		if err := errors.Join(<-done, <-done); err != nil {
			t.Errorf("run: %v", err)
		}
		o.end = func() {}
		if err := errors.Join(o.conn.Close(), vips.Close()); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(func() { o.end() })
}

func (o *ours) stop(*testing.T) { o.end() }

func (o *ours) crash(*testing.T) {
	o.conn.dead.Store(true)
	o.host.dead.Store(true)
	o.end()
}

// keepalived is the real one on a node.
type keepalived struct {
	priority  uint8
	noPreempt bool

	process *nettest.Process
	vrrpPid string // file
}

func (k *keepalived) start(t *testing.T, n *node) {
	t.Helper()
	dir := t.TempDir()
	k.vrrpPid = filepath.Join(dir, "vrrp.pid")
	config := filepath.Join(dir, "keepalived.conf")
	if err := os.WriteFile(config, []byte(k.config(&n.site.cfg)), 0o600); err != nil {
		t.Fatal(err)
	}
	k.process = n.ns.Start(n.ns.Command("keepalived",
		"-P", "-n", "-l", "-D", "-f", config, "-p", filepath.Join(dir, "keepalived.pid"), "-r", k.vrrpPid))
}

func (k *keepalived) config(cfg *Config) string {
	var b strings.Builder
	fmt.Fprintf(&b, "global_defs {\n router_id test\n vrrp_version %d\n}\n", cfg.Version)
	fmt.Fprintf(&b, "vrrp_instance %s {\n state BACKUP\n interface %s\n virtual_router_id %d\n priority %d\n advert_int %g\n",
		cfg.Name, cfg.Interface, cfg.VRID, k.priority, cfg.AdvertInterval.Seconds())
	if k.noPreempt {
		fmt.Fprintln(&b, " nopreempt")
	}
	if cfg.Password != "" {
		fmt.Fprintf(&b, " authentication {\n auth_type PASS\n auth_pass %s\n }\n", cfg.Password)
	}
	fmt.Fprintf(&b, " virtual_ipaddress {\n %s/24 dev %s\n }\n}\n", vip, cfg.Interface)
	return b.String()
}

func (k *keepalived) stop(t *testing.T) {
	t.Helper()
	if err := k.process.Stop(10 * time.Second); err != nil {
		t.Errorf("stop keepalived: %v", err)
	}
}

// crash kills the child first: it would take the parent's death for a reason to stop gracefully.
func (k *keepalived) crash(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(k.vrrpPid)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatalf("kill keepalived's child: %v", err)
	}
	k.process.Kill()
}
