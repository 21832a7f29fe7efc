package vrrp

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// A linuxConn is a Conn of a LinuxNetwork.
type linuxConn struct {
	network  *LinuxNetwork
	ipv6     bool
	group    netip.Addr // zero: unicast only
	macvlan  string     // Config.Transmit
	outbound outbound

	index, transmit int // attached to; 0: nothing
	receivers       []*receiver
}

// Open returns the connection of a virtual router. It does nothing before Attach.
func (n *LinuxNetwork) Open(cfg Config) (Conn, error) {
	fd, ok := n.senders[cfg.IPv6]
	if !ok {
		return nil, fmt.Errorf("open VRRP connection of %s: IPv6: %w", cfg.Name, unix.EAFNOSUPPORT)
	}
	c := &linuxConn{network: n, ipv6: cfg.IPv6, macvlan: cfg.Transmit}
	ttl := uint8(255)
	if cfg.unicast() {
		if cfg.UnicastTTL != 0 {
			ttl = cfg.UnicastTTL
		}
	} else {
		c.group = cfg.group()
	}
	c.outbound.prepare(fd, cfg.IPv6, ttl)
	return c, nil
}

// Attach implements Conn. A private macvlan takes what comes from its own MAC address: the advertisements of another
// router with the same virtual MAC. So it gets a socket too, for nothing but these.
func (c *linuxConn) Attach(index, transmit int) error {
	if index == c.index && transmit == c.transmit {
		return nil
	}
	before := c.receivers
	c.index, c.transmit, c.receivers = 0, 0, nil
	err := c.attach(index, transmit)
	if err == nil {
		c.index, c.transmit = index, transmit
	} else {
		err = errors.Join(err, c.network.release(c.receivers))
		c.receivers = nil
	}
	return errors.Join(err, c.network.release(before))
}

func (c *linuxConn) attach(index, transmit int) error {
	if index == 0 {
		return nil
	}
	if err := c.receive(endpoint{ipv6: c.ipv6, index: index, base: index}); err != nil {
		return fmt.Errorf("receive on interface %d: %w", index, err)
	}
	if transmit == index || transmit == 0 || !c.group.IsValid() {
		return nil
	}
	if err := c.receive(endpoint{ipv6: c.ipv6, index: transmit, base: index, macvlan: c.macvlan}); err != nil {
		return fmt.Errorf("receive on %s: %w", c.macvlan, err)
	}
	return nil
}

// receive begins to use a socket.
func (c *linuxConn) receive(at endpoint) error {
	r, err := c.network.acquire(at)
	if err != nil {
		return err
	}
	c.receivers = append(c.receivers, r)
	return r.join(c.group)
}

// Send implements Conn. The kernel refuses an IPv4 source that the host does not have.
func (c *linuxConn) Send(payload []byte, source, destination netip.Addr) error {
	if c.transmit == 0 {
		return os.NewSyscallError("sendmsg", unix.ENODEV)
	}
	return c.outbound.send(payload, source, destination, c.transmit)
}

// Close implements Conn.
func (c *linuxConn) Close() error {
	err := c.network.release(c.receivers)
	c.receivers, c.index, c.transmit = nil, 0, 0
	return err
}
