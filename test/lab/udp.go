package lab

import (
	"net"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// ServeUDP answers every UDP packet with the name until the test ends, from the
// address that the packet was sent to.
func (h *Host) ServeUDP(address, name string) {
	h.lab.tb.Helper()
	var pc *net.UDPConn
	err := h.Do(func() error {
		addr, err := net.ResolveUDPAddr("udp", address)
		if err == nil {
			pc, err = net.ListenUDP("udp", addr)
		}
		if err == nil {
			err = tellDestinations(pc)
		}
		return err
	})
	if err != nil {
		h.lab.tb.Fatalf("%s: listen on %s: %v", name, address, err)
	}
	h.lab.tb.Cleanup(func() { _ = pc.Close() })
	go func() {
		buf, control := make([]byte, 1500), make([]byte, 100)
		for {
			_, n, _, from, err := pc.ReadMsgUDPAddrPort(buf, control)
			if err != nil {
				return
			}
			_, _, _ = pc.WriteMsgUDPAddrPort([]byte(name+"\n"), source(control[:n]), from)
		}
	}()
}

// tellDestinations makes the socket say where each packet was sent to. For IPv4
// packets a socket for both families says it, too.
func tellDestinations(pc *net.UDPConn) error {
	raw, err := pc.SyscallConn()
	if err != nil {
		return err
	}
	var optErr error
	err = raw.Control(func(fd uintptr) {
		family, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DOMAIN)
		if optErr = err; err == nil && family == unix.AF_INET6 {
			optErr = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1)
		}
	})
	if err != nil {
		return err
	}
	return optErr
}

// source turns what tellDestinations said into the wish to send from there, by
// whatever interface: it is a header and a struct in6_pktinfo, which ends with
// the interface.
func source(control []byte) []byte {
	if len(control) >= unix.CmsgSpace(unix.SizeofInet6Pktinfo) {
		clear(control[unix.CmsgLen(unix.SizeofInet6Pktinfo)-4:])
	}
	return control
}

// Exchange sends one UDP packet from the address and port and returns the
// answer.
func (h *Host) Exchange(source, address, text string) (answer string, err error) {
	err = h.Do(func() error {
		c, err := dial(source, "udp", address, askTimeout)
		if err != nil {
			return err
		}
		defer func() { _ = c.Close() }()
		_ = c.SetDeadline(time.Now().Add(askTimeout))
		if _, err := c.Write([]byte(text)); err != nil {
			return err
		}
		buf := make([]byte, 1500)
		n, err := c.Read(buf)
		answer = strings.TrimSpace(string(buf[:n]))
		return err
	})
	return answer, err
}
