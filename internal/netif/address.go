package netif

import (
	"encoding/binary"
	"math"
	"net/netip"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// An Address is a virtual address on an interface.
type Address struct {
	Prefix    netip.Prefix // the address with the length of its subnet's prefix
	Device    string       // interface
	Label     string       // IPv4 only, "eth0:1"; "": the interface's name
	Broadcast netip.Addr   // IPv4 only; zero: none
	Scope     int          // RT_SCOPE_ of rtnetlink(7), IPv4 only; 0: global

	Peer              netip.Prefix  // far end of a point-to-point link; not valid: none
	PreferredLifetime time.Duration // with HasLifetime; 0: never a source by itself (keepalived: preferred_lft)
	HasLifetime       bool
	Home              bool // IPv6 (keepalived: home)
	DAD               bool // IPv6: detect duplicates (keepalived: -nodad)
	ManageTempAddr    bool // IPv6 (keepalived: mngtmpaddr)
	NoPrefixRoute     bool // no route to the prefix (keepalived: noprefixroute)
	AutoJoin          bool // join a multicast address's group (keepalived: autojoin)

	NoTrack    bool   // its loss does not matter (keepalived: no_track)
	TrackGroup string // static addresses: instances that are in Fault without it (keepalived: track_group)
}

// Forever is a PreferredLifetime without end.
const Forever time.Duration = math.MaxInt64

// infinity is the lifetime of an address that stays (INFINITY_LIFE_TIME).
const infinity = 1<<32 - 1

func (a Address) String() string { return a.Prefix.String() + " on " + a.Device }

func (a Address) devices() []string { return []string{a.Device} }

// key returns what identifies the address to the kernel. The label is left
// out, because the kernel would not delete an address that has another one.
func (a Address) key(ae *netlink.AttributeEncoder) {
	local := a.Prefix.Addr().AsSlice()
	ae.Bytes(unix.IFA_LOCAL, local)
	if a.Peer.IsValid() {
		local = a.Peer.Addr().AsSlice()
	}
	ae.Bytes(unix.IFA_ADDRESS, local)
}

// add returns the message that adds the address with all that is configured.
func (a Address) add(found links) (message, error) {
	ae := netlink.NewAttributeEncoder()
	a.key(ae)
	if flags := a.flags(); flags != 0 {
		ae.Uint32(unix.IFA_FLAGS, flags)
	}
	scope := 0
	if a.Prefix.Addr().Is4() {
		scope = a.Scope
		if a.Broadcast.IsValid() {
			ae.Bytes(unix.IFA_BROADCAST, a.Broadcast.AsSlice())
		}
		if a.Label != "" {
			ae.String(unix.IFA_LABEL, a.Label)
		}
	}
	if preferred := a.preferred(); preferred != infinity {
		info := binary.NativeEndian.AppendUint32(nil, preferred)
		info = binary.NativeEndian.AppendUint32(info, infinity) // valid
		ae.Bytes(unix.IFA_CACHEINFO, append(info, make([]byte, 8)...))
	}
	body, err := a.body(found, scope, ae)
	return message{kind: unix.RTM_NEWADDR, flags: unix.NLM_F_CREATE | unix.NLM_F_EXCL, body: body}, err
}

// remove returns the message that removes the address.
func (a Address) remove(found links) (message, error) {
	ae := netlink.NewAttributeEncoder()
	a.key(ae)
	body, err := a.body(found, 0, ae)
	return message{kind: unix.RTM_DELADDR, body: body}, err
}

// body returns a struct ifaddrmsg with attributes (rtnetlink(7)).
func (a Address) body(found links, scope int, ae *netlink.AttributeEncoder) ([]byte, error) {
	family, bits := unix.AF_INET, a.Prefix.Bits()
	if a.Prefix.Addr().Is6() {
		family = unix.AF_INET6
	}
	if a.Peer.IsValid() {
		bits = a.Peer.Bits()
	}
	header := []byte{byte(family), byte(bits), 0, byte(scope)}
	header = binary.NativeEndian.AppendUint32(header, uint32(found[a.Device].index))
	attrs, err := ae.Encode()
	return append(header, attrs...), err
}

// flags returns the address's IFA_F_ flags. An IPv6 address is usable at once,
// without duplicate address detection: until the former master has removed it,
// the address is in use by right.
func (a Address) flags() (flags uint32) {
	set := func(flag uint32, on bool) {
		if on {
			flags |= flag
		}
	}
	is6 := a.Prefix.Addr().Is6()
	set(unix.IFA_F_NODAD, is6 && !a.DAD)
	set(unix.IFA_F_HOMEADDRESS, is6 && a.Home)
	set(unix.IFA_F_MANAGETEMPADDR, is6 && a.ManageTempAddr)
	set(unix.IFA_F_NOPREFIXROUTE, a.NoPrefixRoute)
	set(unix.IFA_F_MCAUTOJOIN, a.AutoJoin)
	return flags
}

// preferred returns for how many seconds the address may be a source. A single
// IPv6 address is none at all: it would be the preferred one, also for probes of
// back-ends that have it, too (keepalived does the same).
func (a Address) preferred() uint32 {
	switch {
	case a.HasLifetime:
		return uint32(min(a.PreferredLifetime/time.Second, infinity))
	case a.Prefix.Addr().Is6() && a.Prefix.IsSingleIP():
		return 0
	}
	return infinity
}

func (a Address) tracking() (no bool, group string) { return a.NoTrack, a.TrackGroup }

func (a Address) untracked() object {
	a.NoTrack, a.TrackGroup = false, ""
	return a
}
