package netif

import (
	"encoding/binary"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// A Claim is a frame that places one of our addresses at the hardware address
// of another host.
type Claim struct {
	Interface   string
	Address     netip.Addr
	MAC         net.HardwareAddr // of the other host
	Own         net.HardwareAddr // of this host's interface
	Unsolicited bool             // a gratuitous ARP packet or an unsolicited neighbour advertisement
}

// An assertion is what a frame says: an address is at a hardware address.
type assertion struct {
	address     netip.Addr
	mac         net.HardwareAddr
	unsolicited bool
}

// parseARP reads an ARP packet (RFC 826): both requests and replies tell where
// their sender is. ok is false if it tells nothing.
func parseARP(b []byte) (a assertion, ok bool) {
	const length = 28
	if len(b) < length ||
		binary.BigEndian.Uint16(b[2:]) != unix.ETH_P_IP || b[4] != 6 || b[5] != 4 {
		return assertion{}, false
	}
	sender, target := netip.AddrFrom4([4]byte(b[14:])), netip.AddrFrom4([4]byte(b[24:]))
	if sender.IsUnspecified() { // a probe
		return assertion{}, false
	}
	return assertion{address: sender, mac: net.HardwareAddr(b[8:14]), unsolicited: sender == target}, true
}

// parseAdvertisement reads an IPv6 packet with a neighbour advertisement (RFC
// 4861, section 4.4) that came from the given hardware address, which counts
// if the advertisement has no option with another.
func parseAdvertisement(b []byte, from net.HardwareAddr) (a assertion, ok bool) {
	const (
		header, fixed  = 40, 24
		advertisement  = 136
		solicited      = 1 << 6
		optionTargetLL = 2
	)
	if len(b) < header+fixed || b[6] != unix.IPPROTO_ICMPV6 || b[7] != 255 || b[header] != advertisement {
		return assertion{}, false
	}
	message := b[header:]
	a = assertion{
		address:     netip.AddrFrom16([16]byte(message[8:])),
		mac:         from,
		unsolicited: message[4]&solicited == 0,
	}
	for options := message[fixed:]; len(options) >= 8 && options[1] > 0; {
		if options[0] == optionTargetLL && options[1] == 1 {
			a.mac = net.HardwareAddr(options[2:8])
		}
		options = options[min(8*int(options[1]), len(options)):]
	}
	return a, true
}
