package vrrp

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"
)

const (
	protocolNumber    = 112 // of IP; https://www.rfc-editor.org/rfc/rfc9568#section-5.1.1.4
	typeAdvertisement = 1
	headerLen         = 8
	authDataLen       = 8      // trailer of version 2, there even without authentication
	maxInterval       = 0x0fff // of version 3, centiseconds
	maxAddresses      = 255
	centisecond       = 10 * time.Millisecond
)

// An AuthType is the authentication type of version 2 (RFC 2338 section 5.3.6).
type AuthType uint8

// Authentication types.
const (
	AuthNone     AuthType = 0
	AuthPassword AuthType = 1
)

// An Advertisement is the one message of the protocol (RFC 9568 section 5.2, RFC 3768 section 5.3).
type Advertisement struct {
	Version  int   // 2 or 3
	VRID     uint8 // virtual router
	Priority uint8 // 0: the sender leaves

	// Interval is the sender's advertisement interval: whole seconds in version 2, centiseconds in version 3.
	Interval time.Duration

	Addresses []netip.Addr // IPv4, or IPv6 (version 3 only)

	AuthType AuthType // version 2 only
	AuthData [authDataLen]byte

	// Checksum tells what the checksum covers. Only version 3 over IPv4 leaves a choice to the sender.
	Checksum ChecksumForm
}

// A ChecksumForm tells what the checksum of a packet covers.
type ChecksumForm uint8

// Forms of the checksum.
const (
	ChecksumPseudoHeader ChecksumForm = iota // pseudo-header and message: version 3; over IPv4 in keepalived and FRR
	ChecksumMessage                          // the message: version 2, and version 3 over IPv4 by RFC 9568
	ChecksumGroup                            // as the first, but with the group as destination of unicast: keepalived to 1.3.6
)

// Version 2, IPv4 only. The authentication data is always there.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+-------+-------+---------------+---------------+---------------+
//	| ver=2 | type=1|     VRID      |   priority    |     count     |
//	+-------+-------+---------------+---------------+---------------+
//	|   auth type   | interval in s |           checksum            |
//	+---------------+---------------+-------------------------------+
//	|                     count * 4 bytes of addresses              |
//	+---------------------------------------------------------------+
//	|                  8 bytes of authentication data               |
//	+---------------------------------------------------------------+
//
// Version 3 has four reserved bits and the interval in centiseconds (12 bits) in bytes 4 and 5, addresses of the
// carrying packet's family, and no authentication data.

// Append appends the wire form of a to b. Source and destination are those of the packet that will carry it; version 3
// has them in its checksum. It fails if a value does not fit the version's format.
func (a *Advertisement) Append(b []byte, source, destination netip.Addr) ([]byte, error) {
	interval, err := a.wireInterval()
	if err != nil {
		return nil, err
	}
	if err := a.checkAddresses(source); err != nil {
		return nil, err
	}
	start := len(b)
	b = append(b, byte(a.Version)<<4|typeAdvertisement, a.VRID, a.Priority, byte(len(a.Addresses)))
	b = binary.BigEndian.AppendUint16(b, interval)
	b = append(b, 0, 0)
	for _, addr := range a.Addresses {
		b = appendAddr(b, addr)
	}
	if a.Version == 2 {
		b = append(b, a.AuthData[:]...)
	}
	a.putChecksum(b[start:], source, destination)
	return b, nil
}

// advertisement returns what the router sends with a priority. The addresses are those of c.
func (c *Config) advertisement(priority uint8) Advertisement {
	a := Advertisement{
		Version: c.Version, VRID: c.VRID, Priority: priority, Interval: c.AdvertInterval, Addresses: c.Addresses,
	}
	a.AuthType, a.AuthData = c.auth()
	if c.ChecksumMessage {
		a.Checksum = ChecksumMessage
	}
	return a
}

// appendAddr appends the 4 or 16 bytes of addr.
func appendAddr(b []byte, addr netip.Addr) []byte {
	if addr.Is4() {
		raw := addr.As4()
		return append(b, raw[:]...)
	}
	raw := addr.As16()
	return append(b, raw[:]...)
}

// wireInterval returns bytes 4 and 5.
func (a *Advertisement) wireInterval() (uint16, error) {
	unit, most := time.Second, time.Duration(255)
	switch a.Version {
	case 2:
	case 3:
		unit, most = centisecond, maxInterval
	default:
		return 0, fmt.Errorf("encode advertisement: no such version: %d", a.Version)
	}
	n := a.Interval / unit
	if a.Interval%unit != 0 || n < 1 || n > most {
		return 0, fmt.Errorf("encode advertisement: interval %v does not fit version %d", a.Interval, a.Version)
	}
	if a.Version == 2 {
		return uint16(a.AuthType)<<8 | uint16(n), nil
	}
	return uint16(n), nil
}

func (a *Advertisement) checkAddresses(source netip.Addr) error {
	if n := len(a.Addresses); n > maxAddresses || n == 0 && a.Version == 3 {
		return fmt.Errorf("encode advertisement: %d addresses do not fit", n)
	}
	if a.Version == 2 && !source.Is4() {
		return fmt.Errorf("encode advertisement: version 2 over %v: IPv4 only", source)
	}
	for _, addr := range a.Addresses {
		if addr.BitLen() != source.BitLen() {
			return fmt.Errorf("encode advertisement: %v in a packet from %v: other family", addr, source)
		}
	}
	return nil
}

// ParseAdvertisement decodes the payload of an IP packet from source to destination. Bytes behind the message are
// ignored. The checks and their order are those of RFC 9568 section 7.1 as far as they need no configuration; errors
// are of type [Refusal].
func ParseAdvertisement(b []byte, source, destination netip.Addr) (Advertisement, error) {
	var a Advertisement
	err := a.decode(b, source, destination)
	if err == nil {
		err = a.checkFields()
	}
	if err != nil {
		return Advertisement{}, err
	}
	return a, nil
}

// decode replaces a by the message in b and keeps the capacity of a.Addresses. It does what comes before the check of
// the VRID: version, type, length and checksum. After an error nothing of a is meant.
func (a *Advertisement) decode(b []byte, source, destination netip.Addr) error {
	if len(b) < headerLen {
		return Truncated
	}
	*a = Advertisement{Version: int(b[0] >> 4), VRID: b[1], Priority: b[2], Addresses: a.Addresses[:0]}
	if a.Version != 3 && (a.Version != 2 || !source.Is4()) {
		return BadVersion
	}
	if b[0]&0xf != typeAdvertisement {
		return BadType
	}
	if len(b) < messageLen(b, source) {
		return Truncated
	}
	if !a.takeChecksum(b, source, destination) {
		return BadChecksum
	}
	rest := b[headerLen:]
	for range b[3] {
		var addr netip.Addr
		if source.Is4() {
			addr, rest = netip.AddrFrom4([4]byte(rest)), rest[4:]
		} else {
			addr, rest = netip.AddrFrom16([16]byte(rest)), rest[16:]
		}
		a.Addresses = append(a.Addresses, addr)
	}
	if a.Version == 2 {
		a.AuthType = AuthType(b[4])
		a.AuthData = [authDataLen]byte(rest)
		a.Interval = time.Duration(b[5]) * time.Second
	} else {
		// The four bits before the interval are reserved: ignored.
		a.Interval = time.Duration(binary.BigEndian.Uint16(b[4:])&maxInterval) * centisecond
	}
	return nil
}

// messageLen returns the length that a message tells of itself. What is behind it may be Ethernet padding, or the
// trailer of [HMAC].
func messageLen(b []byte, source netip.Addr) int {
	length := headerLen + int(b[3])*source.BitLen()/8
	if b[0]>>4 == 2 {
		length += authDataLen
	}
	return length
}

// checkFields does what comes after it, without the checks against the configuration.
func (a *Advertisement) checkFields() error {
	if a.Version == 3 && len(a.Addresses) == 0 {
		return NoAddresses // https://www.rfc-editor.org/errata/eid8299
	}
	if a.Interval == 0 {
		return BadInterval // https://www.rfc-editor.org/errata/eid8301
	}
	if len(a.Addresses) > 0 && a.Addresses[0].Is6() && !a.Addresses[0].IsLinkLocalUnicast() {
		return BadAddress // https://www.rfc-editor.org/errata/eid8300
	}
	return nil
}
