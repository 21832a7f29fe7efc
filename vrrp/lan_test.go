package vrrp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// latency of the in-memory LAN.
const latency = 100 * time.Microsecond

// A lan connects routers in memory, inside a synctest bubble. It keeps a record of what was sent and done.
type lan struct {
	t     *testing.T
	start time.Time

	mu    sync.Mutex
	nets  []*memNetwork
	nodes []*node
	cut   func(from, to *memNetwork) bool // what does not get through
	noise *rand.Rand                      // loss, delay and duplication; nil: none
	lines []string
}

func newLAN(t *testing.T) *lan {
	return &lan{t: t, start: time.Now(), cut: func(_, _ *memNetwork) bool { return false }}
}

// since returns the time on the LAN's clock, without what the latency adds.
func (l *lan) since() time.Duration { return time.Since(l.start).Truncate(10 * time.Microsecond) }

func (l *lan) record(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf("%v ", l.since())+fmt.Sprintf(format, args...))
}

// transcript returns what was recorded since the last call.
func (l *lan) transcript() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := strings.Join(l.lines, "\n")
	l.lines = nil
	return text
}

// setCut sets what does not get through.
func (l *lan) setCut(cut func(from, to *memNetwork) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = cut
}

func everything(_, _ *memNetwork) bool { return true }
func nothing(_, _ *memNetwork) bool    { return false }

// broadcast delivers a packet to all but the sender.
func (l *lan) broadcast(from *memNetwork, p Packet) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, to := range l.nets {
		if to == from || l.cut(from, to) {
			continue
		}
		for _, delay := range l.delays() {
			time.AfterFunc(delay, func() { to.deliver(p) })
		}
	}
}

// announce tells all other hosts that this one has the addresses.
func (l *lan) announce(from *memNetwork) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range l.nodes {
		if n.net == from || l.cut(from, n.net) || n.Driver == nil {
			continue
		}
		d := n.Driver
		claim := Claim{Interface: "eth0", Address: n.cfg.Addresses[0], MAC: "02:00:" + from.source.String(), Own: "02:00:" + n.net.source.String()}
		time.AfterFunc(2*latency, func() { d.Claimed(claim) }) // it comes behind the advertisement
	}
}

// delays returns after what time the copies of a packet arrive.
func (l *lan) delays() []time.Duration {
	if l.noise == nil {
		return []time.Duration{latency}
	}
	var all []time.Duration
	for range 1 + l.noise.IntN(10)/9 {
		if l.noise.IntN(20) > 0 {
			all = append(all, latency+time.Duration(l.noise.Int64N(int64(10*time.Millisecond))))
		}
	}
	return all
}

// A memNetwork is the Network of one host on a lan, with one interface, eth0.
type memNetwork struct {
	lan    *lan
	source netip.Addr
	wake   chan struct{}

	mu      sync.Mutex
	queue   []Packet
	frozen  time.Time // the process does not run until then
	dead    bool      // it sends and hears nothing
	sendErr error
	recvErr error // returned once
}

// connect adds a host at that address.
func (l *lan) connect(source string) *memNetwork {
	n := &memNetwork{lan: l, source: netip.MustParseAddr(source), wake: make(chan struct{}, 1)}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.nets = append(l.nets, n)
	return n
}

func (n *memNetwork) deliver(p Packet) {
	n.mu.Lock()
	if !n.dead {
		n.queue = append(n.queue, p)
	}
	n.mu.Unlock()
	n.Wake()
}

func (n *memNetwork) Wake() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// Wait first sits out a freeze: the loop that waits is late by that time.
func (n *memNetwork) Wait(deadline time.Time) {
	if deadline.IsZero() {
		deadline = time.Now().Add(time.Hour)
	}
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-n.wake:
	case <-timer.C:
	}
	n.mu.Lock()
	frozen := time.Until(n.frozen)
	n.mu.Unlock()
	time.Sleep(frozen)
}

func (n *memNetwork) Receive() (Packet, bool, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.recvErr; err != nil {
		n.recvErr = nil
		return Packet{}, false, err
	}
	if len(n.queue) == 0 {
		return Packet{}, false, nil
	}
	p := n.queue[0]
	n.queue = n.queue[1:]
	return p, true, nil
}

func (n *memNetwork) set(change func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change()
}

// freeze makes the driver's loop late, as if its process were stopped until d from now.
func (n *memNetwork) freeze(d time.Duration) { n.set(func() { n.frozen = time.Now().Add(d) }) }

// A memConn is a router's part of a memNetwork.
type memConn struct{ net *memNetwork }

func (c memConn) Attach(int, int) error { return nil }
func (c memConn) Close() error          { return nil }

func (c memConn) Send(payload []byte, source, destination netip.Addr) error {
	n := c.net
	n.mu.Lock()
	err, dead := n.sendErr, n.dead
	n.mu.Unlock()
	if err != nil || dead {
		return err
	}
	a, err := ParseAdvertisement(payload, source, destination)
	if err != nil {
		n.lan.t.Errorf("sent an invalid advertisement: %v", err)
	}
	n.lan.record("%v advertises %d", source, a.Priority)
	n.lan.broadcast(n, Packet{Index: 1, Source: source, Destination: destination, TTL: 255, Payload: slices.Clone(payload)})
	return nil
}

// A memHost is a Host that records what it is told, and can be slow or fail.
type memHost struct {
	lan    *lan
	net    *memNetwork
	source string

	mu       sync.Mutex
	present  bool
	delay    time.Duration // of each change of addresses
	failures int           // changes of addresses still to fail
	mute     bool          // announcements fail
	dead     bool          // nothing is done
}

func (h *memHost) AddAddresses() error    { return h.change(true, "adds addresses") }
func (h *memHost) RemoveAddresses() error { return h.change(false, "removes addresses") }
func (h *memHost) Probe() error           { return nil }
func (h *memHost) Close() error           { return nil }

func (h *memHost) change(present bool, what string) error {
	h.mu.Lock()
	delay := h.delay
	h.mu.Unlock()
	time.Sleep(delay)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.dead {
		return nil
	}
	if h.failures > 0 {
		h.failures--
		h.lan.record("%s fails", h.source)
		return errors.New("no such device")
	}
	h.present = present
	h.lan.record("%s %s", h.source, what)
	return nil
}

func (h *memHost) Announce() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.dead {
		return nil
	}
	if h.mute {
		return errors.New("network is down")
	}
	if !h.present {
		h.lan.t.Errorf("%s announces what it does not hold", h.source)
	}
	h.lan.record("%s announces", h.source)
	h.lan.announce(h.net)
	return nil
}

func (h *memHost) holds() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.present
}

func (h *memHost) set(change func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change()
}

// A node is a driver on a lan with one virtual router.
type node struct {
	*Driver
	lan    *lan
	cfg    Config
	net    *memNetwork
	host   *memHost
	cancel context.CancelFunc
	done   chan struct{}
}

// testConfig is version 3, 100 ms, one round of ARP, no second burst.
func testConfig(priority uint8) Config {
	return Config{
		Name: "VI_1", Interface: "eth0", VRID: 51, Priority: priority, Version: 3,
		AdvertInterval: 100 * time.Millisecond, Addresses: addrs("10.0.0.100"), GARP: GARP{Repeat: 1, LowerRepeat: 1},
	}
}

// router starts a router at 10.0.0.n. It is stopped at the end of the test at the latest.
func (l *lan) router(source string, cfg Config) *node {
	n := l.node(source, cfg)
	n.launch(Set{})
	return n
}

// node is router without the start.
func (l *lan) node(source string, cfg Config) *node {
	net := l.connect(source)
	n := &node{lan: l, cfg: cfg, net: net, host: &memHost{lan: l, net: net, source: source}}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.nodes = append(l.nodes, n)
	return n
}

// launch starts the node's driver; the set's routers are replaced by the node's.
func (n *node) launch(set Set) {
	name := n.host.source
	d := NewDriver(n.net, func(notice Notice) {
		switch {
		case notice.Kind != StateChanged:
		case notice.Resumed:
			n.lan.record("%s is %s as before", name, notice.To)
		default:
			n.lan.record("%s is %s", name, notice.To)
		}
	}, slog.New(slog.DiscardHandler))
	n.lan.mu.Lock()
	n.Driver = d
	n.lan.mu.Unlock()
	n.setSource(n.net.source)
	set.Routers = []Router{{Config: n.cfg, Conn: memConn{n.net}, Host: n.host}}
	n.Set(set)
	var ctx context.Context
	ctx, n.cancel = context.WithCancel(n.lan.t.Context())
	n.done = make(chan struct{})
	go func() {
		defer close(n.done)
		n.Run(ctx)
	}()
	n.lan.t.Cleanup(n.stop)
}

// setSource sets the host's address; with the zero one it has none.
func (n *node) setSource(source netip.Addr) {
	eth0 := Interface{Index: 1, Up: true}
	if source.IsValid() {
		eth0.Addresses = []netip.Addr{source}
	}
	n.SetInterfaces(Interfaces{"eth0": eth0, "eth1": {Index: 2, Up: true}, "eth2": {Index: 3, Up: true}})
}

// stop stops the router gracefully, and waits.
func (n *node) stop() {
	n.cancel()
	<-n.done
}

// kill stops it without a word. The host keeps what it has.
func (n *node) kill() {
	n.net.set(func() { n.net.dead = true })
	n.host.set(func() { n.host.dead = true })
	if _, err := n.Leave(context.Background()); err != nil {
		n.lan.t.Errorf("leave: %v", err)
	}
	n.stop()
}

// status returns the router's.
func (n *node) status() Status {
	report, err := n.Status(context.Background())
	if err != nil || len(report.Routers) != 1 {
		n.lan.t.Fatalf("status of %s: %v, %d routers", n.host.source, err, len(report.Routers))
	}
	return report.Routers[0]
}
