package vrrp

import (
	"net/netip"
	"time"
)

// priorityOwner marks the router that owns the virtual addresses; trackers do not change it.
// https://www.rfc-editor.org/rfc/rfc9568#section-5.2.4
const priorityOwner = 255

// A Config describes one virtual router on one interface (keepalived: vrrp_instance). It is expected to be valid: what
// contradicts itself is found by the reader of the configuration. The words in brackets are keepalived's.
type Config struct {
	Name      string // of the instance, for logs, status and notifications
	Interface string // carries the advertisements [interface]
	VRID      uint8  // 1 to 255 [virtual_router_id]
	Priority  uint8  // 1 to 254; 255 for the owner of the addresses
	Version   int    // 2 or 3; IPv6 is always 3
	IPv6      bool   // family of the advertisements and of Addresses

	// AdvertInterval is the time between two advertisements: whole seconds up to 255 s in version 2, multiples of
	// 10 ms up to 40.95 s in version 3 [advert_int].
	AdvertInterval time.Duration

	Password  string       // version 2 only: simple password of up to 8 bytes, "" for no authentication
	HMAC      *HMAC        // trailer that authenticates; nil: none [auth_hmac]
	Addresses []netip.Addr // virtual addresses in the order they are advertised

	// Source is the address that advertisements are sent from; the zero value stands for the primary one of Interface,
	// over IPv6 its link-local one [mcast_src_ip, unicast_src_ip]. With TrackSource the router is in Fault while the
	// host does not have Source [track_src_ip].
	Source      netip.Addr
	TrackSource bool

	Group netip.Addr // multicast group; zero: 224.0.0.18 or ff02::12 [mcast_dst_ip]

	// Peers are the other members, each of which gets a copy of every advertisement in place of the group; none:
	// multicast [unicast_peer]. Only they are listened to if CheckSource is set [check_unicast_src].
	Peers       []Peer
	CheckSource bool
	UnicastTTL  uint8 // TTL or hop limit of unicast advertisements, 255 if nothing is said [unicast_ttl]

	// Transmit is the interface that advertisements leave by, with its MAC address as their source: the virtual router's
	// macvlan [use_vmac]. "": Interface [vmac_xmit_base].
	Transmit string

	// ChecksumMessage leaves the pseudo-header out of the checksum of version 3 over IPv4, as RFC 9568 section 5.2.8
	// says [v3_checksum_as_v2]. Both forms are accepted in any case.
	ChecksumMessage bool

	// SkipAddressCheck does not compare the list of addresses in received advertisements [skip_check_adv_addr]. A
	// difference is only told of, in any case.
	SkipAddressCheck bool

	NoPreempt    bool          // lets a lower-priority master stay; the owner preempts all the same [nopreempt]
	PreemptDelay time.Duration // how long a lower-priority master stays once it has been heard [preempt_delay]

	DownAdverts int // advertisements that may be missed, 3 in the RFC; 0 stands for that [down_timer_adverts]

	// NoLowerAdvert keeps a master from answering an advertisement that loses against it [lower_prio_no_advert],
	// NoHigherAdvert one that yields from a last advertisement [higher_prio_send_advert false].
	NoLowerAdvert, NoHigherAdvert bool

	OwnerIgnores bool // with priority 255: advertisements are ignored [owner_ignore_adverts]

	GARP GARP // gratuitous ARP and unsolicited neighbour advertisements

	Trackers         []Tracker // what the priority or the state depends on
	DontTrackPrimary bool      // Interface may be down [dont_track_primary]

	// OnAddressLoss says what to do when somebody else removes a virtual address of a master.
	OnAddressLoss AddressLoss
	// OnConflict says what to do when another host answers for a virtual address of a master.
	OnConflict OnConflict
}

// A Peer is a member of a virtual router that is reached by unicast.
type Peer struct {
	Addr   netip.Addr
	MinTTL uint8 // of what it sends, as received; 0: any [min_ttl]
	MaxTTL uint8 // the same; 255: any [max_ttl]
}

// GARP says when the hosts on the network are told where the virtual addresses are. A round is one announcement of every
// address. Zero values mean never.
type GARP struct {
	Repeat        int           // rounds after a takeover [garp_master_repeat]
	Delay         time.Duration // from a takeover to a second time [garp_master_delay]
	Refresh       time.Duration // interval while master [garp_master_refresh]
	RefreshRepeat int           // rounds each time [garp_master_refresh_repeat]
	LowerRepeat   int           // rounds when an advertisement was heard that loses [garp_lower_prio_repeat]
	LowerDelay    time.Duration // from then to a second time [garp_lower_prio_delay]
}

// An AddressLoss is what a master does when a virtual address was removed behind its back.
type AddressLoss uint8

// What may be done about a lost address.
const (
	RestoreAddress AddressLoss = iota // add it again
	YieldAddress                      // become Backup, so that another router may take over
)

// An OnConflict is what a master does when another host answers for one of its addresses.
type OnConflict uint8

// What may be done about a conflict.
const (
	AlertConflict OnConflict = iota // tell
	YieldConflict                   // tell, and let the host with the greater MAC address have the addresses
)

// A GroupConfig makes virtual routers change their state together (keepalived: vrrp_sync_group). Weights of members'
// trackers that are not to count in a group are left out by the reader of the configuration.
type GroupConfig struct {
	Name    string
	Members []string // names of instances, each in one group at most
}

// SameRouter reports whether a running router can go on with the other configuration.
func (c *Config) SameRouter(other *Config) bool {
	return c.Name == other.Name && c.VRID == other.VRID && c.Interface == other.Interface && c.IPv6 == other.IPv6 &&
		c.Version == other.Version && c.owner() == other.owner()
}

// owner reports whether the router owns its addresses.
func (c *Config) owner() bool { return c.Priority == priorityOwner }

// unicast reports whether advertisements go to peers.
func (c *Config) unicast() bool { return len(c.Peers) > 0 }

// group returns the multicast group (RFC 9568 section 5.1.1.2 and 5.1.2.2).
func (c *Config) group() netip.Addr {
	switch {
	case c.Group.IsValid():
		return c.Group
	case c.IPv6:
		return netip.AddrFrom16([16]byte{0: 0xff, 1: 0x02, 15: 0x12})
	default:
		return netip.AddrFrom4([4]byte{224, 0, 0, 18})
	}
}

// downAdverts is how many advertisements a master may miss.
// https://www.rfc-editor.org/rfc/rfc9568#section-6.1
func (c *Config) downAdverts() time.Duration {
	if c.DownAdverts == 0 {
		return 3
	}
	return time.Duration(c.DownAdverts)
}
