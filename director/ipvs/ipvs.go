package ipvs

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// A Protocol is the transport protocol of a virtual server, by its IP protocol number.
type Protocol uint8

// The protocols that IPVS balances.
const (
	TCP  Protocol = 6
	UDP  Protocol = 17
	SCTP Protocol = 132
)

// String returns the name as ipvsadm prints it, "TCP".
func (p Protocol) String() string {
	switch p {
	case TCP:
		return "TCP"
	case UDP:
		return "UDP"
	case SCTP:
		return "SCTP"
	default:
		return "protocol " + strconv.Itoa(int(p))
	}
}

// A Family is an address family, by its Linux number.
type Family uint8

// The families that IPVS knows.
const (
	INET  Family = 2  // AF_INET
	INET6 Family = 10 // AF_INET6
)

// familyOf returns the family of an address that is not IPv4-mapped, 0 for the
// zero Addr.
func familyOf(a netip.Addr) Family {
	switch {
	case a.Is4():
		return INET
	case a.Is6():
		return INET6
	default:
		return 0
	}
}

// A Key identifies a virtual server in the kernel: either Protocol, Addr and
// Port, or FWMark. Make one with [NewKey] or [NewMarkKey], or bring it into
// the form that those return with [Key.Canonical]; keys in that form are equal
// if they mean the same virtual server.
type Key struct {
	Addr     netip.Addr
	Port     uint16 // 0: every port, with persistence only
	Protocol Protocol
	FWMark   uint32 // not 0: the packets with this firewall mark; Addr, Port and Protocol are zero
	Family   Family // of Addr, or of the marked packets
}

// NewKey returns the key of the virtual server at an address and port.
func NewKey(p Protocol, addr netip.AddrPort) Key {
	return Key{Addr: addr.Addr(), Port: addr.Port(), Protocol: p}.Canonical()
}

// NewMarkKey returns the key of the virtual server for packets of a family
// with a firewall mark.
func NewMarkKey(mark uint32, f Family) Key {
	return Key{FWMark: mark, Family: f}.Canonical()
}

// Canonical returns the form of k that [Client.Services] returns: Family is
// that of Addr, an IPv4-mapped address is an IPv4 one, and the key of a mark
// has nothing but the mark and its family, IPv4 unless it is given.
func (k Key) Canonical() Key {
	if k.FWMark != 0 {
		if k.Family == 0 {
			k.Family = INET
		}
		return Key{FWMark: k.FWMark, Family: k.Family}
	}
	k.Addr = k.Addr.Unmap().WithZone("")
	k.Family = familyOf(k.Addr)
	return k
}

// Compare orders keys by address, port and protocol; keys of marks come last.
func (k Key) Compare(o Key) int {
	return cmp.Or(
		cmp.Compare(k.FWMark, o.FWMark),
		k.Addr.Compare(o.Addr),
		cmp.Compare(k.Port, o.Port),
		cmp.Compare(k.Protocol, o.Protocol),
		cmp.Compare(k.Family, o.Family),
	)
}

// String returns the key as ipvsadm prints it: "TCP 192.0.2.1:80",
// "TCP [2001:db8::1]:80", "FWM 7", "FWM 7 IPv6".
func (k Key) String() string {
	switch {
	case k.FWMark == 0:
		return k.Protocol.String() + " " + netip.AddrPortFrom(k.Addr, k.Port).String()
	case k.Family == INET6:
		return fmt.Sprintf("FWM %d IPv6", k.FWMark)
	default:
		return fmt.Sprintf("FWM %d", k.FWMark)
	}
}

// A Forward is the way packets reach a real server; the zero value is NAT. The
// numbers are the kernel's (IP_VS_CONN_F_FWD_MASK).
type Forward uint8

// The forwarding methods.
const (
	NAT    Forward = iota // masquerading
	Local                 // this host
	Tunnel                // IP in IP
	DR                    // direct routing
	Bypass                // to the packet's own destination, past the real server
)

// String returns the word of the configuration's lb_kind: "NAT", "DR", "TUN".
func (f Forward) String() string {
	switch f {
	case NAT:
		return "NAT"
	case Local:
		return "LOCAL"
	case Tunnel:
		return "TUN"
	case DR:
		return "DR"
	case Bypass:
		return "BYPASS"
	default:
		return "forwarding method " + strconv.Itoa(int(f))
	}
}

// Flags are the switches of a virtual server that a user may set, with the
// kernel's numbers (IP_VS_SVC_F_*).
type Flags uint32

// The flags, and their names under the schedulers that use them.
const (
	Persistent Flags = 0x0001 // a client stays with its real server
	OnePacket  Flags = 0x0004 // every UDP packet is scheduled on its own
	SchedFlag1 Flags = 0x0008
	SchedFlag2 Flags = 0x0010
	SchedFlag3 Flags = 0x0020

	SHFallback = SchedFlag1 // sh: use the next server in place of one with weight 0
	SHPort     = SchedFlag2 // sh: hash the source port, too
	MHFallback = SchedFlag1 // mh: use the next server in place of one with weight 0
	MHPort     = SchedFlag2 // mh: hash the source port, too

	// allFlags is what we own. The kernel has flags of its own beside them
	// (IP_VS_SVC_F_HASHED), which are neither read nor written.
	allFlags = Persistent | OnePacket | SchedFlag1 | SchedFlag2 | SchedFlag3
)

// String returns the names that ipvsadm prints, "ops,flag-1", "" for none.
// Persistent has no name: see [Service.String].
func (f Flags) String() string {
	var names []string
	for _, n := range []struct {
		flag Flags
		name string
	}{{OnePacket, "ops"}, {SchedFlag1, "flag-1"}, {SchedFlag2, "flag-2"}, {SchedFlag3, "flag-3"}} {
		if f&n.flag != 0 {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, ",")
}

const (
	// SchedulerNone is the name under which the kernel shows a virtual server
	// without a scheduler: it answers no new connection.
	SchedulerNone = "none"
	// SchedulerMH is Maglev hashing, see the package comment.
	SchedulerMH = "mh"
)

// Schedulers returns the names of all schedulers of Linux 6.12, in the order of
// ipvsadm's manual page. Each is a kernel module ip_vs_NAME, which the kernel
// loads at first use.
func Schedulers() []string {
	return []string{"rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "mh", "sed", "nq", "fo", "ovf", "twos"}
}

// A Service is a virtual server with its real servers.
type Service struct {
	Key
	Scheduler string // name, see [Schedulers]
	Flags     Flags
	// Timeout is how long the kernel remembers a client of a persistent
	// service, in whole seconds. Setting it sets the flag Persistent; without
	// that flag it is 0. The kernel counts it in 2³² ticks of CONFIG_HZ, which
	// is at least 49 days, and begins again at 0 beyond that.
	Timeout time.Duration
	// PrefixLen is persistence_granularity: clients whose addresses agree in so
	// many bits are one client. 0: all bits, 32 or 128. It has no meaning
	// without persistence.
	PrefixLen uint8
	// PersistenceEngine is the kernel module that tells clients apart, "sip"
	// for ip_vs_pe_sip; "": their addresses do. It has no meaning without
	// persistence, but for services with OnePacket.
	PersistenceEngine string
	Destinations      []Destination
}

// oddMask is the PrefixLen of a persistent service, written by somebody else,
// whose netmask is 0 or no prefix. It differs from every wanted one.
const oddMask = 255

// addressBits returns the length in bits of the addresses of a family.
func addressBits(f Family) uint8 {
	if f == INET6 {
		return 128
	}
	return 32
}

// header returns s without its destinations, in the form that
// [Client.Services] returns. Two headers describe the same settings exactly if
// sameSettings says so.
func (s Service) header() Service {
	s.Key = s.Key.Canonical()
	s.Destinations = nil
	s.Flags &= allFlags
	if s.Timeout > 0 {
		s.Flags |= Persistent
		s.Timeout = (s.Timeout + time.Second - 1).Truncate(time.Second)
	}
	if s.Flags&Persistent == 0 {
		s.Timeout, s.PrefixLen = 0, 0
	}
	if s.PrefixLen == 0 {
		s.PrefixLen = addressBits(s.Family)
	}
	return s
}

// sameSettings reports whether two headers agree in all but their keys.
func (s Service) sameSettings(o Service) bool {
	return s.Scheduler == o.Scheduler && s.Flags == o.Flags && s.Timeout == o.Timeout &&
		s.PrefixLen == o.PrefixLen && s.PersistenceEngine == o.PersistenceEngine
}

// String returns the settings much as "ipvsadm -Ln" lists them:
// "TCP 192.0.2.1:80 mh (flag-1) persistent 50 mask 255.255.255.0".
func (s Service) String() string {
	s = s.header()
	var b strings.Builder
	b.WriteString(s.Key.String() + " " + s.Scheduler)
	if names := s.Flags.String(); names != "" {
		b.WriteString(" (" + names + ")")
	}
	if s.Flags&Persistent != 0 {
		fmt.Fprintf(&b, " persistent %d", s.Timeout/time.Second)
	}
	switch {
	case s.PrefixLen == addressBits(s.Family):
	case s.PrefixLen > addressBits(s.Family):
		b.WriteString(" mask odd")
	case s.Family == INET:
		b.WriteString(" mask " + net.IP(net.CIDRMask(int(s.PrefixLen), 32)).String())
	default:
		fmt.Fprintf(&b, " mask %d", s.PrefixLen)
	}
	if s.PersistenceEngine != "" {
		b.WriteString(" pe " + s.PersistenceEngine)
	}
	return b.String()
}
