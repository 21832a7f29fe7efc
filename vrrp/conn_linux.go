package vrrp

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"sync"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// receiveBuffer holds the largest IPv4 packet with an advertisement: 60 + 8 + 255*4 + 8 bytes, and what may follow it.
const receiveBuffer = 2048

// dumpRetries bounds how often a list of addresses that changed while it was read is read again.
const dumpRetries = 5

// A RawConn is a Conn on a raw socket of IPv4 (raw(7)). It sends to and hears the multicast group on one interface,
// and hears one virtual router only. It works in the network namespace it was opened in, wherever it is used.
type RawConn struct {
	cfg     Config
	file    *os.File
	raw     syscall.RawConn
	routes  *netlink.Handle
	ready   chan struct{}
	drained chan struct{} // Receive found nothing more
	closing chan struct{}
	watcher sync.WaitGroup
	buf     [receiveBuffer]byte

	mu    sync.Mutex // held by Source
	index int        // of the interface the socket is bound to; 0: none yet
}

// Listen opens the socket for a virtual router. It needs CAP_NET_RAW; without it the error matches os.ErrPermission. An
// interface that is not there yet is fine, and so is one that goes and comes back: Source finds it. The caller calls
// Close.
func Listen(cfg Config) (*RawConn, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, protocolNumber)
	if err != nil {
		return nil, fmt.Errorf("open VRRP socket: %w", err)
	}
	c := &RawConn{
		cfg:     cfg,
		file:    os.NewFile(uintptr(fd), "vrrp"),
		ready:   make(chan struct{}),
		drained: make(chan struct{}, 1),
		closing: make(chan struct{}),
	}
	if err := c.setUp(fd); err != nil {
		return nil, errors.Join(fmt.Errorf("set up VRRP socket on %s: %w", cfg.Interface, err), c.release())
	}
	c.watcher.Go(c.watch)
	return c, nil
}

func (c *RawConn) setUp(fd int) error {
	for _, o := range []struct{ level, name, value int }{
		{unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, 255},
		{unix.IPPROTO_IP, unix.IP_MULTICAST_LOOP, 0},
		{unix.IPPROTO_IP, unix.IP_MULTICAST_ALL, 0}, // not the groups that other sockets joined
		{unix.IPPROTO_IP, unix.IP_TOS, 0xc0},        // Internetwork Control (RFC 791), as keepalived and FRR
	} {
		if err := unix.SetsockoptInt(fd, o.level, o.name, o.value); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	if err := attachFilter(fd, c.cfg.VRID); err != nil {
		return err
	}
	var err error
	if c.raw, err = c.file.SyscallConn(); err != nil {
		return err
	}
	if c.routes, err = netlink.NewHandle(unix.NETLINK_ROUTE); err != nil {
		return err
	}
	_, err = c.Source() // binds, if the interface is there
	return err
}

// attachFilter lets packets of one virtual router pass. Many may share an interface, each with a socket of its own.
func attachFilter(fd int, vrid uint8) error {
	program, err := bpf.Assemble([]bpf.Instruction{
		bpf.LoadMemShift{Off: 0},          // X = length of the IP header
		bpf.LoadIndirect{Off: 1, Size: 1}, // A = VRID; a packet that ends before it is dropped
		bpf.JumpIf{Val: uint32(vrid), SkipFalse: 1},
		bpf.RetConstant{Val: 1<<16 - 1},
		bpf.RetConstant{Val: 0},
	})
	if err != nil {
		return err
	}
	filter := make([]unix.SockFilter, len(program))
	for i, in := range program {
		filter[i] = unix.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K}
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	return os.NewSyscallError("setsockopt", unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &prog))
}

// Close closes the socket. A second call returns an error that matches os.ErrClosed.
func (c *RawConn) Close() error {
	err := c.release()
	if errors.Is(err, os.ErrClosed) {
		return err
	}
	close(c.closing)
	c.watcher.Wait()
	return err
}

// release closes what is open.
func (c *RawConn) release() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.routes != nil {
		c.routes.Close()
	}
	return c.file.Close()
}

// Ready implements Conn.
func (c *RawConn) Ready() <-chan struct{} { return c.ready }

// watch tells of waiting packets and then lets Receive take them all before it looks again.
func (c *RawConn) watch() {
	for {
		if err := c.raw.Read(packetWaiting); err != nil {
			return // closed
		}
		select {
		case c.ready <- struct{}{}:
		case <-c.closing:
			return
		}
		select {
		case <-c.drained:
		case <-c.closing:
			return
		}
	}
}

// packetWaiting looks, rather than trusts the poller: that forgets what became ready between two calls.
func packetWaiting(fd uintptr) bool {
	_, _, err := unix.Recvfrom(int(fd), nil, unix.MSG_PEEK|unix.MSG_DONTWAIT)
	return !errors.Is(err, unix.EAGAIN)
}

// Receive implements Conn.
func (c *RawConn) Receive() (Packet, bool, error) {
	var n int
	var err error
	closed := c.raw.Control(func(fd uintptr) { n, err = unix.Read(int(fd), c.buf[:]) })
	if closed != nil {
		return Packet{}, false, closed
	}
	if errors.Is(err, unix.EAGAIN) {
		select {
		case c.drained <- struct{}{}:
		default:
		}
		return Packet{}, false, nil
	}
	if err != nil {
		return Packet{}, false, os.NewSyscallError("read", err)
	}
	p, ok := parseIPv4(c.buf[:n])
	if !ok {
		return Packet{}, false, fmt.Errorf("read packet of %d bytes: not IPv4", n)
	}
	return p, true, nil
}

// Send implements Conn. The kernel refuses a source address that the host does not have (EINVAL).
func (c *RawConn) Send(payload []byte, source, destination netip.Addr) error {
	control := unix.PktInfo4(&unix.Inet4Pktinfo{Spec_dst: source.As4()})
	to := &unix.SockaddrInet4{Addr: destination.As4()}
	var err error
	closed := c.raw.Control(func(fd uintptr) {
		_, err = unix.SendmsgN(int(fd), payload, control, to, unix.MSG_DONTWAIT)
	})
	if closed != nil {
		return closed
	}
	return os.NewSyscallError("sendmsg", err)
}

// Source implements Conn. It also binds the socket to the interface when that has appeared or was replaced.
func (c *RawConn) Source() (netip.Addr, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	link, err := c.routes.LinkByName(c.cfg.Interface)
	if _, missing := errors.AsType[netlink.LinkNotFoundError](err); missing {
		return netip.Addr{}, nil
	}
	if err != nil {
		return netip.Addr{}, fmt.Errorf("look up %s: %w", c.cfg.Interface, err)
	}
	if index := link.Attrs().Index; index != c.index {
		if err := c.bind(index); err != nil {
			return netip.Addr{}, fmt.Errorf("bind VRRP socket to %s: %w", c.cfg.Interface, err)
		}
		c.index = index
	}
	addrs, err := c.routes.AddrList(link, netlink.FAMILY_V4)
	for tries := 0; errors.Is(err, netlink.ErrDumpInterrupted) && tries < dumpRetries; tries++ {
		addrs, err = c.routes.AddrList(link, netlink.FAMILY_V4)
	}
	if err != nil {
		return netip.Addr{}, fmt.Errorf("list addresses of %s: %w", c.cfg.Interface, err)
	}
	return chooseSource(&c.cfg, addrs), nil
}

// bind makes the socket use an interface.
func (c *RawConn) bind(index int) error {
	var err error
	closed := c.raw.Control(func(fd uintptr) {
		request := &unix.IPMreqn{Multiaddr: multicastGroup().As4(), Ifindex: int32(index)}
		err = errors.Join(
			unix.BindToDevice(int(fd), c.cfg.Interface),
			unix.SetsockoptIPMreqn(int(fd), unix.IPPROTO_IP, unix.IP_MULTICAST_IF, request),
			unix.SetsockoptIPMreqn(int(fd), unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP, request))
	})
	return errors.Join(closed, err)
}

// chooseSource returns the primary address among those of the interface, in the kernel's order; the zero address if
// there is none. Virtual addresses do not count, whoever added them, unless the router owns them. Behind one of those a
// secondary address will do: that is what an address becomes when it is removed and added again beside a virtual one.
func chooseSource(cfg *Config, addrs []netlink.Addr) netip.Addr {
	for _, a := range addrs {
		addr, ok := netip.AddrFromSlice(a.IP.To4())
		if ok && (cfg.owner() || !slices.Contains(cfg.Addresses, addr)) {
			return addr
		}
	}
	return netip.Addr{}
}
