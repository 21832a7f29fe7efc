package ipvs

import (
	"fmt"
	"math"
	"net/netip"
)

// decodeDestination reads one message of a dump of destinations into d and,
// unless that is nil, n. It returns what the kernel says about tunnels.
func decodeDestination(m message, d *Destination, n *Counters) (tunnelSupport, error) {
	a := m.attributes()
	for a.next() {
		if a.typ == attrDest {
			support, err := parseDestination(a.nested(), d, n)
			if err != nil {
				return tunnelsUnknown, fmt.Errorf("decode destination: %w", err)
			}
			return support, nil
		}
	}
	return tunnelsUnknown, fmt.Errorf("decode destination: %w", orMissing(a.err))
}

func parseDestination(a attributes, d *Destination, n *Counters) (tunnelSupport, error) {
	var family Family
	var addr []byte
	var port uint16
	support := tunnelsIPIP
	*d = Destination{}
	for a.next() {
		switch a.typ {
		case attrDestFamily:
			family = Family(a.uint16())
		case attrDestAddr:
			addr = a.value
		case attrDestPort:
			port = a.port()
		case attrDestForward:
			d.Forward = Forward(a.uint32() & forwardMask)
		case attrDestWeight:
			d.Weight = a.uint32()
		case attrDestUpperThreshold:
			d.UpperThreshold = a.uint32()
		case attrDestLowerThreshold:
			d.LowerThreshold = a.uint32()
		case attrDestTunnelType:
			d.Tunnel.Type = TunnelType(a.uint8())
			support = max(support, tunnelsGUE)
		case attrDestTunnelPort:
			d.Tunnel.Port = a.port()
		case attrDestTunnelFlags:
			d.Tunnel.Checksum = TunnelChecksum(min(a.uint16(), math.MaxUint8))
			support = tunnelsAll
		default:
			if n != nil {
				n.parse(&a)
			}
		}
	}
	if a.err != nil {
		return tunnelsUnknown, a.err
	}
	ip, err := parseAddr(family, addr)
	if err != nil {
		return tunnelsUnknown, err
	}
	d.Addr = netip.AddrPortFrom(ip, port)
	d.Tunnel = d.Tunnel.canonical(d.Forward)
	return support, nil
}
