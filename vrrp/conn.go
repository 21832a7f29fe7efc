package vrrp

import (
	"encoding/binary"
	"net/netip"
)

// A Conn carries the packets of one virtual router.
type Conn interface {
	// Ready delivers a value when packets may be waiting. After it, Receive is to be called until it has none.
	Ready() <-chan struct{}

	// Receive returns the next waiting packet; ok is false if there is none. It does not block. The payload is
	// valid until the next call. An error concerns one call only: the connection remains usable.
	Receive() (p Packet, ok bool, err error)

	// Send sends an IP packet with the given payload. It does not block.
	Send(payload []byte, source, destination netip.Addr) error

	// Source returns the address to send from, the primary one of the interface, as it is now. It is not valid if
	// there is none; an error means that this cannot be told. Source may be called from any goroutine and may take
	// its time.
	Source() (netip.Addr, error)
}

// A Packet is a received IP packet.
type Packet struct {
	Source, Destination netip.Addr
	TTL                 uint8
	Payload             []byte
}

// multicastGroup returns the group of IPv4 (RFC 9568 section 5.1.1.2).
func multicastGroup() netip.Addr { return netip.AddrFrom4([4]byte{224, 0, 0, 18}) }

// parseIPv4 splits an IPv4 packet, as raw sockets deliver it. It reports false if b is none.
func parseIPv4(b []byte) (Packet, bool) {
	if len(b) < 20 || b[0]>>4 != 4 {
		return Packet{}, false
	}
	header, total := int(b[0]&0xf)*4, int(binary.BigEndian.Uint16(b[2:]))
	if header < 20 || total < header || total > len(b) {
		return Packet{}, false
	}
	return Packet{
		Source:      netip.AddrFrom4([4]byte(b[12:])),
		Destination: netip.AddrFrom4([4]byte(b[16:])),
		TTL:         b[8],
		Payload:     b[header:total],
	}, true
}
