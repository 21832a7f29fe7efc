package vrrp

import (
	"encoding/binary"
	"net/netip"
)

// putChecksum writes the checksum of a message that has none.
func (a *Advertisement) putChecksum(message []byte, source, destination netip.Addr) {
	total := sum(message)
	switch {
	case a.Version == 2, a.Checksum == ChecksumMessage && source.Is4():
	case a.Checksum == ChecksumGroup && source.Is4():
		total += pseudoHeader(source, group4(), len(message))
	default:
		total += pseudoHeader(source, destination, len(message))
	}
	binary.BigEndian.PutUint16(message[6:], ^fold(total))
}

// takeChecksum finds out which form of the checksum, if any, the message in b carries.
func (a *Advertisement) takeChecksum(b []byte, source, destination netip.Addr) bool {
	length := messageLen(b, source)
	total := sum(b[:length])
	if a.Version == 2 {
		a.Checksum = ChecksumMessage
		return validSum(total)
	}
	a.Checksum = ChecksumPseudoHeader
	if validSum(total + pseudoHeader(source, destination, length)) {
		return true
	}
	if source.Is6() {
		// The kernel computes keepalived's over IPv6, the trailer included.
		return len(b) == length+trailerLen && validSum(sum(b)+pseudoHeader(source, destination, len(b)))
	}
	a.Checksum = ChecksumMessage
	if validSum(total) {
		return true
	}
	a.Checksum = ChecksumGroup
	return !destination.IsMulticast() && validSum(total+pseudoHeader(source, group4(), length))
}

// sum adds up the 16-bit words of b, whose length is a multiple of 4 as that of everything in this protocol. It is right
// modulo 0xffff, which is what a one's complement sum needs.
func sum(b []byte) uint64 {
	var total uint64
	for ; len(b) >= 4; b = b[4:] {
		total += uint64(binary.BigEndian.Uint32(b))
	}
	return total
}

// pseudoHeader is the sum of the pseudo-header of IPv6 (RFC 8200 section 8.1), which for IPv4 addresses is the same as
// that of the deployed IPv4 form: source, destination, protocol and length.
func pseudoHeader(source, destination netip.Addr, length int) uint64 {
	s, d := source.As16(), destination.As16()
	total := sum(s[:]) + sum(d[:]) + protocolNumber + uint64(length)
	if source.Is4() {
		total -= 2 * 0xffff // of the two mapped addresses
	}
	return total
}

// fold makes a one's complement sum of 16 bits.
func fold(total uint64) uint16 {
	for total > 0xffff {
		total = total>>16 + total&0xffff
	}
	return uint16(total)
}

// validSum reports whether total is that of a message with its checksum in it.
func validSum(total uint64) bool { return fold(total) == 0xffff }

// group4 returns the multicast group of IPv4 (RFC 9568 section 5.1.1.2).
func group4() netip.Addr { return netip.AddrFrom4([4]byte{224, 0, 0, 18}) }
