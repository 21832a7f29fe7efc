package vrrp

import (
	"encoding/binary"
	"net/netip"
)

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
