package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/vishvananda/netlink"
)

// A frame is an advertisement or an announcement that one of a pair's directors
// has sent.
type frame struct {
	at       time.Time
	node     int // 1 or 2
	arp      bool
	priority int        // of an advertisement
	addr     netip.Addr // that is announced
}

// A tap notes what the directors of a pair send, at their ports of the switch.
type tap struct {
	fd    int
	ports map[int]int // interface index to node
	sent  []frame     // what has been read
}

const vrrpProtocol = 112

// Offsets in an Ethernet frame with IPv4 or ARP.
const (
	etherType  = 12
	ipProtocol = 14 + 9
	arpSender  = 14 + 14
	arpTarget  = 14 + 24
)

// wanted lets ARP and VRRP over IPv4 through.
func wanted() ([]bpf.RawInstruction, error) {
	return bpf.Assemble([]bpf.Instruction{
		bpf.LoadAbsolute{Off: etherType, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.ETH_P_ARP, SkipTrue: 3},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.ETH_P_IP, SkipTrue: 3},
		bpf.LoadAbsolute{Off: ipProtocol, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: vrrpProtocol, SkipTrue: 1},
		bpf.RetConstant{Val: 1 << 16},
		bpf.RetConstant{Val: 0},
	})
}

// tap starts noting.
func (p *pair) tap() *tap {
	t := &tap{ports: make(map[int]int)}
	p.b.must(p.lan.NS.Do(func() error {
		for i, n := range p.nodes {
			link, err := netlink.LinkByName(n.port.Name)
			if err != nil {
				return err
			}
			t.ports[link.Attrs().Index] = i + 1
		}
		return t.open()
	}))
	p.b.Cleanup(func() { _ = unix.Close(t.fd) })
	return t
}

func (t *tap) open() (err error) {
	filter, err := wanted()
	if err != nil {
		return err
	}
	program := make([]unix.SockFilter, len(filter))
	for i, in := range filter {
		program[i] = unix.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K}
	}
	all := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, unix.ETH_P_ALL))
	if t.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0); err != nil {
		return err
	}
	return errors.Join(
		unix.SetsockoptSockFprog(t.fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}),
		unix.SetsockoptInt(t.fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1),
		unix.SetsockoptInt(t.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, captureBuffer),
		unix.SetsockoptInt(t.fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1),
		unix.Bind(t.fd, &unix.SockaddrLinklayer{Protocol: all}),
	)
}

// frames returns what has been sent since the last call.
func (t *tap) frames() (frames []frame, err error) {
	buf, oob := make([]byte, 2048), make([]byte, 64)
	for {
		n, m, _, from, err := unix.Recvmsg(t.fd, buf, oob, 0)
		switch {
		case errors.Is(err, unix.EAGAIN):
			return frames, nil
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return nil, fmt.Errorf("read captured frames: %w", err)
		}
		at, err := timestamp(oob[:m])
		if err != nil {
			return nil, err
		}
		node := t.ports[from.(*unix.SockaddrLinklayer).Ifindex]
		if f, ok := decode(buf[:n]); ok && node > 0 { // 0: the bridge itself, or the client
			f.at, f.node = at, node
			frames = append(frames, f)
		}
	}
}

// decode reads an advertisement or a gratuitous ARP message.
func decode(b []byte) (f frame, ok bool) {
	if len(b) < arpTarget+4 {
		return f, false
	}
	if binary.BigEndian.Uint16(b[etherType:]) == unix.ETH_P_ARP {
		f.arp, f.addr = true, netip.AddrFrom4([4]byte(b[arpTarget:]))
		return f, f.addr == netip.AddrFrom4([4]byte(b[arpSender:]))
	}
	header := int(b[14]&15) * 4
	if len(b) < 14+header+8 {
		return f, false
	}
	f.priority = int(b[14+header+2])
	return f, true
}

// read reads what has been sent since the last call.
func (p *pair) read(t *tap) []frame {
	frames, err := t.frames()
	p.b.must(err)
	t.sent = append(t.sent, frames...)
	return frames
}

// awaitAdvert waits until the node sends an advertisement.
func (p *pair) awaitAdvert(t *tap, node int) {
	p.read(t)
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if slices.ContainsFunc(p.read(t), func(f frame) bool { return f.node == node && !f.arp }) {
			return
		}
	}
	p.b.Fatalf("no advertisement from node %d", node)
}
