package ipvs

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// decodeService reads one message of a dump of services, and what it counts
// into n unless that is nil.
func decodeService(m message, n *Stats) (Service, error) {
	a := m.attributes()
	for a.next() {
		if a.typ == attrService {
			s, err := parseService(a.nested(), n)
			if err != nil {
				return Service{}, fmt.Errorf("decode service: %w", err)
			}
			return s, nil
		}
	}
	return Service{}, fmt.Errorf("decode service: %w", orMissing(a.err))
}

// decodeFamily reads the number of a generic netlink family out of nlctrl's answer.
func decodeFamily(m message) (uint16, error) {
	a := m.attributes()
	for a.next() {
		if a.typ == unix.CTRL_ATTR_FAMILY_ID {
			if id := a.uint16(); a.err == nil {
				return id, nil
			}
		}
	}
	return 0, fmt.Errorf("decode family: %w", orMissing(a.err))
}

var errMissing = errors.New("attribute is missing")

func orMissing(err error) error {
	if err == nil {
		return errMissing
	}
	return err
}

func parseService(a attributes, n *Stats) (Service, error) {
	var s Service
	var addr, netmask []byte
	for a.next() {
		switch a.typ {
		case attrServiceFamily:
			s.Family = Family(a.uint16())
		case attrServiceProtocol:
			s.Protocol = Protocol(a.uint16())
		case attrServiceAddr:
			addr = a.value
		case attrServicePort:
			s.Port = a.port()
		case attrServiceFWMark:
			s.FWMark = a.uint32()
		case attrServiceScheduler:
			s.Scheduler = a.string()
		case attrServiceEngine:
			s.PersistenceEngine = a.string()
		case attrServiceFlags:
			s.Flags = Flags(a.uint32()) & allFlags
		case attrServiceTimeout:
			s.Timeout = time.Duration(a.uint32()) * time.Second
		case attrServiceNetmask:
			if a.has(4) {
				netmask = a.value[:4]
			}
		case attrServiceStats64:
			if n != nil {
				a.err = n.parse(a.nested())
			}
		}
	}
	if a.err != nil {
		return Service{}, a.err
	}
	if s.FWMark == 0 {
		var err error
		if s.Addr, err = parseAddr(s.Family, addr); err != nil {
			return Service{}, err
		}
	}
	if s.Flags&Persistent == 0 {
		s.Timeout = 0 // without the flag it has no effect
	} else if netmask != nil {
		s.PrefixLen = parseNetmask(s.Family, netmask)
	}
	return s.header(), nil
}

// parseNetmask is the reverse of writer.netmask; what that cannot have written
// is oddMask.
func parseNetmask(f Family, b []byte) uint8 {
	if f == INET6 {
		if n := binary.NativeEndian.Uint32(b); n >= 1 && n <= 128 {
			return uint8(n)
		}
		return oddMask
	}
	mask := binary.BigEndian.Uint32(b)
	ones := bits.LeadingZeros32(^mask)
	if ones == 0 || mask<<ones != 0 {
		return oddMask
	}
	return uint8(ones)
}

// parseAddr reads an address; the kernel sends 16 bytes for either family.
func parseAddr(f Family, b []byte) (netip.Addr, error) {
	switch {
	case f == INET && len(b) >= 4:
		return netip.AddrFrom4([4]byte(b)), nil
	case f == INET6 && len(b) >= 16:
		return netip.AddrFrom16([16]byte(b)), nil
	default:
		return netip.Addr{}, fmt.Errorf("address of family %d has %d bytes", f, len(b))
	}
}
