package ipvs

import (
	"math"
	"time"
)

// timeouts writes those that are not 0; the kernel leaves the others alone
// (ip_vs_genl_set_config).
func (w *writer) timeouts(t Timeouts) {
	for _, a := range []struct {
		typ     uint16
		timeout time.Duration
	}{{attrTimeoutTCP, t.TCP}, {attrTimeoutTCPFin, t.TCPFin}, {attrTimeoutUDP, t.UDP}} {
		if a.timeout > 0 {
			w.uint32(a.typ, uint32(min((a.timeout+time.Second-1)/time.Second, math.MaxUint32)))
		}
	}
}

// syncDaemon writes the attributes that describe a sync daemon, of which only
// role, interface and ID are mandatory (ip_vs_genl_new_daemon).
func (w *writer) syncDaemon(d SyncDaemon) {
	start := w.open(attrDaemon)
	w.uint32(attrDaemonRole, uint32(d.Role))
	w.name(attrDaemonInterface, d.Interface, maxInterfaceName)
	w.uint32(attrDaemonID, uint32(d.ID))
	w.uint16(attrDaemonMaxLen, d.MaxLen)
	switch group := d.Group.Unmap(); {
	case group.Is4():
		w.addr(attrDaemonGroup, group)
	case group.Is6():
		w.addr(attrDaemonGroup6, group)
	}
	w.uint16(attrDaemonPort, d.Port) // in the host's byte order, unlike other ports
	w.uint8(attrDaemonTTL, d.TTL)
	w.close(start)
}

// syncRole writes the attribute that identifies a sync daemon.
func (w *writer) syncRole(r SyncRole) {
	start := w.open(attrDaemon)
	w.uint32(attrDaemonRole, uint32(r))
	w.close(start)
}
