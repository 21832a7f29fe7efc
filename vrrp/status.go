package vrrp

import (
	"net/netip"
	"time"
)

// A Status is a snapshot of an instance. It is the caller's to keep.
type Status struct {
	Name      string
	Interface string
	VRID      uint8
	Version   int
	State     State
	Priority  uint8      // effective
	Source    netip.Addr // that advertisements are sent from; not valid: none
	Master    netip.Addr // current master, which may be this router; not valid: unknown
	Since     time.Time  // of the last change of state
	Addresses []netip.Addr
	Counters  Counters
}

// Counters count since the instance was started.
type Counters struct {
	AdvertsSent          uint64
	AdvertsReceived      uint64 // that passed every check
	PriorityZeroSent     uint64 // of AdvertsSent
	PriorityZeroReceived uint64 // of AdvertsReceived
	SendErrors           uint64
	ReceiveErrors        uint64
	HostErrors           uint64 // addresses or announcements that could not be done
	BecameMaster         uint64
	ChecksumMessage      uint64 // accepted version 3 packets over IPv4 without pseudo-header in the checksum
	AddressMismatch      uint64 // accepted packets with another list of addresses
	IntervalMismatch     uint64 // accepted version 3 packets with another interval

	Refused map[Refusal]uint64 // dropped packets by reason; reasons that did not occur are missing
}

// meter holds what Counters shows. The array spares the receive path the map.
type meter struct {
	Counters
	refused [refusals]uint64
}

func (m *meter) snapshot() Counters {
	c := m.Counters
	c.Refused = make(map[Refusal]uint64)
	for r, n := range m.refused {
		if n > 0 {
			c.Refused[Refusal(r)] = n
		}
	}
	return c
}
