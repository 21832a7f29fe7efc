package vrrp

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"hash"
	"net/netip"
	"time"
)

// HMAC is the trailer of keepalived 2.4 (draft-cassen-vrrp-auth-hmac) that authenticates advertisements with
// HMAC-SHA256 [auth_hmac].
type HMAC struct {
	Keys   map[uint8][]byte // by key id; each 32 to 64 bytes [key]
	Active uint8            // the key that is sent with [active_key]

	// Monotonic refuses only what does not come after what was heard of the same sender; otherwise the time in the
	// trailer may not differ by more than Window, too [anti_replay]. Window is in whole seconds up to 300 s; 0 stands
	// for three advertisement intervals, 5 s at least [time_window].
	Monotonic bool
	Window    time.Duration

	Mode HMACMode // [mode]
}

// An HMACMode says what is done with advertisements that have no trailer.
type HMACMode uint8

// Modes of HMAC.
const (
	HMACEnforce     HMACMode = iota // refuse them
	HMACPermissive                  // accept them; send with a trailer
	HMACReceiveOnly                 // accept them; send without
)

// The trailer follows the message; the length of the IP packet covers it.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+---------------+---------------+-------------------------------+
//	|    type=1     |    key id     |               0               |
//	+---------------+---------------+-------------------------------+
//	|                    seconds of the sender's clock              |
//	+-------------------------------+-------------------------------+
//	|      fraction, 1/65536 s      |            counter            |
//	+-------------------------------+-------------------------------+
//	|                first 16 bytes of HMAC-SHA256                  |
//	+---------------------------------------------------------------+
//
// Time and counter are one number, the sequence, which never goes back. The HMAC covers a header of 20 bytes (family 4
// or 6, version, VRID, 0, source address and zeros), the message with a checksum of 0, and the trailer with 0 in place
// of the HMAC. It does not cover the destination.
const (
	trailerLen  = 28
	trailerType = 1
	digestLen   = 16 // of the trailer, at its end

	leastWindow = 5 * time.Second
	mostWindow  = 300 * time.Second
	mostMarks   = 16 // whose sequence is known; peers are known in any case
)

// An authenticator seals what one virtual router sends, and verifies what it hears. A nil one does without. It is for one
// goroutine.
type authenticator struct {
	cfg    *HMAC
	window int32 // seconds; 0: any time will do
	macs   map[uint8]hash.Hash
	last   uint64 // sequence sent
	marks  []mark // the one heard last is the first
	input  []byte // of the last HMAC, for its capacity
	digest [sha256.Size]byte
}

// A mark is the highest sequence of a router that was heard with a valid HMAC.
type mark struct {
	addr     netip.Addr
	sequence uint64
}

// newAuthenticator returns nil if the router does without HMAC.
func newAuthenticator(c *Config) *authenticator {
	if c.HMAC == nil {
		return nil
	}
	a := &authenticator{
		cfg:   c.HMAC,
		macs:  make(map[uint8]hash.Hash),
		marks: make([]mark, 0, max(mostMarks, len(c.Peers))),
	}
	for id, key := range c.HMAC.Keys {
		a.macs[id] = hmac.New(sha256.New, key)
	}
	if !c.HMAC.Monotonic {
		window := c.HMAC.Window
		if window == 0 {
			window = min(max(3*c.AdvertInterval, leastWindow), mostWindow)
		}
		a.window = int32(window / time.Second)
	}
	return a
}

// seal appends a trailer to the message, which is a packet from its start. Now is the time of the day.
func (a *authenticator) seal(message []byte, source, destination netip.Addr, now time.Time) []byte {
	if a == nil || a.cfg.Mode == HMACReceiveOnly {
		return message
	}
	a.last = a.next(now)
	sealed := append(message, trailerType, a.cfg.Active, 0, 0)
	sealed = binary.BigEndian.AppendUint64(sealed, a.last)
	sealed = append(sealed, a.sign(a.macs[a.cfg.Active], sealed, source)...)
	if source.Is6() {
		// Over IPv6 the kernel of keepalived checks all that the packet has.
		binary.BigEndian.PutUint16(sealed[6:], 0)
		total := sum(sealed) + pseudoHeader(source, destination, len(sealed))
		binary.BigEndian.PutUint16(sealed[6:], ^fold(total))
	}
	return sealed
}

// next returns the sequence to send with: the time, or if that is not after the last one, what comes after that. When
// the clock was set back by more than the window others accept no sequence but that of the new time.
func (a *authenticator) next(now time.Time) uint64 {
	clock := sequenceAt(now)
	if follows(clock, a.last) || a.window > 0 && secondsBetween(a.last, clock) > a.window {
		return clock
	}
	return a.last + 1
}

// verify checks the trailer of a packet that passed [Config.check]. Now is the time of the day. The error is a [Refusal].
func (a *authenticator) verify(p *Packet, now time.Time) error {
	if a == nil {
		return nil
	}
	length := messageLen(p.Payload, p.Source)
	if len(p.Payload) != length+trailerLen {
		if a.cfg.Mode == HMACEnforce {
			return MissingHMAC
		}
		return nil
	}
	trailer := p.Payload[length:]
	if trailer[0] != trailerType || trailer[2] != 0 || trailer[3] != 0 {
		return BadHMAC
	}
	mac, ok := a.macs[trailer[1]]
	if !ok {
		return UnknownKey
	}
	number := binary.BigEndian.Uint64(trailer[4:])
	if a.stale(number, now) {
		return StaleHMAC
	}
	signed, digest := p.Payload[:len(p.Payload)-digestLen], p.Payload[len(p.Payload)-digestLen:]
	if subtle.ConstantTimeCompare(a.sign(mac, signed, p.Source), digest) == 0 {
		return BadHMAC
	}
	return a.admit(p.Source, number, now)
}

// sign returns the HMAC of message and trailer up to it. It is valid until the next call.
func (a *authenticator) sign(mac hash.Hash, signed []byte, source netip.Addr) []byte {
	family := byte(4)
	if source.Is6() {
		family = 6
	}
	in := append(a.input[:0], family, signed[0]>>4, signed[1], 0)
	in = appendAddr(in, source)
	for len(in) < 20 {
		in = append(in, 0)
	}
	in = append(in, signed[:6]...)
	in = append(in, 0, 0)
	in = append(in, signed[headerLen:]...)
	in = append(in, make([]byte, digestLen)...)
	a.input = in
	mac.Reset()
	mac.Write(in) // hash.Hash: never returns an error
	return mac.Sum(a.digest[:0])[:digestLen]
}

// admit accepts what comes after the last of the same sender. It is asked only with a valid HMAC, so that nobody else
// can push a sender out. A sequence outside the window only orders what is stale anyway: it is no hindrance to a sender
// whose clock was set back.
func (a *authenticator) admit(addr netip.Addr, number uint64, now time.Time) error {
	at := 0
	for at < len(a.marks) && a.marks[at].addr != addr {
		at++
	}
	switch {
	case at < len(a.marks):
		if before := a.marks[at].sequence; !follows(number, before) && !a.stale(before, now) {
			return Replayed
		}
	case at < cap(a.marks):
		a.marks = a.marks[:at+1]
	default:
		at--
	}
	copy(a.marks[1:at+1], a.marks[:at])
	a.marks[0] = mark{addr, number}
	return nil
}

// stale reports whether a sequence is outside the window.
func (a *authenticator) stale(number uint64, now time.Time) bool {
	age := secondsBetween(sequenceAt(now), number)
	return a.window > 0 && (age > a.window || age < -a.window)
}

// sequenceAt returns the first sequence of a time of the day.
func sequenceAt(now time.Time) uint64 {
	fraction := uint64(now.Nanosecond()) << 16 / uint64(time.Second)
	return uint64(now.Unix())<<32 | fraction<<16
}

// follows compares sequences, across the end of the range (RFC 1982).
func follows(a, b uint64) bool { return int64(a-b) > 0 }

// secondsBetween returns the time from b to a, in seconds.
func secondsBetween(a, b uint64) int32 { return int32(uint32(a>>32) - uint32(b>>32)) }
