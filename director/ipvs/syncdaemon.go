package ipvs

import "net/netip"

// A SyncRole is what a sync daemon does with connections, with the kernel's
// numbers (IP_VS_STATE_*).
type SyncRole uint8

// The roles. A network namespace may have one daemon of each.
const (
	SyncMaster SyncRole = 1 // sends its own
	SyncBackup SyncRole = 2 // receives those of others
)

// A SyncDaemon is a thread of the kernel that shares connections with other
// directors (ipvsadm --start-daemon).
type SyncDaemon struct {
	Role      SyncRole
	Interface string
	ID        uint8      // daemons with the same ID share
	MaxLen    uint16     // longest message in bytes; 0: the interface's MTU decides
	Port      uint16     // UDP; 0: 8848
	TTL       uint8      // of multicast; 0: 1
	Group     netip.Addr // multicast, IPv4 or IPv6; the zero Addr: 224.0.0.81
}
