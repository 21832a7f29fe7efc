package ipvs

import (
	"fmt"
	"net/netip"
	"strconv"
)

// A SyncRole is what a sync daemon does with connections, with the kernel's
// numbers (IP_VS_STATE_*).
type SyncRole uint8

// The roles. A network namespace may have one daemon of each.
const (
	SyncMaster SyncRole = 1 // sends its own
	SyncBackup SyncRole = 2 // receives those of others
)

// String returns the role's name, "master".
func (r SyncRole) String() string {
	switch r {
	case SyncMaster:
		return "master"
	case SyncBackup:
		return "backup"
	default:
		return "role " + strconv.Itoa(int(r))
	}
}

// A SyncDaemon is a thread of the kernel that shares connections with other
// directors (ipvsadm --start-daemon).
type SyncDaemon struct {
	Role      SyncRole
	Interface string
	ID        uint8 // daemons with the same ID share
	// MaxLen is the longest message in bytes. The kernel raises that of a backup
	// to 1,024 at least. 0: what fits into 1,500 bytes; for a backup, into the
	// interface's MTU if that is more.
	MaxLen uint16
	Port   uint16     // UDP; 0: 8848
	TTL    uint8      // of multicast; 0: 1
	Group  netip.Addr // multicast, IPv4 or IPv6; the zero Addr: 224.0.0.81
}

// The kernel's defaults (IP_VS_SYNC_PORT and IP_VS_SYNC_GROUP in ip_vs_sync.c).
const (
	syncPort = 8848
	syncTTL  = 1

	syncHeader4, syncHeader6 = 28, 48 // of IP and UDP around a message
	minBackupLen             = 1024
)

// Canonical returns d with what the kernel makes of its settings, so that a
// daemon that runs as d asks is equal to it. Only MaxLen stays 0, because the
// interface may decide it: any MaxLen of the running daemon will do then.
func (d SyncDaemon) Canonical() SyncDaemon {
	d.Group = d.Group.Unmap().WithZone("")
	if !d.Group.IsValid() {
		d.Group = netip.AddrFrom4([4]byte{224, 0, 0, 81})
	}
	if d.Port == 0 {
		d.Port = syncPort
	}
	if d.TTL == 0 {
		d.TTL = syncTTL
	}
	if d.MaxLen == 0 {
		return d
	}
	if d.Role == SyncBackup {
		d.MaxLen = max(d.MaxLen, minBackupLen)
	}
	header := uint16(syncHeader4)
	if d.Group.Is6() {
		header = syncHeader6
	}
	d.MaxLen = min(d.MaxLen, 65535-header)
	return d
}

// String returns role, interface and identifier: "master on eth0 with ID 1".
func (d SyncDaemon) String() string {
	return fmt.Sprintf("%s on %s with ID %d", d.Role, d.Interface, d.ID)
}
