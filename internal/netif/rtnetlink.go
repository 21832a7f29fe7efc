package netif

import (
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// rtnetlink is a socket of rtnetlink(7) that is opened at its first use, in the
// network namespace of that thread, and kept. It is for one goroutine.
type rtnetlink struct {
	live bool // fd is open
	fd   int
	seq  uint32
	buf  []byte
}

// A message asks the kernel for one change.
type message struct {
	kind  uint16 // RTM_
	flags uint16 // NLM_F_, but NLM_F_REQUEST and NLM_F_ACK
	body  []byte
}

const (
	// batchSize is how many messages go to the kernel at once: the answers to
	// all of them must fit into the socket's buffer of some 200 KiB.
	batchSize = 128
	// answerTimeout is for an answer of the kernel, which gives it before the
	// request returns.
	answerTimeout = 5 * time.Second
	answerSize    = 64 << 10
	// interrupts is how many signals, which the Go runtime sends itself, may
	// disturb the wait for one answer.
	interrupts = 100
)

// errInterrupted says that a list was changing while it was read.
var errInterrupted = errors.New("the list changed meanwhile")

// open opens the socket, unless it is.
func (c *rtnetlink) open() error {
	if c.live {
		return nil
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("open netlink socket: %w", err)
	}
	timeout := unix.NsecToTimeval(answerTimeout.Nanoseconds())
	err = errors.Join(
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout),
		unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_CAP_ACK, 1), // errors do not repeat the request
	)
	if err != nil {
		return errors.Join(fmt.Errorf("set up netlink socket: %w", err), unix.Close(fd))
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_GET_STRICT_CHK, 1) // older kernels list more than is asked for
	c.fd, c.live, c.buf = fd, true, make([]byte, answerSize)
	return nil
}

func (c *rtnetlink) close() error {
	if !c.live {
		return nil
	}
	c.live = false
	return unix.Close(c.fd)
}

// change sends the messages in as few datagrams as possible. The kernel takes
// each for itself; errs has the error of each. err says that it is not known
// what became of them.
func (c *rtnetlink) change(batch []message) (errs []error, err error) {
	if err := c.open(); err != nil {
		return nil, err
	}
	errs = make([]error, len(batch))
	for start := 0; start < len(batch); start += batchSize {
		end := min(start+batchSize, len(batch))
		if err := c.changeAtOnce(batch[start:end], errs[start:end]); err != nil {
			return nil, errors.Join(err, c.close()) // with the answers that may still come
		}
	}
	return errs, nil
}

// changeAtOnce sends one datagram. Only the last message asks for an answer: the
// kernel takes them in order, and tells of an error without being asked.
func (c *rtnetlink) changeAtOnce(batch []message, errs []error) error {
	first := c.seq + 1
	var datagram []byte
	for i, m := range batch {
		if i == len(batch)-1 {
			m.flags |= unix.NLM_F_ACK
		}
		c.seq++
		datagram = m.append(datagram, c.seq)
	}
	if err := unix.Sendto(c.fd, datagram, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("send to the kernel: %w", err)
	}
	for range batch {
		answers, err := c.receive()
		if err != nil {
			return err
		}
		for _, a := range answers {
			i := int(a.Header.Seq - first)
			if a.Header.Type != unix.NLMSG_ERROR || i < 0 || i >= len(batch) || len(a.Data) < 4 {
				continue
			}
			errs[i] = errorOf(a)
			if i == len(batch)-1 {
				return nil
			}
		}
	}
	return errors.New("the kernel did not answer")
}

// get sends a request that has one object as its answer, and returns that.
func (c *rtnetlink) get(m message) ([]byte, error) {
	if err := c.open(); err != nil {
		return nil, err
	}
	c.seq++
	if err := unix.Sendto(c.fd, m.append(nil, c.seq), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, fmt.Errorf("send to the kernel: %w", err)
	}
	answers, err := c.receive()
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	for _, a := range answers {
		switch {
		case a.Header.Seq != c.seq:
		case a.Header.Type == unix.NLMSG_ERROR && len(a.Data) >= 4:
			return nil, errorOf(a)
		default:
			return a.Data, nil
		}
	}
	return nil, errors.New("the kernel did not answer")
}

// list hands the body of each object in the answer to a request for all of them
// to each. A list that changed while the kernel was writing it may lack entries:
// the error matches [errInterrupted] then.
func (c *rtnetlink) list(m message, each func(body []byte) error) error {
	if err := c.open(); err != nil {
		return err
	}
	c.seq++
	m.flags |= unix.NLM_F_DUMP
	if err := unix.Sendto(c.fd, m.append(nil, c.seq), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("send to the kernel: %w", err)
	}
	interrupted := false
	for {
		answers, err := c.receive()
		if err != nil {
			return errors.Join(err, c.close())
		}
		for _, a := range answers {
			interrupted = interrupted || a.Header.Flags&unix.NLM_F_DUMP_INTR != 0
			switch {
			case a.Header.Seq != c.seq:
			case a.Header.Type == unix.NLMSG_DONE && interrupted:
				return errInterrupted
			case a.Header.Type == unix.NLMSG_DONE:
				return nil
			case a.Header.Type == unix.NLMSG_ERROR && len(a.Data) >= 4:
				return errorOf(a)
			default:
				if err := each(a.Data); err != nil {
					return errors.Join(err, c.close()) // with the rest of the list
				}
			}
		}
	}
}

func (c *rtnetlink) receive() ([]syscall.NetlinkMessage, error) {
	n, _, err := unix.Recvfrom(c.fd, c.buf, 0)
	for range interrupts {
		if !errors.Is(err, unix.EINTR) {
			break
		}
		n, _, err = unix.Recvfrom(c.fd, c.buf, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("receive from the kernel: %w", err)
	}
	answers, err := syscall.ParseNetlinkMessage(c.buf[:n])
	if err != nil {
		return nil, fmt.Errorf("receive from the kernel: %w", err)
	}
	return answers, nil
}

// append appends the message with its header (netlink(7)). Bodies are
// multiples of four bytes.
func (m message) append(b []byte, seq uint32) []byte {
	b = binary.NativeEndian.AppendUint32(b, uint32(unix.SizeofNlMsghdr+len(m.body)))
	b = binary.NativeEndian.AppendUint16(b, m.kind)
	b = binary.NativeEndian.AppendUint16(b, m.flags|unix.NLM_F_REQUEST)
	b = binary.NativeEndian.AppendUint32(b, seq)
	b = binary.NativeEndian.AppendUint32(b, 0) // port: the kernel knows
	return append(b, m.body...)
}

// errorOf returns the error in an NLMSG_ERROR, nil for an acknowledgement.
func errorOf(a syscall.NetlinkMessage) error {
	if code := int32(binary.NativeEndian.Uint32(a.Data)); code != 0 {
		return syscall.Errno(-code)
	}
	return nil
}
