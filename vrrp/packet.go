package vrrp

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
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
}

// A ChecksumForm tells what the checksum of a packet covers.
type ChecksumForm uint8

// Forms of the checksum.
const (
	ChecksumMessage      ChecksumForm = iota // the message: version 2, and version 3 over IPv4 by RFC 9568
	ChecksumPseudoHeader                     // a pseudo-header too: version 3 over IPv6, and over IPv4 in keepalived and FRR
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
		b = append(b, addr.AsSlice()...)
	}
	form := ChecksumPseudoHeader
	if a.Version == 2 {
		b = append(b, a.AuthData[:]...)
		form = ChecksumMessage
	}
	message := b[start:]
	binary.BigEndian.PutUint16(message[6:], ^checksum(message, form, source, destination))
	return b, nil
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
func ParseAdvertisement(b []byte, source, destination netip.Addr) (Advertisement, ChecksumForm, error) {
	a, form, err := decode(b, source, destination)
	if err == nil {
		err = a.checkFields()
	}
	if err != nil {
		return Advertisement{}, 0, err
	}
	return a, form, nil
}

// decode does what comes before the check of the VRID: version, type, length and checksum.
func decode(b []byte, source, destination netip.Addr) (Advertisement, ChecksumForm, error) {
	if len(b) < headerLen {
		return Advertisement{}, 0, Truncated
	}
	a := Advertisement{Version: int(b[0] >> 4), VRID: b[1], Priority: b[2]}
	if a.Version != 3 && (a.Version != 2 || !source.Is4()) {
		return Advertisement{}, 0, BadVersion
	}
	if b[0]&0xf != typeAdvertisement {
		return Advertisement{}, 0, BadType
	}
	size := source.BitLen() / 8
	end := headerLen + int(b[3])*size
	length := end
	if a.Version == 2 {
		length += authDataLen
	}
	if len(b) < length {
		return Advertisement{}, 0, Truncated
	}
	b = b[:length]
	form, ok := a.verifyChecksum(b, source, destination)
	if !ok {
		return Advertisement{}, 0, BadChecksum
	}
	for raw := range slices.Chunk(b[headerLen:end], size) {
		addr, _ := netip.AddrFromSlice(raw)
		a.Addresses = append(a.Addresses, addr)
	}
	if a.Version == 2 {
		a.AuthType = AuthType(b[4])
		a.AuthData = [authDataLen]byte(b[end:])
		a.Interval = time.Duration(b[5]) * time.Second
	} else {
		// The four bits before the interval are reserved: ignored.
		a.Interval = time.Duration(binary.BigEndian.Uint16(b[4:])&maxInterval) * centisecond
	}
	return a, form, nil
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

// verifyChecksum finds out which form of the checksum, if any, message carries.
func (a *Advertisement) verifyChecksum(message []byte, source, destination netip.Addr) (ChecksumForm, bool) {
	forms := []ChecksumForm{ChecksumPseudoHeader, ChecksumMessage}
	switch {
	case a.Version == 2:
		forms = forms[1:]
	case source.Is6():
		forms = forms[:1]
	}
	for _, form := range forms {
		if checksum(message, form, source, destination) == 0xffff {
			return form, true
		}
	}
	return 0, false
}

// checksum returns the one's complement sum of message, which is 0xffff if it holds a valid checksum. Messages have an
// even length. The pseudo-header is the one of IPv6 (RFC 8200 section 8.1), which for IPv4 addresses sums up to the
// same as the deployed IPv4 form: source, destination, protocol and length.
func checksum(message []byte, form ChecksumForm, source, destination netip.Addr) uint16 {
	var sum uint32
	add := func(b []byte) {
		for ; len(b) > 1; b = b[2:] {
			sum += uint32(binary.BigEndian.Uint16(b))
		}
	}
	if form == ChecksumPseudoHeader {
		add(source.AsSlice())
		add(destination.AsSlice())
		sum += protocolNumber + uint32(len(message))
	}
	add(message)
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}
