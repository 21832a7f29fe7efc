package netif

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// sendTimeout bounds the wait for room in the send buffer.
const sendTimeout = 100 * time.Millisecond

// Announce tells the neighbours of every interface once that its addresses are
// here now: by a gratuitous ARP request and reply for an IPv4 address, by an
// unsolicited neighbour advertisement for an IPv6 address. Interfaces without
// neighbours (lo, tunnels) are left out. After the first error on an interface
// the rest of its addresses is left out. Announce does not wait: what the least
// interval between announcements forbids is sent later, until RemoveAddresses
// or Close.
func (h *Host) Announce() error {
	return h.onDevices("announce addresses", func(l link, device string, addrs []netip.Addr) error {
		p, err := h.announcer.prepare(device, l, addrs)
		if err != nil {
			return err
		}
		for _, a := range addrs {
			err := h.shared.pacer.send(h.lane(device, a), h.interval(a), announcement{owner: h, send: func() error {
				return h.announcer.announce(p, a)
			}})
			if err != nil {
				return fmt.Errorf("%s: %w", a, err)
			}
		}
		return nil
	})
}

// Probe asks the neighbours who else has the addresses, without telling them
// that they are here: by an ARP probe (RFC 5227) or, for an IPv6 address, the
// solicitation of duplicate address detection. [Claims] tells of answers.
func (h *Host) Probe() error {
	return h.onDevices("probe addresses", func(l link, _ string, addrs []netip.Addr) error {
		for _, a := range addrs {
			frame, err := probe(l.mac, a)
			if err == nil {
				err = h.announcer.send(l.index, frame)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", a, err)
			}
		}
		return nil
	})
}

// Prepare opens the sockets and makes the frames that AddAddresses and Announce
// need, so that a takeover does not have to. It changes nothing on the host.
func (h *Host) Prepare() error {
	return h.onDevices("prepare announcements", func(l link, device string, addrs []netip.Addr) error {
		_, err := h.announcer.prepare(device, l, addrs)
		return err
	})
}

// onDevices does something for each interface that has neighbours.
func (h *Host) onDevices(verb string, do func(l link, device string, addrs []netip.Addr) error) error {
	if err := h.announcer.open(); err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	var errs []error
	for _, device := range devicesOf(h.objects) {
		addrs := h.addressesOn(device)
		if len(addrs) == 0 {
			continue
		}
		l, err := h.kernel.link(device)
		if err == nil && l.flags&(unix.IFF_LOOPBACK|unix.IFF_NOARP) == 0 {
			err = do(l, device, addrs)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s on %s: %w", verb, device, err))
		}
	}
	return errors.Join(errs...)
}

func (h *Host) addressesOn(device string) []netip.Addr {
	var all []netip.Addr
	for _, a := range slices.Concat(h.master.Addresses, h.master.Excluded) {
		if a.Device == device {
			all = append(all, a.Prefix.Addr())
		}
	}
	return all
}

// interval returns the least time between two announcements.
func (h *Host) interval(a netip.Addr) time.Duration {
	if a.Is6() {
		return h.master.GNAInterval
	}
	return h.master.GARPInterval
}

// lane names what shares the interval.
func (h *Host) lane(device string, a netip.Addr) lane {
	if h.master.GARPGroup != "" {
		return lane{group: h.master.GARPGroup, ipv6: a.Is6()}
	}
	return lane{device: device, ipv6: a.Is6()}
}

// announcer sends frames through one packet socket, which serves all
// interfaces. It is kept open because closing a packet socket waits until the
// whole kernel has let go of it, 10 to 20 ms that a takeover does not have
// (net/packet/af_packet.c, packet_release).
type announcer struct {
	file   *os.File // nil: not open
	frames map[string]prepared
}

// prepared are the frames for the addresses of an interface as it was. It does
// not change.
type prepared struct {
	link   link
	frames map[netip.Addr][][]byte
}

// open opens the socket, unless it is.
func (s *announcer) open() error {
	if s.file != nil {
		return nil
	}
	// Protocol 0: the socket sends only, so its receive queue stays empty.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return fmt.Errorf("open packet socket: %w", err)
	}
	s.file = os.NewFile(uintptr(fd), "packet socket")
	return nil
}

func (s *announcer) close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}

// prepare makes the frames for an interface, unless it is as it was.
func (s *announcer) prepare(device string, l link, addrs []netip.Addr) (prepared, error) {
	if p, ok := s.frames[device]; ok && p.link.sameSender(l) {
		return p, nil
	}
	p := prepared{link: l, frames: make(map[netip.Addr][][]byte, len(addrs))}
	for _, a := range addrs {
		frames, err := announcements(l.mac, a, l.forwarding)
		if err != nil {
			return prepared{}, fmt.Errorf("%s: %w", a, err)
		}
		p.frames[a] = frames
	}
	if s.frames == nil {
		s.frames = make(map[string]prepared)
	}
	s.frames[device] = p
	return p, nil
}

// announce sends the frames for an address.
func (s *announcer) announce(p prepared, a netip.Addr) error {
	for _, frame := range p.frames[a] {
		if err := s.send(p.link.index, frame); err != nil {
			return err
		}
	}
	return nil
}

// send transmits an Ethernet frame on the interface with the given index.
func (s *announcer) send(ifindex int, frame []byte) error {
	if err := s.file.SetWriteDeadline(time.Now().Add(sendTimeout)); err != nil {
		return err
	}
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
