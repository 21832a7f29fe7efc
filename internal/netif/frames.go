package netif

import (
	"encoding/binary"
	"net"
	"net/netip"

	"github.com/mdlayher/arp"
	"github.com/mdlayher/ethernet"
	"github.com/mdlayher/ndp"
	"golang.org/x/sys/unix"
)

// announcements returns the Ethernet frames that move vip to mac.
func announcements(mac net.HardwareAddr, vip netip.Addr, router bool) ([][]byte, error) {
	if vip.Is6() {
		na, err := neighborAdvertisement(mac, vip, router)
		return [][]byte{na}, err
	}
	request, err := gratuitousARP(arp.OperationRequest, mac, vip)
	if err != nil {
		return nil, err
	}
	reply, err := gratuitousARP(arp.OperationReply, mac, vip)
	return [][]byte{request, reply}, err
}

// gratuitousARP returns the broadcast frame that says vip is at mac, without
// having been asked.
//
// In a request the target hardware address has no meaning; keepalived's is
// ff:ff:ff:ff:ff:ff. In a reply it is the sender's: RFC 5944, section 4.6
// wants it so, and Linux takes a reply for gratuitous only then
// (net/ipv4/arp.c, arp_is_garp).
func gratuitousARP(op arp.Operation, mac net.HardwareAddr, vip netip.Addr) ([]byte, error) {
	target := ethernet.Broadcast
	if op == arp.OperationReply {
		target = mac
	}
	packet, err := arp.NewPacket(op, mac, vip, target, vip)
	if err != nil {
		return nil, err
	}
	payload, err := packet.MarshalBinary()
	if err != nil {
		return nil, err
	}
	frame := ethernet.Frame{
		Destination: ethernet.Broadcast,
		Source:      mac,
		EtherType:   ethernet.EtherTypeARP,
		Payload:     payload,
	}
	return frame.MarshalBinary()
}

// neighborAdvertisement returns the frame that tells all nodes on the link
// that vip is at mac (RFC 4861, section 7.2.6).
func neighborAdvertisement(mac net.HardwareAddr, vip netip.Addr, router bool) ([]byte, error) {
	allNodes := netip.IPv6LinkLocalAllNodes()
	message, err := ndp.MarshalMessageChecksum(&ndp.NeighborAdvertisement{
		Router:        router,
		Override:      true,
		TargetAddress: vip,
		Options:       []ndp.Option{&ndp.LinkLayerAddress{Direction: ndp.Target, Addr: mac}},
	}, vip, allNodes)
	if err != nil {
		return nil, err
	}
	frame := ethernet.Frame{
		Destination: net.HardwareAddr{0x33, 0x33, 0, 0, 0, 1}, // RFC 2464, section 7
		Source:      mac,
		EtherType:   ethernet.EtherTypeIPv6,
		Payload:     append(ipv6Header(vip, allNodes, len(message)), message...),
	}
	return frame.MarshalBinary()
}

// ipv6Header returns the header of a neighbour discovery message (RFC 8200,
// section 3). Receivers insist on hop limit 255, which no router lets through.
func ipv6Header(src, dst netip.Addr, length int) []byte {
	header := make([]byte, 0, 40)
	header = append(header, 6<<4, 0, 0, 0) // version, traffic class, flow label
	header = binary.BigEndian.AppendUint16(header, uint16(length))
	header = append(header, unix.IPPROTO_ICMPV6, 255)
	header = append(header, src.AsSlice()...)
	return append(header, dst.AsSlice()...)
}

// probe returns the frame that asks who has vip.
func probe(mac net.HardwareAddr, vip netip.Addr) ([]byte, error) {
	if vip.Is6() {
		return neighborSolicitation(mac, vip)
	}
	return arpProbe(mac, vip)
}

// arpProbe returns the broadcast request with no sender protocol address, so
// that it changes no neighbour's entry (RFC 5227, section 2.1.1).
func arpProbe(mac net.HardwareAddr, vip netip.Addr) ([]byte, error) {
	nobody := make(net.HardwareAddr, 6)
	packet, err := arp.NewPacket(arp.OperationRequest, mac, netip.IPv4Unspecified(), nobody, vip)
	if err != nil {
		return nil, err
	}
	payload, err := packet.MarshalBinary()
	if err != nil {
		return nil, err
	}
	frame := ethernet.Frame{Destination: ethernet.Broadcast, Source: mac, EtherType: ethernet.EtherTypeARP, Payload: payload}
	return frame.MarshalBinary()
}

// neighborSolicitation returns the frame of duplicate address detection: it has
// no source address, and is answered to all nodes (RFC 4862, section 5.4.2;
// RFC 4861, section 7.2.4).
func neighborSolicitation(mac net.HardwareAddr, vip netip.Addr) ([]byte, error) {
	group, err := ndp.SolicitedNodeMulticast(vip)
	if err != nil {
		return nil, err
	}
	message, err := ndp.MarshalMessageChecksum(&ndp.NeighborSolicitation{TargetAddress: vip}, netip.IPv6Unspecified(), group)
	if err != nil {
		return nil, err
	}
	g := group.As16()
	frame := ethernet.Frame{
		Destination: net.HardwareAddr{0x33, 0x33, g[12], g[13], g[14], g[15]}, // RFC 2464, section 7
		Source:      mac,
		EtherType:   ethernet.EtherTypeIPv6,
		Payload:     append(ipv6Header(netip.IPv6Unspecified(), group, len(message)), message...),
	}
	return frame.MarshalBinary()
}
