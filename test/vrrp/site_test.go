package vrrp

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/test/lab"
)

// soon is the limit for everything that takes seconds at most: machines are slow at times.
const soon = 40 * time.Second

// A setup is what all routers of a site have in common.
type setup struct {
	version  int
	interval time.Duration // of advertisements
	ipv6     bool
	unicast  bool
	vmac     bool
	password string
	lans     int // how many; a router has an instance on each, in one sync group; 0 means one
}

// instances is how many virtual routers there are.
func (s *setup) instances() int { return max(1, s.lans) }

// address is that of a host on a LAN. Both count from 1.
func (s *setup) address(lan, host int) string {
	if s.ipv6 {
		return fmt.Sprintf("fd99:%d::%d", lan, host)
	}
	return fmt.Sprintf("10.99.%d.%d", lan, host)
}

// prefix is the address with the length of its network.
func (s *setup) prefix(lan, host int) string {
	if s.ipv6 {
		return s.address(lan, host) + "/64"
	}
	return s.address(lan, host) + "/24"
}

// vip is the virtual address that clients on a LAN ask.
func (s *setup) vip(lan int) string { return s.address(lan, 100) }

// vips are the virtual addresses on a LAN.
func (s *setup) vips(lan int) []string {
	if s.ipv6 {
		return []string{"fe80::99:100/64", s.prefix(lan, 100)}
	}
	return []string{s.prefix(lan, 100)}
}

// A site is routers and a client on one LAN or more:
//
//	client 99 ──┬── node 1 ──┐
//	            └── node 2 ──┴── LAN 2
type site struct {
	*lab.Lab
	setup
	t      *testing.T
	lans   []*nettest.LAN
	client *lab.Host
	nodes  []*node
}

// A node is a router of a site. Its interfaces are eth0 on the first LAN, eth1 on the second.
type node struct {
	*lab.Host
	site     *site
	number   int // counted from 1, and the end of its addresses
	name     string
	priority int
	daemon   daemon
}

// A daemon is what makes a node a router.
type daemon interface {
	start(n *node)
	stop(n *node)  // gracefully
	crash(n *node) // leaves everything behind
	// holds reports whether the node serves the virtual address of a LAN.
	holds(n *node, lan int) (bool, error)
}

// newSite builds the LANs and a node for each daemon, of priorities 150, 100, 50. The daemons are not started.
func newSite(t *testing.T, cfg setup, daemons ...daemon) *site {
	t.Helper()
	s := &site{Lab: lab.New(t), setup: cfg, t: t}
	for i := range cfg.instances() {
		s.lans = append(s.lans, s.LAN(fmt.Sprint("sw", i+1)))
	}
	for i, d := range daemons {
		n := &node{site: s, number: i + 1, name: fmt.Sprint("n", i+1), priority: 150 - 50*i, daemon: d}
		n.Host = s.host(n.name, n.number)
		n.Serve(":80", n.name)
		s.nodes = append(s.nodes, n)
	}
	s.client = s.host("client", 99)
	return s
}

// host is a machine on all LANs.
func (s *site) host(name string, number int) *lab.Host {
	s.t.Helper()
	h := s.Host(name, s.lans[0], s.prefix(1, number))
	for i, lan := range s.lans[1:] {
		h.Plug(lan, fmt.Sprint("eth", i+1), s.prefix(i+2, number))
	}
	return h
}

// pair returns the first two nodes.
func (s *site) pair() (preferred, other *node) { return s.nodes[0], s.nodes[1] }

func (n *node) start() { n.site.t.Helper(); n.daemon.start(n) }
func (n *node) stop()  { n.site.t.Helper(); n.daemon.stop(n) }
func (n *node) crash() { n.site.t.Helper(); n.daemon.crash(n) }

// address is the node's own on the first LAN.
func (n *node) address() string { return n.site.address(1, n.number) }

// peers are the addresses of the other nodes on a LAN.
func (n *node) peers(lan int) []string {
	var all []string
	for _, other := range n.site.nodes {
		if other != n {
			all = append(all, n.site.address(lan, other.number))
		}
	}
	return all
}

// roles returns nil if n holds the addresses of all LANs and other none; other may be nil.
func (n *node) roles(other *node) error {
	for i := range n.site.lans {
		held, err := n.daemon.holds(n, i+1)
		if err != nil || !held {
			return errors.Join(err, fmt.Errorf("%s does not hold the address on LAN %d", n.name, i+1))
		}
		if other == nil {
			continue
		}
		held, err = other.daemon.holds(other, i+1)
		if err != nil || held {
			return errors.Join(err, fmt.Errorf("%s holds the address on LAN %d", other.name, i+1))
		}
	}
	return nil
}

// awaitMaster waits until n holds the addresses and other does not, unless it is nil, and until n answers the client.
func (n *node) awaitMaster(other *node) {
	n.site.t.Helper()
	nettest.Eventually(n.site.t, soon, n.name+" is the master", func() error { return n.roles(other) })
	n.awaitAnswer()
}

// awaitAnswer waits until the client is answered by n.
func (n *node) awaitAnswer() {
	n.site.t.Helper()
	nettest.Eventually(n.site.t, soon, n.name+" answers the client", func() error {
		name, err := n.site.client.Ask("tcp", n.site.target())
		if err == nil && name != n.name {
			err = fmt.Errorf("it is %s that answers", name)
		}
		return err
	})
}

// target is where the client asks.
func (s *site) target() string {
	if s.ipv6 {
		return "[" + s.vip(1) + "]:80"
	}
	return s.vip(1) + ":80"
}

// staysMaster checks for some advertisement intervals that nothing changes.
func (n *node) staysMaster(other *node) {
	n.site.t.Helper()
	over := time.After(5 * n.site.interval)
	for {
		if err := n.roles(other); err != nil {
			n.site.t.Fatalf("%s has to stay the master: %v", n.name, err)
		}
		select {
		case <-over:
			return
		case <-time.After(n.site.interval / 4):
		}
	}
}

// forget makes the client look again every second or two where an address is, as it does every half minute or so.
func (s *site) forget() {
	s.t.Helper()
	for _, family := range []string{"ipv4", "ipv6"} {
		neigh := "net." + family + ".neigh.eth0."
		s.client.Run("sysctl", "-qw", neigh+"base_reachable_time_ms=1000", neigh+"delay_first_probe_time=1")
	}
}

// deafen keeps all advertisements from the nodes, until undeafen: on their way out of the first LAN's switch.
func (s *site) deafen(nodes ...*node) {
	s.t.Helper()
	rules := "add table bridge deaf; add chain bridge deaf out { type filter hook forward priority 0; };"
	for _, n := range nodes {
		for _, family := range []string{"ip protocol 112", "ip6 nexthdr 112"} {
			rules += "add rule bridge deaf out oifname " + n.Port() + " " + family + " drop;"
		}
	}
	s.lans[0].NS.Run("nft", rules)
}

func (s *site) undeafen() {
	s.t.Helper()
	s.lans[0].NS.Run("nft", "delete table bridge deaf")
}
