package ipvs

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// answerTimeout bounds the wait for an answer. The kernel queues its answers
	// before a send returns, so that this passes only if one was lost.
	answerTimeout = 5 * time.Second

	// receiveBuffer in bytes holds the answers to a batch of which every message
	// failed several times over: an answer takes about 1 KiB there.
	receiveBuffer = 1 << 20
)

// A socket is a generic netlink socket in the network namespace it was opened in.
type socket struct{ fd int }

func openSocket() (*socket, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_GENERIC)
	if err != nil {
		return nil, fmt.Errorf("open generic netlink socket: %w", err)
	}
	s := &socket{fd: fd}
	if err := s.setUp(); err != nil {
		return nil, fmt.Errorf("set up generic netlink socket: %w", errors.Join(err, s.close()))
	}
	return s, nil
}

func (s *socket) setUp() error {
	timeout := unix.NsecToTimeval(answerTimeout.Nanoseconds())
	if err := unix.SetsockoptTimeval(s.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout); err != nil {
		return err
	}
	// A failed message is not sent back with its error.
	if err := unix.SetsockoptInt(s.fd, unix.SOL_NETLINK, unix.NETLINK_CAP_ACK, 1); err != nil {
		return err
	}
	// Beyond net.core.rmem_max only with CAP_NET_ADMIN in the first user
	// namespace; the buffer that is allowed otherwise is enough for a batch.
	if unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer) != nil {
		if err := unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer); err != nil {
			return err
		}
	}
	// To a socket that is connected to it nobody but the kernel can send
	// (netlink_getsockbyportid).
	return unix.Connect(s.fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
}

// send hands messages to the kernel, which does all of them before it returns.
func (s *socket) send(b []byte) error {
	for {
		if _, err := unix.Write(s.fd, b); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// receive reads one datagram, which has to be shorter than b.
func (s *socket) receive(b []byte) (int, error) {
	for {
		n, err := unix.Read(s.fd, b)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return 0, err
		case n == len(b):
			return 0, fmt.Errorf("netlink datagram of %d bytes or more: %w", n, errTruncated)
		default:
			return n, nil
		}
	}
}

// discard drops all answers that wait. It also ends a dump, which the kernel
// writes on while it is read.
func (s *socket) discard() {
	var b [1]byte
	for {
		_, _, err := unix.Recvfrom(s.fd, b[:], unix.MSG_DONTWAIT)
		if err != nil && !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.ENOBUFS) {
			return
		}
	}
}

func (s *socket) close() error {
	fd := s.fd
	s.fd = -1
	return unix.Close(fd)
}
