package vrrp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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
	conns []*memConn
	cut   bool // nothing gets through
	lines []string
}

func newLAN(t *testing.T) *lan { return &lan{t: t, start: time.Now()} }

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

func (l *lan) setCut(cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = cut
}

// broadcast delivers a packet to all but the sender, unless the LAN is cut.
func (l *lan) broadcast(from *memConn, p Packet) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		return
	}
	for _, c := range l.conns {
		if c != from {
			time.AfterFunc(latency, func() { c.deliver(p) })
		}
	}
}

// inject delivers a packet from outside.
func (l *lan) inject(p Packet) { l.broadcast(nil, p) }

// A memConn is a Conn on a lan.
type memConn struct {
	lan   *lan
	ready chan struct{}

	mu      sync.Mutex
	source  netip.Addr
	queue   []Packet
	frozen  time.Time // the process does not run until then
	sendErr error
	recvErr error // returned once
}

func (l *lan) connect(source string) *memConn {
	c := &memConn{lan: l, ready: make(chan struct{}, 1), source: netip.MustParseAddr(source)}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns = append(l.conns, c)
	return c
}

func (c *memConn) deliver(p Packet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = append(c.queue, p)
	select {
	case c.ready <- struct{}{}:
	default:
	}
}

// Ready first sits out a freeze: the loop that waits is late by that time.
func (c *memConn) Ready() <-chan struct{} {
	c.mu.Lock()
	frozen := time.Until(c.frozen)
	c.mu.Unlock()
	time.Sleep(frozen)
	return c.ready
}

func (c *memConn) Receive() (Packet, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.recvErr; err != nil {
		c.recvErr = nil
		return Packet{}, false, err
	}
	if len(c.queue) == 0 {
		return Packet{}, false, nil
	}
	p := c.queue[0]
	c.queue = c.queue[1:]
	return p, true, nil
}

func (c *memConn) Send(payload []byte, source, destination netip.Addr) error {
	c.mu.Lock()
	err, own := c.sendErr, c.source
	c.mu.Unlock()
	if err != nil {
		return err
	}
	if source != own {
		return errors.New("no such source address")
	}
	a, _, err := ParseAdvertisement(payload, source, destination)
	if err != nil {
		c.lan.t.Errorf("sent an invalid advertisement: %v", err)
	}
	c.lan.record("%v advertises %d", source, a.Priority)
	c.lan.broadcast(c, Packet{Source: source, Destination: destination, TTL: 255, Payload: slices.Clone(payload)})
	return nil
}

func (c *memConn) Source() (netip.Addr, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.source.Is6() {
		return netip.Addr{}, errors.New("no answer")
	}
	return c.source, nil
}

func (c *memConn) set(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
}

// freeze makes the instance's loop late, as if its process were stopped until d from now.
func (c *memConn) freeze(d time.Duration) { c.set(func() { c.frozen = time.Now().Add(d) }) }

// A memHost is a Host that records what it is told, and can be slow or fail.
type memHost struct {
	lan    *lan
	source string

	mu       sync.Mutex
	present  bool
	delay    time.Duration // of each change of addresses
	failures int           // changes of addresses still to fail
	mute     bool          // announcements fail
}

func (h *memHost) AddAddresses() error    { return h.change(true, "adds addresses") }
func (h *memHost) RemoveAddresses() error { return h.change(false, "removes addresses") }

func (h *memHost) change(present bool, what string) error {
	h.mu.Lock()
	delay := h.delay
	h.mu.Unlock()
	time.Sleep(delay)
	h.mu.Lock()
	defer h.mu.Unlock()
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
	if h.mute {
		return errors.New("network is down")
	}
	if !h.present {
		h.lan.t.Errorf("%s announces what it does not hold", h.source)
	}
	h.lan.record("%s announces", h.source)
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

// A router is an instance on a lan.
type router struct {
	*Instance
	conn *memConn
	host *memHost
	stop func() // gracefully, and waits
	kill func() // without a word
}

// testConfig is version 3, 100 ms, one round of ARP, no second burst.
func testConfig(priority uint8) Config {
	return Config{
		Name: "VI_1", Interface: "eth0", VRID: 51, Priority: priority, Version: 3,
		AdvertInterval: 100 * time.Millisecond, Addresses: addrs("10.0.0.100"), GARPMasterRepeat: 1,
	}
}

// router starts an instance at 10.0.0.n. It is stopped at the end of the test at the latest.
func (l *lan) router(source string, cfg Config) *router {
	r := &router{conn: l.connect(source), host: &memHost{lan: l, source: source}}
	l.launch(r, cfg)
	return r
}

// launch starts the router's instance.
func (l *lan) launch(r *router, cfg Config) {
	name := r.host.source
	r.Instance = NewInstance(cfg, r.conn, r.host, func(t Transition) {
		l.record("%s is %s", name, t.To)
	}, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(l.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := r.Run(ctx); err != nil {
			l.t.Errorf("Run: %v", err)
		}
	}()
	r.stop = func() { cancel(); <-done }
	r.kill = func() {
		r.conn.set(func() { r.conn.sendErr = errors.New("killed") })
		l.mu.Lock()
		l.conns = slices.DeleteFunc(l.conns, func(c *memConn) bool { return c == r.conn })
		l.mu.Unlock()
		r.stop()
	}
	l.t.Cleanup(r.stop)
}
