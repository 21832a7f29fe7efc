package healthcheck

import (
	"encoding/binary"
	"net/netip"
)

// An echo is what tells one echo request from all others (RFC 792 and RFC 4443
// section 4): the reply has it too.
type echo struct {
	id, seq uint16 // of the socket, of the request
	token   uint64 // random, the beginning of the data: nobody can guess it
}

const (
	echoHeader  = 8 // octets of the ICMP header
	echoLen     = echoHeader + len(echoPadding) + 8
	echoPadding = "ldirector health check - ldirector health check." // ping(8) sends 56 octets of data too

	echoReply4   = 0
	echoRequest4 = 8
	echoRequest6 = 128
	echoReply6   = 129
)

// put writes the echo request to packet, which it cuts to its length. The
// kernel sets the checksum of ICMPv6.
func (e echo) put(packet []byte, v6 bool) []byte {
	packet = packet[:echoLen]
	clear(packet[:echoHeader])
	packet[0] = echoRequest4
	if v6 {
		packet[0] = echoRequest6
	}
	binary.BigEndian.PutUint16(packet[4:], e.id)
	binary.BigEndian.PutUint16(packet[6:], e.seq)
	binary.BigEndian.PutUint64(packet[echoHeader:], e.token)
	copy(packet[echoHeader+8:], echoPadding)
	if !v6 {
		binary.BigEndian.PutUint16(packet[2:], checksum(packet))
	}
	return packet
}

// parseReply returns the echo reply in packet, which begins with its header if
// it is of IPv4. ok is false if it is anything else, or damaged; the kernel has
// looked at the checksum of ICMPv6.
func parseReply(packet []byte, v6 bool) (e echo, ok bool) {
	kind := byte(echoReply6)
	if !v6 {
		kind = echoReply4
		header := headerLen4(packet)
		if header == 0 || checksum(packet[header:]) != 0 {
			return echo{}, false
		}
		packet = packet[header:]
	}
	if len(packet) < echoLen || packet[0] != kind || packet[1] != 0 {
		return echo{}, false
	}
	return echo{
		id:    binary.BigEndian.Uint16(packet[4:]),
		seq:   binary.BigEndian.Uint16(packet[6:]),
		token: binary.BigEndian.Uint64(packet[echoHeader:]),
	}, true
}

// headerLen4 returns how long the header of an IPv4 packet is, or 0 if it has
// none (RFC 791 section 3.1).
func headerLen4(packet []byte) int {
	const shortest = 20
	if len(packet) < shortest || packet[0]>>4 != 4 {
		return 0
	}
	n := int(packet[0]&0xf) * 4
	if n < shortest || n > len(packet) {
		return 0
	}
	return n
}

// source4 returns the sender of an IPv4 packet.
func source4(packet []byte) netip.Addr {
	if headerLen4(packet) == 0 {
		return netip.Addr{}
	}
	return netip.AddrFrom4([4]byte(packet[12:16]))
}

// checksum returns the Internet checksum of b (RFC 1071). It is 0 for a message
// that has the right one.
func checksum(b []byte) uint16 {
	var sum uint32
	for ; len(b) >= 2; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
