package healthcheck

import (
	"fmt"
	"math/rand/v2"
	"net/netip"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// A pingRoute is what one raw socket cannot have more than one of.
type pingRoute struct {
	v6     bool
	source netip.Addr
	device string
	mark   uint32
}

// routeOf returns the route of pings to t.
func routeOf(t Target) pingRoute {
	return pingRoute{t.Addr.Addr().Unmap().Is6(), t.Source.Addr().Unmap(), t.Device, t.Mark}
}

// A pingSocket sends echo requests to many targets and takes their replies.
type pingSocket struct {
	route pingRoute
	fd    int
	turn  int32 // of its watch
	id    uint16
	seq   uint16 // the last
	sent  map[uint16]ping
}

// A ping is an echo request without a reply yet.
type ping struct {
	en    *entry
	to    netip.Addr
	token uint64
}

// pingBuffer is what one packet counts against the buffers of its socket, at
// the most: some drivers have a page for each.
const pingBuffer = 4096

// openPingSocket returns a socket with room for the replies to limit requests,
// should they come all at once, and for as many requests that wait until a
// neighbour answers.
func openPingSocket(route pingRoute, limit int) (*pingSocket, error) {
	family, protocol := unix.AF_INET, unix.IPPROTO_ICMP
	if route.v6 {
		family, protocol = unix.AF_INET6, unix.IPPROTO_ICMPV6
	}
	fd, err := unix.Socket(family, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return nil, fmt.Errorf("%w: open raw socket: %w", ErrLocal, err)
	}
	s := &pingSocket{route: route, fd: fd, id: uint16(rand.Uint32()), sent: make(map[uint16]ping)}
	if err := s.prepare(limit * pingBuffer); err != nil {
		closeSocket(fd)
		return nil, err
	}
	return s, nil
}

// prepare sets the options of the socket.
func (s *pingSocket) prepare(buffer int) error {
	if err := s.filter(); err != nil {
		return err
	}
	for option, force := range map[int]int{unix.SO_RCVBUF: unix.SO_RCVBUFFORCE, unix.SO_SNDBUF: unix.SO_SNDBUFFORCE} {
		if unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, force, buffer/2) == nil { // the kernel takes twice as much
			continue
		}
		// Without CAP_NET_ADMIN it is as much as sysctl net.core.*mem_max says.
		if err := unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, option, buffer/2); err != nil {
			return fmt.Errorf("%w: set buffer size: %w", ErrLocal, err)
		}
	}
	if err := leaveBy(s.fd, s.route.device, s.route.mark); err != nil {
		return err
	}
	if !s.route.source.IsValid() {
		return nil
	}
	if err := unix.Bind(s.fd, sockaddr(netip.AddrPortFrom(s.route.source, 0))); err != nil {
		return fmt.Errorf("%w: bind %s: %w", ErrLocal, s.route.source, err)
	}
	return nil
}

// filter lets in replies to this socket only. A raw socket gets a copy of all
// that the protocol has for this host.
func (s *pingSocket) filter() error {
	const all = 1 << 16
	program := []bpf.Instruction{
		bpf.LoadConstant{Dst: bpf.RegX, Val: 0}, // an IPv6 packet comes without its header
		bpf.LoadIndirect{Off: 0, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: echoReply6 << 8, SkipTrue: 3},
		bpf.LoadIndirect{Off: 4, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(s.id), SkipTrue: 1},
		bpf.RetConstant{Val: all},
		bpf.RetConstant{Val: 0},
	}
	if !s.route.v6 {
		program[0] = bpf.LoadMemShift{Off: 0}
		program[2] = bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: echoReply4 << 8, SkipTrue: 3}
	}
	code, err := bpf.Assemble(program)
	if err != nil {
		return fmt.Errorf("assemble filter of ping socket: %w", err)
	}
	filter := make([]unix.SockFilter, len(code))
	for i, c := range code {
		filter[i] = unix.SockFilter{Code: c.Op, Jt: c.Jt, Jf: c.Jf, K: c.K}
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.SetsockoptSockFprog(s.fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &prog); err != nil {
		return fmt.Errorf("%w: set SO_ATTACH_FILTER: %w", ErrLocal, err)
	}
	return nil
}

// send sends an echo request to an address, for en. An error is the answer of
// the probe.
func (s *pingSocket) send(en *entry, to netip.Addr, scratch []byte) (seq uint16, err error) {
	if len(s.sent) > 1<<15 {
		return 0, fmt.Errorf("%w: too many pings in flight", ErrLocal)
	}
	for s.seq++; s.sent[s.seq] != (ping{}); {
		s.seq++
	}
	e := echo{id: s.id, seq: s.seq, token: rand.Uint64()}
	if err := unix.Sendto(s.fd, e.put(scratch, s.route.v6), 0, sockaddr(netip.AddrPortFrom(to, 0))); err != nil {
		return 0, classify(err)
	}
	s.sent[e.seq] = ping{en: en, to: to.WithZone(""), token: e.token}
	return e.seq, nil
}

// receive takes the next reply to a request that still waits for one, and
// returns for whom that was sent. replied is false if no more have come.
//
// A reply comes from the address that was asked and has the request's token.
// One that is late, came twice or was made up by somebody who has not seen the
// request is none.
func (s *pingSocket) receive(scratch []byte) (en *entry, replied bool) {
	for {
		n, from, err := s.read(scratch)
		if err != nil {
			return nil, false
		}
		e, ok := parseReply(scratch[:n], s.route.v6)
		p, waits := s.sent[e.seq]
		if ok && waits && e.id == s.id && e.token == p.token && from == p.to {
			delete(s.sent, e.seq)
			return p.en, true
		}
	}
}

// read takes one packet, which the kernel gives with its header only for IPv4.
func (s *pingSocket) read(scratch []byte) (n int, from netip.Addr, err error) {
	if !s.route.v6 {
		n, err = unix.Read(s.fd, scratch)
		if err == nil {
			from = source4(scratch[:n])
		}
		return n, from, err
	}
	n, sa, err := unix.Recvfrom(s.fd, scratch, 0)
	return n, addrPort(sa).Addr(), err
}

// forget makes a reply to the request seq one that is late.
func (s *pingSocket) forget(seq uint16) {
	delete(s.sent, seq)
}
