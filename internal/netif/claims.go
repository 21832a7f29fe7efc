package netif

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Claims watches the network for other hosts that say that they have our
// addresses. What it looks for may change while it runs.
type Claims struct {
	report func(Claim)
	log    *slog.Logger

	mu       sync.Mutex
	wanted   map[string][]netip.Addr // by interface
	table    map[string]Interface
	sets     map[int]watched // made of both, by index of the interface; nil: not made yet
	own      [][6]byte       // hardware addresses of this host
	reported map[reported]time.Time
}

// watched is what is looked for on an interface.
type watched struct {
	name  string
	mac   net.HardwareAddr
	addrs map[netip.Addr]bool
}

// reported is a claim that was told of.
type reported struct {
	index   int
	address netip.Addr
	mac     [6]byte
}

const (
	// claimInterval is the least time between two reports of the same claim.
	claimInterval = 50 * time.Millisecond
	// maxReported bounds what is remembered of claims.
	maxReported = 1024
)

// NewClaims returns claims that are told to report, one at a time: it must not
// block. A claim that is repeated is told again after 50 ms at the earliest.
func NewClaims(report func(Claim), log *slog.Logger) *Claims {
	return &Claims{report: report, log: log, reported: make(map[reported]time.Time)}
}

// Watch sets the addresses to look for, by interface.
func (c *Claims) Watch(wanted map[string][]netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wanted, c.sets = wanted, nil
}

// SetInterfaces tells which interfaces there are, as [Interfaces] reports them.
// What their hardware addresses send is no claim, on whatever interface it is
// seen.
func (c *Claims) SetInterfaces(table map[string]Interface) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.table, c.sets = table, nil
}

// Run watches until ctx is done.
func (c *Claims) Run(ctx context.Context) {
	keepWatching(ctx, "claims", c.log, c.watch)
}

// watch watches until a socket fails or ctx is done.
func (c *Claims) watch(ctx context.Context) error {
	arp, err := listenPackets(unix.ETH_P_ARP, []bpf.Instruction{bpf.RetConstant{Val: frameSize}})
	if err != nil {
		return fmt.Errorf("watch ARP: %w", err)
	}
	defer func() { _ = arp.Close() }()
	advertisements, err := listenPackets(unix.ETH_P_IPV6, advertisementFilter())
	if err != nil {
		return fmt.Errorf("watch neighbour advertisements: %w", err)
	}
	defer func() { _ = advertisements.Close() }()

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		_ = arp.SetReadDeadline(time.Unix(1, 0))
		_ = advertisements.SetReadDeadline(time.Unix(1, 0))
	})
	defer stop()
	failed := make(chan error, 1)
	go func() {
		defer cancel()
		failed <- c.read(ctx, advertisements, unix.ETH_P_IPV6)
	}()
	err = c.read(ctx, arp, unix.ETH_P_ARP)
	cancel()
	return errors.Join(err, <-failed)
}

// frameSize holds what is looked at of a frame without its Ethernet header.
const frameSize = 256

// listenPackets opens a packet socket (packet(7)) for one protocol on all
// interfaces. The kernel hands it what comes in, without the Ethernet header.
func listenPackets(etherType uint16, filter []bpf.Instruction) (*os.File, error) {
	// Protocol 0: nothing arrives before the filter is there.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open packet socket: %w", err)
	}
	raw, err := bpf.Assemble(filter)
	if err == nil {
		err = attach(fd, raw)
	}
	if err == nil {
		network := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, etherType))
		err = unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: network})
	}
	if err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), "packet socket"), nil
}

func attach(fd int, raw []bpf.RawInstruction) error {
	filters := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		filters[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	program := unix.SockFprog{Len: uint16(len(filters)), Filter: &filters[0]}
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program)
}

// advertisementFilter lets neighbour advertisements through: they have no
// extension headers.
func advertisementFilter() []bpf.Instruction {
	const nextHeader, icmpType, advertisement = 6, 40, 136
	return []bpf.Instruction{
		bpf.LoadAbsolute{Off: nextHeader, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.IPPROTO_ICMPV6, SkipTrue: 3},
		bpf.LoadAbsolute{Off: icmpType, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: advertisement, SkipTrue: 1},
		bpf.RetConstant{Val: frameSize},
		bpf.RetConstant{Val: 0},
	}
}

// read reads packets until the socket fails, which it does when ctx is done.
func (c *Claims) read(ctx context.Context, socket *os.File, etherType uint16) error {
	conn, err := socket.SyscallConn()
	if err != nil {
		return err
	}
	for buf := make([]byte, frameSize); ctx.Err() == nil; {
		var n int
		var from unix.Sockaddr
		var recvErr error
		err := conn.Read(func(fd uintptr) (done bool) {
			n, from, recvErr = unix.Recvfrom(int(fd), buf, 0)
			return !errors.Is(recvErr, unix.EAGAIN)
		})
		if err != nil {
			return err
		}
		if recvErr != nil {
			return recvErr
		}
		if sender, ok := from.(*unix.SockaddrLinklayer); ok {
			c.packet(buf[:n], sender, etherType, time.Now())
		}
	}
	return ctx.Err()
}

// packet takes in one packet.
func (c *Claims) packet(b []byte, sender *unix.SockaddrLinklayer, etherType uint16, now time.Time) {
	var a assertion
	var ok bool
	if etherType == unix.ETH_P_ARP {
		a, ok = parseARP(b)
	} else {
		a, ok = parseAdvertisement(b, net.HardwareAddr(sender.Addr[:6]))
	}
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if claim, ok := c.consider(a, sender.Ifindex, now); ok {
		c.report(claim)
	}
}

// consider decides whether an assertion is to be reported.
func (c *Claims) consider(a assertion, index int, now time.Time) (Claim, bool) {
	c.combine()
	w, ok := c.sets[index]
	mac := [6]byte(a.mac)
	if !ok || !w.addrs[a.address] || slices.Contains(c.own, mac) {
		return Claim{}, false
	}
	key := reported{index: index, address: a.address, mac: mac}
	if last, ok := c.reported[key]; ok && now.Sub(last) < claimInterval {
		return Claim{}, false
	}
	if len(c.reported) >= maxReported {
		clear(c.reported)
	}
	c.reported[key] = now
	return Claim{
		Interface: w.name, Address: a.address, MAC: slices.Clone(a.mac), Own: w.mac, Unsolicited: a.unsolicited,
	}, true
}

// combine makes the sets of what is wanted and of the interfaces there are.
func (c *Claims) combine() {
	if c.sets != nil {
		return
	}
	c.sets, c.own = make(map[int]watched), nil
	for name, i := range c.table {
		if len(i.HardwareAddr) != 6 {
			continue
		}
		c.own = append(c.own, [6]byte(i.HardwareAddr))
		if len(c.wanted[name]) == 0 {
			continue
		}
		w := watched{name: name, mac: i.HardwareAddr, addrs: make(map[netip.Addr]bool)}
		for _, a := range c.wanted[name] {
			w.addrs[a] = true
		}
		c.sets[i.Index] = w
	}
}
