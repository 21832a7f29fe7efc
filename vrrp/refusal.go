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
	BadTTL         Refusal = iota + 1 // not 255: came over a router
	BadDestination                    // not the multicast group
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

	refusals // number of reasons, counting the unused zero
)

// String returns a short name for r, such as "bad_checksum".
func (r Refusal) String() string {
	switch r {
	case BadTTL:
		return "bad_ttl"
	case BadDestination:
		return "bad_destination"
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
	default:
		return fmt.Sprintf("Refusal(%d)", uint8(r))
	}
}

// Error returns String with a prefix.
func (r Refusal) Error() string { return "advertisement refused: " + r.String() }

// splits reports whether the reason is a difference of configuration that keeps two routers from hearing each other.
func (r Refusal) splits() bool {
	return r == BadVersion || r == BadAuthType || r == BadAuthData || r == BadInterval
}

// check decodes p and applies every check of the receive path in the order of the RFCs. Its error is a [Refusal].
// Own is this router's source address.
func (c *Config) check(p Packet, own netip.Addr) (Advertisement, ChecksumForm, error) {
	switch {
	case p.TTL != 255:
		return Advertisement{}, 0, BadTTL
	case p.Destination != c.group():
		return Advertisement{}, 0, BadDestination
	case len(p.Payload) == 0:
		return Advertisement{}, 0, Truncated
	case int(p.Payload[0]>>4) != c.Version:
		return Advertisement{}, 0, BadVersion
	}
	a, form, err := decode(p.Payload, p.Source, p.Destination)
	if err != nil {
		return Advertisement{}, 0, err
	}
	if a.VRID != c.VRID {
		return Advertisement{}, 0, BadVRID
	}
	if err := a.checkFields(); err != nil {
		return Advertisement{}, 0, err
	}
	if c.Version == 2 {
		if err := c.checkVersion2(&a); err != nil {
			return Advertisement{}, 0, err
		}
	}
	if p.Source == own {
		return Advertisement{}, 0, OwnSource
	}
	return a, form, nil
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
