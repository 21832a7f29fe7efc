package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/ldirector/ldirector/internal/nettest"
)

// Priorities of the first and the second director of a pair.
const (
	preferred = 150
	second    = 100
)

// A pair is two directors and a client on one LAN.
type pair struct {
	b      *bench
	lan    *nettest.LAN
	nodes  [2]*node // the preferred one is the first
	client *nettest.Namespace
}

// A node is one director of a pair.
type node struct {
	b       *bench
	runs    implementation
	routers routers
	ns      *nettest.Namespace
	port    *nettest.Port
	dir     string // for configuration, log and the program's own files
	process *nettest.Process
}

// newPair builds the network; no program runs yet.
func (b *bench) newPair(first, other implementation, count int, s speed) *pair {
	p := &pair{b: b, lan: nettest.NewLAN(b, "lan"), client: nettest.New(b, "client")}
	for i, runs := range []implementation{first, other} {
		r := routers{count: count, speed: s, priority: []int{preferred, second}[i]}
		n := &node{b: b, runs: runs, routers: r, ns: nettest.New(b, fmt.Sprintf("node-%d", i+1)), dir: b.tempDir()}
		n.port = p.lan.Connect(n.ns, "eth0", nodePrefix(i))
		p.nodes[i] = n
	}
	p.lan.Connect(p.client, "eth0", netip.MustParsePrefix("10.99.0.100/16"))
	return p
}

func nodePrefix(i int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 99, 0, byte(i + 1)}), 16)
}

// start starts the node's program, which logs to a file: who is left of it may
// log when the rest is dead.
func (n *node) start() {
	config := filepath.Join(n.dir, "config")
	n.b.must(os.WriteFile(config, []byte(n.runs.config(n.routers)), 0o600))
	log, err := os.OpenFile(n.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	n.b.must(err)
	defer func() { _ = log.Close() }()
	cmd := n.ns.Command(n.runs.program, n.runs.args(config, n.dir)...)
	cmd.Stdout, cmd.Stderr = log, log
	n.process = n.ns.Start(cmd)
}

func (n *node) logFile() string { return filepath.Join(n.dir, "log") }

// log returns what the node's program has logged.
func (n *node) log() string {
	text, err := os.ReadFile(n.logFile())
	n.b.must(err)
	return string(text)
}

// awaitMaster waits until the node has the addresses of all virtual routers.
func (n *node) awaitMaster() {
	n.b.Helper()
	nettest.Eventually(n.b, 30*time.Second, n.ns.Name()+" is master", func() error {
		select {
		case <-n.process.Done():
			return errors.New("it ended: " + n.log())
		default:
		}
		have, err := n.addresses()
		if err == nil && have < n.routers.count {
			err = fmt.Errorf("%d addresses", have)
		}
		return err
	})
}

// addresses returns how many virtual addresses the node has.
func (n *node) addresses() (count int, err error) {
	err = n.ns.Do(func() error {
		link, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		all, err := netlink.AddrList(link, netlink.FAMILY_V4)
		count = len(all) - 1 // its own
		return err
	})
	return count, err
}

// children returns the processes that the program has started: ldirector's
// guardian, keepalived's VRRP process.
func (n *node) children() []string {
	pids, err := children(n.pid())
	n.b.must(err)
	if len(pids) != 1 {
		n.b.Fatalf("%s has the children %v", n.runs.name, pids)
	}
	return pids
}

func (n *node) pid() string { return strconv.Itoa(n.process.Pid()) }

// kill kills processes one after the other. Of keepalived the child has to be
// the first: it hands over as soon as its parent is gone.
func (n *node) kill(pids ...string) {
	for _, text := range pids {
		pid, err := strconv.Atoi(text)
		n.b.must(err)
		n.b.must(syscall.Kill(pid, syscall.SIGKILL))
	}
}

// crash kills the program. Ours leaves its guardian.
func (n *node) crash() {
	if n.runs.name == "keepalived" {
		n.crashAll()
		return
	}
	n.kill(n.pid())
}

// crashAll kills everything of the program.
func (n *node) crashAll() {
	n.kill(append(n.children(), n.pid())...)
}

// part keeps the directors from hearing each other, or ends that. The client
// hears both all the time.
func (p *pair) part(apart bool) {
	p.b.must(p.lan.NS.Do(func() error {
		for _, n := range p.nodes {
			link, err := netlink.LinkByName(n.port.Name)
			if err != nil {
				return err
			}
			if err := netlink.LinkSetIsolated(link, apart); err != nil {
				return err
			}
		}
		return nil
	}))
}
