package fwmark

import (
	"net/netip"
	"strconv"

	"github.com/ldirector/ldirector/director/ipvs"
)

// A Rule gives a mark to the packets to some addresses and ports, from whatever
// sender. Several rules may give the same mark; rules with different marks must
// not want the same packet, see [Validate].
type Rule struct {
	// Mark is what the packet's whole mark becomes, whatever it was; not 0.
	Mark uint32
	// Addresses are destinations, of both families if the mark serves both.
	// They may overlap. At least one.
	Addresses []Range
	// Ports are destination ports; they may overlap. None: all ports.
	Ports []PortRange
	// Protocols are those that the rule is for. None: TCP, UDP and SCTP.
	Protocols []ipvs.Protocol
}

// A Range is the addresses From to To, both included, of one family and without
// zone. From equals To for one address.
type Range struct {
	From, To netip.Addr
}

// String returns "192.0.2.1" or "192.0.2.1-192.0.2.9".
func (r Range) String() string {
	if r.From == r.To {
		return r.From.String()
	}
	return r.From.String() + "-" + r.To.String()
}

// A PortRange is the ports From to To, both included. From equals To for one
// port.
type PortRange struct {
	From, To uint16
}

// String returns "80" or "8000-8010".
func (r PortRange) String() string {
	if r.From == r.To {
		return strconv.Itoa(int(r.From))
	}
	return strconv.Itoa(int(r.From)) + "-" + strconv.Itoa(int(r.To))
}
