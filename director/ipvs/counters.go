package ipvs

import "net/netip"

// Stats are what the kernel counts of a virtual server or a real server, with 64
// bits (IPVS_SVC_ATTR_STATS64, since Linux 4.1). They are at most 2 seconds old
// (net/netfilter/ipvs/ip_vs_est.c).
type Stats struct {
	// Totals since it is in the table. In comes from clients, out goes to them;
	// with DR and TUN the kernel does not see that.
	Connections           uint64
	PacketsIn, PacketsOut uint64
	BytesIn, BytesOut     uint64

	// The same for each second of late, as the kernel smooths it.
	ConnectionRate              uint64
	PacketRateIn, PacketRateOut uint64
	ByteRateIn, ByteRateOut     uint64
}

// Add adds the stats of another one.
func (s *Stats) Add(o *Stats) {
	s.Connections += o.Connections
	s.PacketsIn += o.PacketsIn
	s.PacketsOut += o.PacketsOut
	s.BytesIn += o.BytesIn
	s.BytesOut += o.BytesOut
	s.ConnectionRate += o.ConnectionRate
	s.PacketRateIn += o.PacketRateIn
	s.PacketRateOut += o.PacketRateOut
	s.ByteRateIn += o.ByteRateIn
	s.ByteRateOut += o.ByteRateOut
}

// Counters are what the kernel counts of one real server.
type Counters struct {
	Active     uint32 // connections that are established
	Inactive   uint32 // other connections, such as those that end
	Persistent uint32 // remembered clients
	Stats
}

// ServiceCounters are what the kernel counts of one virtual server.
type ServiceCounters struct {
	Stats        Stats
	Destinations map[netip.AddrPort]Counters
}

// parse reads the attribute at which a is, if it is a counter.
func (n *Counters) parse(a *attributes) {
	switch a.typ {
	case attrDestActive:
		n.Active = a.uint32()
	case attrDestInactive:
		n.Inactive = a.uint32()
	case attrDestPersistent:
		n.Persistent = a.uint32()
	case attrDestStats64:
		a.err = n.Stats.parse(a.nested())
	}
}

// parse reads the attributes of stats.
func (s *Stats) parse(a attributes) error {
	for a.next() {
		if field := s.field(a.typ); field != nil {
			*field = a.uint64()
		}
	}
	return a.err
}

// field returns what an attribute is about; nil if it is not known.
func (s *Stats) field(typ uint16) *uint64 {
	switch typ {
	case attrStatsConnections:
		return &s.Connections
	case attrStatsPacketsIn:
		return &s.PacketsIn
	case attrStatsPacketsOut:
		return &s.PacketsOut
	case attrStatsBytesIn:
		return &s.BytesIn
	case attrStatsBytesOut:
		return &s.BytesOut
	case attrStatsConnectionRate:
		return &s.ConnectionRate
	case attrStatsPacketRateIn:
		return &s.PacketRateIn
	case attrStatsPacketRateOut:
		return &s.PacketRateOut
	case attrStatsByteRateIn:
		return &s.ByteRateIn
	case attrStatsByteRateOut:
		return &s.ByteRateOut
	default:
		return nil
	}
}
