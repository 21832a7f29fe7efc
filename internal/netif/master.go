package netif

import (
	"net"
	"net/netip"
	"time"
)

// A Master is what a virtual router has on its host: some of it always, most of
// it while it is master.
type Master struct {
	// Name of the vrrp_instance, for messages and records.
	Name string
	// Interface carries the advertisements; the addresses say for themselves
	// where they belong.
	Interface string

	Addresses []Address // advertised, in that order (keepalived: virtual_ipaddress)
	Excluded  []Address // not advertised (keepalived: virtual_ipaddress_excluded)
	Routes    []Route   // while master (keepalived: virtual_routes)
	Rules     []Rule    // while master (keepalived: virtual_rules)

	VMAC *VMAC // there always; nil: none (keepalived: use_vmac)

	// NoAccept drops packets to the addresses, but those of neighbour discovery
	// and ICMP errors that IPv6 cannot do without (keepalived: no_accept).
	NoAccept bool
	// PromoteSecondaries sets that sysctl on the interfaces of the addresses for
	// as long as the instance is there (keepalived: promote_secondaries).
	PromoteSecondaries bool

	// The least time between two announcements on one interface, IPv4 and IPv6
	// (keepalived: garp_interval, gna_interval, garp_group). 0: none. Interfaces
	// with the same GARPGroup share the limit; "": each has its own.
	GARPInterval, GNAInterval time.Duration
	GARPGroup                 string
}

// A VMAC is the macvlan of a virtual router, in private mode on Base, with the
// MAC address that RFC 9568 section 7.3 gives it.
type VMAC struct {
	Name string // of the macvlan (keepalived: vrrp.VRID)
	Base string // interface below it
	MAC  net.HardwareAddr
	IPv6 bool
}

// A Route is a route to be added, with the words of ip-route(8).
type Route struct {
	Type        string       // "unicast", "blackhole", "unreachable", "prohibit", "throw", "local"
	Destination netip.Prefix // 0.0.0.0/0 or ::/0 for default
	Gateway     netip.Addr   // via; may be of the other family (via inet6)
	Device      string
	Source      netip.Addr // src
	Table       int        // 0: main
	TOS         int
	Protocol    int // 0: keepalived's 18
	Scope       int // RT_SCOPE_; -1: what ip(8) takes
	Metric      int
	OnLink      bool

	MTU, AdvMSS, HopLimit, RTT, RTTVar, Reordering, Window, Cwnd, SSThresh, RTOMin int // 0: none; RTT, RTTVar, RTOMin in milliseconds
	MTULock                                                                        bool
	InitCwnd, InitRwnd                                                             int
	QuickACK                                                                       bool
	Congestion                                                                     string // congctl

	NextHops []NextHop // in place of Gateway and Device

	NoTrack    bool   // its loss does not matter
	TrackGroup string // static: instances that are in Fault without it
}

// A NextHop is one of several ways of a Route.
type NextHop struct {
	Gateway netip.Addr
	Device  string
	Weight  int // 1 to 256
	OnLink  bool
}

// A Rule is a rule to be added, with the words of ip-rule(8).
type Rule struct {
	IPv6                 bool
	Not                  bool
	From, To             netip.Prefix // not valid: all
	Action               string       // "lookup", "goto", "nop", "blackhole", "unreachable", "prohibit"
	Table                int
	Goto                 int
	Preference           int // 0: the kernel chooses
	TOS                  int
	FWMark, FWMask       uint32 // mask 0: no mark
	IIF, OIF             string
	SuppressPrefixLength int    // -1: none
	UIDRange             [2]int // -1: none
	L3MDev               bool
	IPProto              int       // 0: any
	SourcePort           [2]uint16 // 0: any
	DestinationPort      [2]uint16
	Protocol             int // 0: keepalived's 18

	NoTrack    bool   // its loss does not matter
	TrackGroup string // static: instances that are in Fault without it
}

// A StaticSet is what is on the host for as long as the program runs (keepalived:
// static_ipaddress, static_routes, static_rules).
type StaticSet struct {
	Addresses []Address
	Routes    []Route
	Rules     []Rule
}
