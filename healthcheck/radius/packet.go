package radius

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/subtle"
	"encoding/binary"
)

// Codes of packets.
const (
	accessRequest      = 1
	accessAccept       = 2
	accessReject       = 3
	accountingResponse = 5
	accessChallenge    = 11
	statusServer       = 12
)

// Types of attributes.
const (
	userName             = 1
	userPassword         = 2
	replyMessage         = 18
	nasIdentifier        = 32
	messageAuthenticator = 80
)

const (
	headerSize  = 20
	maxValue    = 253 // bytes of an attribute
	maxPassword = 128 // RFC 2865, section 5.2
	maxPacket   = 4096
)

// A question is a packet to the server:
//
//	 0      1            2        4                 20
//	+------+------------+--------+-----------------+------------
//	| code | identifier | length | authenticator   | attributes
//	+------+------------+--------+-----------------+------------
type question struct {
	secret        string
	code          byte
	identifier    byte
	authenticator [16]byte // random
	attributes    []byte
	bytes         []byte // of the packet, once it is signed
}

// add adds an attribute: type, length of all, value.
func (q *question) add(kind byte, value []byte) {
	q.attributes = append(q.attributes, kind, byte(len(value)+2))
	q.attributes = append(q.attributes, value...)
}

// sign makes the packet. The attribute that signs it comes first: so nobody can
// make a collision of MD5 with what stands before it (the Blast-RADIUS attack).
func (q *question) sign() {
	var zero [md5.Size]byte
	rest := q.attributes
	q.attributes = nil
	q.add(messageAuthenticator, zero[:])
	q.attributes = append(q.attributes, rest...)

	q.bytes = binary.BigEndian.AppendUint16([]byte{q.code, q.identifier}, uint16(headerSize+len(q.attributes)))
	q.bytes = append(q.bytes, q.authenticator[:]...)
	q.bytes = append(q.bytes, q.attributes...)
	copy(q.bytes[headerSize+2:], seal(q.bytes, q.secret))
}

// seal returns HMAC-MD5 of a packet, RFC 3579, section 3.2.
func seal(packet []byte, secret string) []byte {
	h := hmac.New(md5.New, []byte(secret))
	h.Write(packet)
	return h.Sum(nil)
}

// hide hides a password, RFC 2865, section 5.2: each block of 16 bytes is
// XORed with the MD5 of the secret and the hidden block before it.
func hide(password, secret string, authenticator [16]byte) []byte {
	hidden := make([]byte, max(1, (len(password)+15)/16)*16)
	copy(hidden, password)
	before := authenticator[:]
	for at := 0; at < len(hidden); at += 16 {
		block := hidden[at : at+16]
		mask := md5.Sum(append([]byte(secret), before...))
		subtle.XORBytes(block, block, mask[:])
		before = block
	}
	return hidden
}

// An answer is a packet from the server.
type answer struct {
	code, identifier byte
	message          string // all that is meant for the user
	packet           []byte
	seal             int // where the 16 bytes of the Message-Authenticator begin; 0 for nowhere
}

// parse returns the answer in a datagram. ok is false if there is none.
func parse(datagram []byte) (a answer, ok bool) {
	if len(datagram) < headerSize {
		return answer{}, false
	}
	length := int(binary.BigEndian.Uint16(datagram[2:]))
	if length < headerSize || length > maxPacket || length > len(datagram) {
		return answer{}, false
	}
	a = answer{code: datagram[0], identifier: datagram[1], packet: datagram[:length]}
	for at := headerSize; at < length; {
		rest := a.packet[at:]
		if len(rest) < 2 || rest[1] < 2 || int(rest[1]) > len(rest) {
			return answer{}, false
		}
		value := rest[2:rest[1]]
		switch rest[0] {
		case replyMessage:
			a.message += string(value)
		case messageAuthenticator:
			if len(value) != md5.Size {
				return answer{}, false
			}
			a.seal = at + 2
		}
		at += int(rest[1])
	}
	return a, true
}

// genuine reports whether the answer is from somebody who knows the secret and
// has read q: RFC 2865, section 3, and if it is signed, RFC 3579, section 3.2.
func (a answer) genuine(q question) bool {
	packet := bytes.Clone(a.packet)
	copy(packet[4:headerSize], q.authenticator[:])
	sum := md5.Sum(append(bytes.Clone(packet), q.secret...))
	good := subtle.ConstantTimeCompare(sum[:], a.packet[4:headerSize]) == 1
	if a.seal == 0 {
		return good
	}
	clear(packet[a.seal : a.seal+md5.Size])
	return good && hmac.Equal(seal(packet, q.secret), a.packet[a.seal:a.seal+md5.Size])
}
