package vrrp

import (
	"crypto/subtle"
	"fmt"
	"net/netip"
	"slices"
)

// A Refusal says why a packet was dropped. It is an error.
type Refusal uint8

// Reasons to drop a packet, in the order of the checks (RFC 9568 section 7.1, RFC 3768 section 7.1).
const (
	BadDestination Refusal = iota + 1 // not the multicast group; or unicast where the group is used, and the reverse
	UnknownPeer                       // unicast: not from a peer
	BadTTL                            // multicast: not 255, came over a router; unicast: not within the peer's bounds
	BadVersion                        // not the configured one; the sender and this router may both be master
	BadType                           // not an advertisement
	Truncated                         // shorter than its own fields tell
	BadChecksum                       // in every form that could be meant
	BadVRID                           // of another virtual router
	NoAddresses                       // version 3: address count 0
	BadInterval                       // 0, or in version 2 not the configured one; both may be master
	BadAddress                        // IPv6: first address not link-local
	BadAuthType                       // version 2: not the configured authentication
	BadAuthData                       // version 2: wrong password
	OwnSource                         // sent from this router's own address: looped back, or a duplicate address
	MissingHMAC                       // no trailer of HMAC
	UnknownKey                        // HMAC with a key that is not configured
	StaleHMAC                         // HMAC of another time: the clocks differ
	BadHMAC                           // wrong, or a trailer of another kind
	Replayed                          // HMAC that does not come after the last one of its sender

	refusals // number of reasons, counting the unused zero
)

// String returns a short name for r, such as "bad_checksum".
func (r Refusal) String() string {
	switch r {
	case BadDestination:
		return "bad_destination"
	case UnknownPeer:
		return "unknown_peer"
	case BadTTL:
		return "bad_ttl"
	case BadVersion:
		return "bad_version"
	case BadType:
		return "bad_type"
	case Truncated:
		return "truncated"
	case BadChecksum:
		return "bad_checksum"
	case BadVRID:
		return "bad_vrid"
	case NoAddresses:
		return "no_addresses"
	case BadInterval:
		return "bad_interval"
	case BadAddress:
		return "bad_address"
	case BadAuthType:
		return "bad_auth_type"
	case BadAuthData:
		return "bad_auth_data"
	case OwnSource:
		return "own_source"
	case MissingHMAC:
		return "missing_hmac"
	case UnknownKey:
		return "unknown_key"
	case StaleHMAC:
		return "stale_hmac"
	case BadHMAC:
		return "bad_hmac"
	case Replayed:
		return "replayed"
	default:
		return fmt.Sprintf("Refusal(%d)", uint8(r))
	}
}

// Refusals returns every reason there is.
func Refusals() []Refusal {
	all := make([]Refusal, 0, refusals-1)
	for r := Refusal(1); r < refusals; r++ {
		all = append(all, r)
	}
	return all
}

// Error returns String with a prefix.
func (r Refusal) Error() string { return "advertisement refused: " + r.String() }

// splits reports whether the reason is a difference of configuration, or of clocks, that keeps two routers from hearing
// each other.
func (r Refusal) splits() bool {
	switch r {
	case BadDestination, UnknownPeer, BadVersion, BadInterval, BadAuthType, BadAuthData,
		MissingHMAC, UnknownKey, StaleHMAC, BadHMAC:
		return true
	default:
		return false
	}
}

// check decodes p into a and applies every check of the receive path in the order of the RFCs, but for that of the HMAC.
// Its error is a [Refusal]. Own is this router's source address. It keeps the capacity of a.Addresses.
func (c *Config) check(a *Advertisement, p *Packet, own netip.Addr) error {
	if err := c.checkEnvelope(p); err != nil {
		return err
	}
	switch {
	case len(p.Payload) == 0:
		return Truncated
	case int(p.Payload[0]>>4) != c.Version:
		return BadVersion
	}
	if err := a.decode(p.Payload, p.Source, p.Destination); err != nil {
		return err
	}
	if a.VRID != c.VRID {
		return BadVRID
	}
	if err := a.checkFields(); err != nil {
		return err
	}
	if c.Version == 2 {
		if err := c.checkVersion2(a); err != nil {
			return err
		}
	}
	if p.Source == own {
		return OwnSource
	}
	return nil
}

// checkEnvelope checks the IP header. Multicast must have a TTL of 255, which tells that no router forwarded it (RFC 9568
// section 5.1.1.3). Unicast may come over routers, and keepalived sends it over IPv6 with the host's usual hop limit.
func (c *Config) checkEnvelope(p *Packet) error {
	if p.Source.Is6() != c.IPv6 {
		return BadDestination
	}
	if !c.unicast() {
		switch {
		case p.Destination != c.group():
			return BadDestination
		case p.TTL != 255:
			return BadTTL
		}
		return nil
	}
	if p.Destination.IsMulticast() {
		return BadDestination
	}
	for i := range c.Peers {
		if peer := &c.Peers[i]; peer.Addr.WithZone("") == p.Source {
			return peer.checkTTL(p.TTL)
		}
	}
	if c.CheckSource {
		return UnknownPeer
	}
	return nil
}

// checkTTL checks the distance of a peer.
func (p *Peer) checkTTL(ttl uint8) error {
	if ttl < p.MinTTL || p.MaxTTL != 0 && ttl > p.MaxTTL {
		return BadTTL
	}
	return nil
}

// checkVersion2 compares authentication and interval, which version 2 requires to be equal everywhere.
// https://www.rfc-editor.org/rfc/rfc3768#section-7.1
func (c *Config) checkVersion2(a *Advertisement) error {
	authType, data := c.auth()
	switch {
	case a.AuthType != authType:
		return BadAuthType
	case authType == AuthPassword && subtle.ConstantTimeCompare(a.AuthData[:], data[:]) == 0:
		return BadAuthData
	case a.Interval != c.AdvertInterval:
		return BadInterval
	}
	return nil
}

// auth returns the authentication fields of version 2. A longer password is cut, as keepalived does.
func (c *Config) auth() (AuthType, [authDataLen]byte) {
	var data [authDataLen]byte
	if c.Version != 2 || c.Password == "" {
		return AuthNone, data
	}
	copy(data[:], c.Password)
	return AuthPassword, data
}

// sameAddresses reports whether a advertises the configured addresses, in any order.
func (c *Config) sameAddresses(a *Advertisement) bool {
	if slices.Equal(a.Addresses, c.Addresses) {
		return true // as most are
	}
	if len(a.Addresses) != len(c.Addresses) {
		return false
	}
	for _, addr := range a.Addresses {
		if !slices.Contains(c.Addresses, addr) {
			return false
		}
	}
	return true
}
