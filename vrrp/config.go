package vrrp

import (
	"net/netip"
	"slices"
	"time"
)

// priorityOwner marks the router that owns the virtual addresses; trackers do not change it.
// https://www.rfc-editor.org/rfc/rfc9568#section-5.2.4
const priorityOwner = 255

// A Config describes one virtual router on one interface (keepalived: vrrp_instance). It is expected to be valid.
type Config struct {
	Name      string // of the instance, for logs, status and notifications
	Interface string // carries the advertisements; its link is always tracked
	VRID      uint8  // 1 to 255
	Priority  uint8  // 1 to 254; 255 for the owner of the addresses
	Version   int    // 2 or 3

	// AdvertInterval is the time between two advertisements: whole seconds up to 255 s in version 2, multiples of
	// 10 ms up to 40.95 s in version 3.
	AdvertInterval time.Duration

	Password  string       // version 2 only: simple password of up to 8 bytes, "" for no authentication
	Addresses []netip.Addr // virtual addresses in the order they are advertised

	// NoPreempt lets a lower-priority master stay. The owner (priority 255) preempts all the same.
	NoPreempt bool

	GARPMasterRepeat int           // rounds of gratuitous ARP in a burst; 0: none at all
	GARPMasterDelay  time.Duration // from a takeover to its second burst; 0: no second burst

	TrackInterfaces []TrackInterface // links that matter besides Interface
}

// A TrackInterface makes a virtual router depend on a link (keepalived: track_interface).
type TrackInterface struct {
	Name string

	// Weight changes the priority: a positive one is added while the link is up, a negative one while it is down.
	// With 0 the virtual router is in Fault while the link is down.
	Weight int
}

// owner reports whether the router owns its addresses.
func (c *Config) owner() bool { return c.Priority == priorityOwner }

// tracks reports whether the state of a link matters.
func (c *Config) tracks(name string) bool {
	return name == c.Interface || slices.ContainsFunc(c.TrackInterfaces, func(t TrackInterface) bool { return t.Name == name })
}
