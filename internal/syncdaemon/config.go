package syncdaemon

import (
	"net/netip"

	"github.com/ldirector/ldirector/director/ipvs"
)

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

// Desired returns the daemons that should run, the master's first; none if cfg
// is nil. Master is whether the VRRP instance is; it has no meaning without one.
func Desired(cfg *Config, master bool) []ipvs.SyncDaemon {
	if cfg == nil {
		return nil
	}
	var daemons []ipvs.SyncDaemon
	for _, role := range []ipvs.SyncRole{ipvs.SyncMaster, ipvs.SyncBackup} {
		if cfg.VRRPInstance != "" && master != (role == ipvs.SyncMaster) {
			continue
		}
		daemons = append(daemons, ipvs.SyncDaemon{
			Role: role, Interface: cfg.Interface, ID: cfg.ID, MaxLen: cfg.MaxLen, Port: cfg.Port, TTL: cfg.TTL, Group: cfg.Group,
		})
	}
	return daemons
}
