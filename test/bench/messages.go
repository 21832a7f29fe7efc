package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// A message is a netlink message with its header, as it was on the wire
// (include/uapi/linux/netlink.h).
type message []byte

const messageHeader = 16

func (m message) kind() uint16  { return binary.NativeEndian.Uint16(m[4:]) }
func (m message) flags() uint16 { return binary.NativeEndian.Uint16(m[6:]) }

// command is the one of generic netlink, IPVS_CMD_* in include/uapi/linux/ip_vs.h.
func (m message) command() byte { return m[messageHeader] }

// writes reports whether the IPVS command changes the table.
func (m message) writes() bool {
	switch m.command() {
	case 1, 2, 3, 5, 6, 7, 17: // NEW, SET, DEL of service and destination; FLUSH
		return true
	default:
		return false
	}
}

// split cuts a datagram into its messages.
func split(b []byte) ([]message, error) {
	var all []message
	for len(b) > 0 {
		if len(b) < messageHeader {
			return nil, errors.New("netlink message is cut short")
		}
		n := int(binary.NativeEndian.Uint32(b))
		if n < messageHeader || n > len(b) {
			return nil, fmt.Errorf("netlink message of %d bytes in %d", n, len(b))
		}
		all = append(all, message(b[:n]))
		b = b[min((n+3)&^3, len(b)):]
	}
	return all, nil
}

// batches puts messages back to back, so many in each buffer, and makes the
// kernel acknowledge the last of each.
func batches(messages []message, size int) [][]byte {
	var all [][]byte
	for len(messages) > 0 {
		n := min(size, len(messages))
		var b []byte
		for i, m := range messages[:n] {
			start := len(b)
			b = append(b, m...)
			flags := m.flags() &^ unix.NLM_F_ACK
			if i == n-1 {
				flags |= unix.NLM_F_ACK
			}
			binary.NativeEndian.PutUint16(b[start+6:], flags)
			for len(b)%4 != 0 {
				b = append(b, 0)
			}
		}
		all = append(all, b)
		messages = messages[n:]
	}
	return all
}

// A wire is a bare generic netlink socket with one buffer: the least that has
// to be done to send requests and to receive the answers.
type wire struct {
	fd  int
	buf []byte
}

func openWire() (*wire, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_GENERIC)
	if err != nil {
		return nil, err
	}
	timeout := unix.Timeval{Sec: 10}
	err = errors.Join(
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout),
		unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_CAP_ACK, 1),
		unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}),
	)
	if err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	return &wire{fd: fd, buf: make([]byte, 64<<10)}, nil
}

func (w *wire) close() error { return unix.Close(w.fd) }

// request sends one datagram and receives until the kernel says that it is
// done, by an acknowledgement or the end of a dump.
func (w *wire) request(datagram []byte) error {
	if err := unix.Sendto(w.fd, datagram, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	for {
		n, _, err := unix.Recvfrom(w.fd, w.buf, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("receive: %w", err)
		}
		if done, err := ends(w.buf[:n]); done || err != nil {
			return err
		}
	}
}

// ends looks for the message that ends the answer.
func ends(b []byte) (bool, error) {
	for len(b) >= messageHeader+4 {
		m := message(b)
		if kind := m.kind(); kind == unix.NLMSG_ERROR || kind == unix.NLMSG_DONE {
			if errno := syscall.Errno(-int32(binary.NativeEndian.Uint32(b[messageHeader:]))); errno != 0 {
				return true, fmt.Errorf("the kernel answers: %w", errno)
			}
			return true, nil
		}
		b = b[min((int(binary.NativeEndian.Uint32(b))+3)&^3, len(b)):]
	}
	return false, nil
}
