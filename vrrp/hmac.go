package vrrp

import "time"

// HMAC is the trailer of keepalived 2.4 (draft-cassen-vrrp-auth-hmac) that authenticates advertisements with
// HMAC-SHA256 [auth_hmac].
type HMAC struct {
	Keys   map[uint8][]byte // by key id; each 32 to 64 bytes [key]
	Active uint8            // the key that is sent with [active_key]

	// Monotonic refuses only what does not come after what was heard of the same sender; otherwise the time in the
	// trailer may not differ by more than Window, too [anti_replay, time_window].
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
