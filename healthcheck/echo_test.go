package healthcheck

import (
	"encoding/binary"
	"net/netip"
	"testing"
)

// reply4 returns the IPv4 packet that answers a request.
func reply4(request []byte, from netip.Addr, options int) []byte {
	packet := make([]byte, 20+options, 20+options+len(request))
	packet[0] = 4<<4 | byte(5+options/4)
	packet[9] = 1
	copy(packet[12:], from.AsSlice())
	packet = append(packet, request...)
	message := packet[20+options:]
	message[0] = echoReply4
	message[2], message[3] = 0, 0
	binary.BigEndian.PutUint16(message[2:], checksum(message))
	return packet
}

func TestEcho4(t *testing.T) {
	want := echo{id: 0x1234, seq: 0xfffe, token: 0x0123456789abcdef}
	scratch := make([]byte, 100)
	for i := range scratch {
		scratch[i] = 0xff
	}
	request := want.put(scratch, false)
	if len(request) != 64 || request[0] != 8 || request[1] != 0 || checksum(request) != 0 {
		t.Errorf("request %x", request)
	}
	if _, ok := parseReply(reply4(request, netip.Addr{}, 0)[20:], false); ok {
		t.Error("without a header of IPv4 it is no reply")
	}
	from := netip.MustParseAddr("192.0.2.7")
	for _, options := range []int{0, 4, 40} {
		packet := reply4(request, from, options)
		if got, ok := parseReply(packet, false); !ok || got != want || source4(packet) != from {
			t.Errorf("got %+v %v from %v", got, ok, source4(packet))
		}
		for n := range packet {
			if got, ok := parseReply(packet[:n], false); ok {
				t.Errorf("%d of %d octets are a reply: %+v", n, len(packet), got)
			}
		}
		for i := 20 + options; i < len(packet); i++ {
			damaged := append([]byte(nil), packet...)
			damaged[i] ^= 1
			if got, ok := parseReply(damaged, false); ok {
				t.Errorf("with another octet %d it is still a reply: %+v", i, got)
			}
		}
	}
}

func TestEcho6(t *testing.T) {
	want := echo{id: 1, seq: 2, token: 3}
	message := want.put(make([]byte, 100), true)
	if message[0] != 128 {
		t.Errorf("request %x", message)
	}
	if _, ok := parseReply(message, true); ok {
		t.Error("a request is a reply")
	}
	message[0] = 129
	if got, ok := parseReply(message, true); !ok || got != want {
		t.Errorf("got %+v %v", got, ok)
	}
	for n := range message {
		if _, ok := parseReply(message[:n], true); ok {
			t.Errorf("%d octets are a reply", n)
		}
	}
	message[1] = 1
	if _, ok := parseReply(message, true); ok {
		t.Error("code 1 is a reply")
	}
}

func TestChecksum(t *testing.T) {
	// RFC 1071 section 3 has this example, whose sum is ddf2.
	if got := checksum([]byte{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7}); got != ^uint16(0xddf2) {
		t.Errorf("got %x", got)
	}
	if got := checksum([]byte{1}); got != ^uint16(0x0100) {
		t.Errorf("odd length: got %x", got)
	}
}

func FuzzEchoReply(f *testing.F) {
	request := echo{1, 2, 3}.put(make([]byte, 100), false)
	f.Add(reply4(request, netip.AddrFrom4([4]byte{127, 0, 0, 1}), 8), false)
	f.Add(echo{1, 2, 3}.put(make([]byte, 100), true), true)
	f.Add([]byte{0x4f}, false)
	f.Fuzz(func(t *testing.T, packet []byte, v6 bool) {
		from := source4(packet)
		e, ok := parseReply(packet, v6)
		if !ok && e != (echo{}) {
			t.Errorf("%+v of what is no reply", e)
		}
		if !ok {
			return
		}
		message := packet
		if !v6 {
			message = packet[headerLen4(packet):]
			if !from.Is4() {
				t.Errorf("reply from %v", from)
			}
		}
		if again := e.put(make([]byte, echoLen), v6); string(again[4:16]) != string(message[4:16]) {
			t.Errorf("%x was read as %+v", message, e)
		}
	})
}
