package syncdaemon

import "net/netip"

// Config says which sync daemons run (keepalived's lvs_sync_daemon). Zero
// values leave the choice to the kernel.
type Config struct {
	Interface string // where the messages go out and come in
	ID        uint8  // only daemons with the same ID listen to each other
	MaxLen    uint16 // longest message in bytes; 0: what fits the interface's MTU
	Port      uint16 // UDP; 0: 8848
	TTL       uint8  // of the messages, or IPv6 hop limit; 0: 1
	// Group is the multicast group, IPv4 or IPv6; the zero Addr: 224.0.0.81.
	Group netip.Addr
	// VRRPInstance names the VRRP instance whose state decides the role: the
	// master daemon runs while it is Master, else the backup daemon. "": both
	// run always.
	VRRPInstance string
}
