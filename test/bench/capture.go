package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
)

const captureBuffer = 256 << 20 // bytes in the kernel, of which a message takes several times its length

// A capture sees the requests that processes of a namespace send to the
// kernel's IPVS, whoever they are: an nlmon device shows all netlink traffic.
type capture struct {
	fd     int
	family uint16
}

// A request is a message with the time at which it was sent.
type request struct {
	message
	at time.Time
}

// startCapture starts one in the namespace.
func startCapture(ns *nettest.Namespace) (*capture, error) {
	c := &capture{}
	err := ns.Do(func() error {
		for _, args := range [][]string{{"add", "nlmon0", "type", "nlmon"}, {"set", "nlmon0", "up"}} {
			if out, err := exec.Command("ip", append([]string{"link"}, args...)...).CombinedOutput(); err != nil {
				return fmt.Errorf("make the device that shows netlink messages: %w: %s", err, out)
			}
		}
		return c.open("nlmon0")
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// open opens the socket that receives what the device shows.
func (c *capture) open(device string) error {
	family, err := netlink.GenlFamilyGet("IPVS")
	if err != nil {
		return fmt.Errorf("find the kernel's IPVS: %w", err)
	}
	link, err := netlink.LinkByName(device)
	if err != nil {
		return err
	}
	c.family = family.ID
	all := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, unix.ETH_P_ALL))
	if c.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, int(all)); err != nil {
		return err
	}
	err = errors.Join(
		unix.SetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, captureBuffer),
		unix.SetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1),
		unix.Bind(c.fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: link.Attrs().Index}),
	)
	if err != nil {
		return errors.Join(err, c.close())
	}
	return nil
}

func (c *capture) close() error { return unix.Close(c.fd) }

// requests returns what has been sent since the last call. It is an error if
// some of it was lost.
func (c *capture) requests() ([]request, error) {
	var requests []request
	buf, oob := make([]byte, 1<<20), make([]byte, 64)
	for {
		n, m, _, _, err := unix.Recvmsg(c.fd, buf, oob, unix.MSG_TRUNC)
		switch {
		case errors.Is(err, unix.EAGAIN):
			return requests, c.complete()
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return nil, fmt.Errorf("read captured messages: %w", err)
		case n > len(buf):
			return nil, fmt.Errorf("captured %d bytes at once, more than expected", n)
		}
		messages, err := split(append([]byte(nil), buf[:n]...))
		if err != nil {
			return nil, err
		}
		at, err := timestamp(oob[:m])
		if err != nil {
			return nil, err
		}
		for _, m := range messages {
			if m.kind() == c.family && m.flags()&unix.NLM_F_REQUEST != 0 {
				requests = append(requests, request{m, at})
			}
		}
	}
}

// timestamp returns the time that the kernel gives with a message.
func timestamp(oob []byte) (time.Time, error) {
	controls, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return time.Time{}, fmt.Errorf("read captured message: %w", err)
	}
	for _, c := range controls {
		if c.Header.Level == unix.SOL_SOCKET && c.Header.Type == unix.SO_TIMESTAMPNS && len(c.Data) >= 16 {
			return time.Unix(int64(binary.NativeEndian.Uint64(c.Data)), int64(binary.NativeEndian.Uint64(c.Data[8:]))), nil
		}
	}
	return time.Time{}, errors.New("a captured message has no time")
}

func (c *capture) complete() error {
	stats, err := unix.GetsockoptTpacketStats(c.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err == nil && stats.Drops > 0 {
		err = fmt.Errorf("%d captured messages were lost", stats.Drops)
	}
	return err
}
