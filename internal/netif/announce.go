package netif

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// announceTimeout bounds the wait for room in the send buffer in one round.
const announceTimeout = 100 * time.Millisecond

// Announce tells the neighbours of every interface once that its addresses are
// here now: by a gratuitous ARP request and reply for an IPv4 address, by an
// unsolicited neighbour advertisement for an IPv6 address. Interfaces without
// neighbours (lo, tunnels) are left out. After the first error on an interface
// the rest of its addresses is left out.
func (v *VIPs) Announce() error {
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("announce addresses: open netlink socket: %w", err)
	}
	defer h.Close()
	if err := v.announcer.open(time.Now().Add(announceTimeout)); err != nil {
		return fmt.Errorf("announce addresses: %w", err)
	}
	var errs []error
	for _, d := range v.devices {
		if err := v.announcer.announce(h, d); err != nil {
			errs = append(errs, fmt.Errorf("announce addresses on %s: %w", d.name, err))
		}
	}
	return errors.Join(errs...)
}

// announcer sends frames through one packet socket, which serves all
// interfaces. It is kept open because closing a packet socket waits until the
// whole kernel has let go of it, 10 to 20 ms that a takeover does not have
// (net/packet/af_packet.c, packet_release).
type announcer struct {
	file *os.File // nil: not open
}

// open opens the socket, unless it is, and sets the deadline for all writes.
func (s *announcer) open(deadline time.Time) error {
	if s.file == nil {
		// Protocol 0: the socket sends only, so its receive queue stays empty.
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			return fmt.Errorf("open packet socket: %w", err)
		}
		s.file = os.NewFile(uintptr(fd), "packet socket")
	}
	return s.file.SetWriteDeadline(deadline)
}

func (s *announcer) close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}

func (s *announcer) announce(h *netlink.Handle, d device) error {
	link, err := findLink(h, d.name)
	if err != nil {
		return err
	}
	attrs := link.Attrs()
	if attrs.RawFlags&(unix.IFF_LOOPBACK|unix.IFF_NOARP) != 0 {
		return nil
	}
	router := isRouter(d.name)
	for _, a := range d.addrs {
		frames, err := announcements(attrs.HardwareAddr, a.Prefix.Addr(), router)
		if err != nil {
			return fmt.Errorf("%s: %w", a.Prefix.Addr(), err)
		}
		for _, frame := range frames {
			if err := s.send(attrs.Index, frame); err != nil {
				return fmt.Errorf("%s: %w", a.Prefix.Addr(), err)
			}
		}
	}
	return nil
}

// send transmits an Ethernet frame on the interface with the given index.
func (s *announcer) send(ifindex int, frame []byte) error {
	conn, err := s.file.SyscallConn()
	if err != nil {
		return err
	}
	to := &unix.SockaddrLinklayer{
		Protocol: binary.NativeEndian.Uint16(frame[12:]), // in network byte order, as it is in the frame
		Ifindex:  ifindex,
	}
	var sendErr error
	err = conn.Write(func(fd uintptr) (done bool) {
		sendErr = unix.Sendto(int(fd), frame, 0, to)
		return !errors.Is(sendErr, unix.EAGAIN)
	})
	if err != nil {
		return err
	}
	return sendErr
}

// isRouter reports whether the interface forwards IPv6, which its neighbour
// advertisements have to tell: a host that is told otherwise drops the routes
// through it (RFC 4861, section 7.2.5).
func isRouter(ifname string) bool {
	value, err := ReadSysctl("net/ipv6/conf/" + ifname + "/forwarding")
	return err == nil && value != "0"
}
