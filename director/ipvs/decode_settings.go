package ipvs

import (
	"fmt"
	"time"
)

// decodeTimeouts reads the answer to a request for the timeouts.
func decodeTimeouts(m message) (Timeouts, error) {
	var t Timeouts
	a := m.attributes()
	for a.next() {
		switch a.typ {
		case attrTimeoutTCP:
			t.TCP = time.Duration(a.uint32()) * time.Second
		case attrTimeoutTCPFin:
			t.TCPFin = time.Duration(a.uint32()) * time.Second
		case attrTimeoutUDP:
			t.UDP = time.Duration(a.uint32()) * time.Second
		}
	}
	if a.err != nil {
		return Timeouts{}, fmt.Errorf("decode timeouts: %w", a.err)
	}
	return t, nil
}

// decodeSyncDaemon reads one message of a dump of sync daemons.
func decodeSyncDaemon(m message) (SyncDaemon, error) {
	a := m.attributes()
	for a.next() {
		if a.typ == attrDaemon {
			d, err := parseSyncDaemon(a.nested())
			if err != nil {
				return SyncDaemon{}, fmt.Errorf("decode sync daemon: %w", err)
			}
			return d, nil
		}
	}
	return SyncDaemon{}, fmt.Errorf("decode sync daemon: %w", orMissing(a.err))
}

func parseSyncDaemon(a attributes) (SyncDaemon, error) {
	var d SyncDaemon
	var err error
	for a.next() && err == nil {
		switch a.typ {
		case attrDaemonRole:
			d.Role = SyncRole(a.uint32())
		case attrDaemonInterface:
			d.Interface = a.string()
		case attrDaemonID:
			d.ID = uint8(a.uint32())
		case attrDaemonMaxLen:
			d.MaxLen = a.uint16()
		case attrDaemonGroup:
			d.Group, err = parseAddr(INET, a.value)
		case attrDaemonGroup6:
			d.Group, err = parseAddr(INET6, a.value)
		case attrDaemonPort:
			d.Port = a.uint16()
		case attrDaemonTTL:
			d.TTL = a.uint8()
		}
	}
	if err == nil {
		err = a.err
	}
	return d, err
}
