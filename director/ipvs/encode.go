package ipvs

import (
	"encoding/binary"
	"fmt"
	"math"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// Commands and attributes of the generic netlink family "IPVS"
// (include/uapi/linux/ip_vs.h), those in use.
const (
	familyName    = "IPVS"
	familyVersion = 1

	cmdNewService = 1
	cmdSetService = 2
	cmdDelService = 3
	cmdGetService = 4
	cmdNewDest    = 5
	cmdSetDest    = 6
	cmdDelDest    = 7
	cmdGetDest    = 8
	cmdNewDaemon  = 9
	cmdDelDaemon  = 10
	cmdGetDaemon  = 11
	cmdSetConfig  = 12
	cmdGetConfig  = 13
	cmdGetInfo    = 15

	attrService       = 1 // IPVS_CMD_ATTR_*
	attrDest          = 2
	attrDaemon        = 3
	attrTimeoutTCP    = 4
	attrTimeoutTCPFin = 5
	attrTimeoutUDP    = 6

	attrServiceFamily    = 1 // IPVS_SVC_ATTR_*
	attrServiceProtocol  = 2
	attrServiceAddr      = 3
	attrServicePort      = 4
	attrServiceFWMark    = 5
	attrServiceScheduler = 6
	attrServiceFlags     = 7
	attrServiceTimeout   = 8
	attrServiceNetmask   = 9
	attrServiceEngine    = 11
	attrServiceStats64   = 12

	attrDestAddr           = 1 // IPVS_DEST_ATTR_*
	attrDestPort           = 2
	attrDestForward        = 3
	attrDestWeight         = 4
	attrDestUpperThreshold = 5
	attrDestLowerThreshold = 6
	attrDestActive         = 7
	attrDestInactive       = 8
	attrDestPersistent     = 9
	attrDestFamily         = 11
	attrDestStats64        = 12
	attrDestTunnelType     = 13
	attrDestTunnelPort     = 14
	attrDestTunnelFlags    = 15

	attrStatsConnections    = 1 // IPVS_STATS_ATTR_*
	attrStatsPacketsIn      = 2
	attrStatsPacketsOut     = 3
	attrStatsBytesIn        = 4
	attrStatsBytesOut       = 5
	attrStatsConnectionRate = 6
	attrStatsPacketRateIn   = 7
	attrStatsPacketRateOut  = 8
	attrStatsByteRateIn     = 9
	attrStatsByteRateOut    = 10

	attrDaemonRole      = 1 // IPVS_DAEMON_ATTR_*
	attrDaemonInterface = 2
	attrDaemonID        = 3
	attrDaemonMaxLen    = 4
	attrDaemonGroup     = 5
	attrDaemonGroup6    = 6
	attrDaemonPort      = 7
	attrDaemonTTL       = 8

	forwardMask = 0x0007 // IP_VS_CONN_F_FWD_MASK
)

// Names that have this length or more, in bytes, are refused. The kernel's
// limits IP_VS_SCHEDNAME_MAXLEN and IP_VS_IFNAME_MAXLEN count the zero byte,
// IP_VS_PENAME_MAXLEN does not.
const (
	maxSchedulerName = 16
	maxInterfaceName = 16
	maxEngineName    = 17
)

// change appends the request for one change.
func (w *writer) change(family uint16, seq uint32, c Change) {
	begin := func(cmd uint8) { w.begin(family, 0, seq, cmd, familyVersion) }
	switch c := c.(type) {
	case AddService:
		begin(cmdNewService)
		w.service(c.Service)
	case UpdateService:
		begin(cmdSetService)
		w.service(c.Service)
	case DeleteService:
		begin(cmdDelService)
		w.serviceKey(c.Key)
	case AddDestination:
		begin(cmdNewDest)
		w.serviceKey(c.Key)
		w.destination(c.Destination)
	case UpdateDestination:
		begin(cmdSetDest)
		w.serviceKey(c.Key)
		w.destination(c.Destination)
	case DeleteDestination:
		begin(cmdDelDest)
		w.serviceKey(c.Key)
		w.destinationKey(c.Addr)
	default:
		panic(fmt.Sprintf("ipvs: unknown change %T", c))
	}
	w.end()
}

// dumpServices appends the request to list all services.
func (w *writer) dumpServices(family uint16, seq uint32) {
	w.begin(family, unix.NLM_F_DUMP, seq, cmdGetService, familyVersion)
	w.end()
}

// dumpDestinations appends the request to list the destinations of a service.
func (w *writer) dumpDestinations(family uint16, seq uint32, k Key) {
	w.begin(family, unix.NLM_F_DUMP, seq, cmdGetDest, familyVersion)
	w.serviceKey(k)
	w.end()
}

// serviceKey writes the attributes that identify a service.
func (w *writer) serviceKey(k Key) {
	if w.keyEnd > 0 && k == w.lastKey {
		again := w.extend(w.keyEnd - w.keyStart)
		copy(again, w.buf[w.keyStart:w.keyEnd])
		return
	}
	start := w.open(attrService)
	w.key(k.Canonical())
	w.close(start)
	w.lastKey, w.keyStart, w.keyEnd = k, start, len(w.buf)
}

// name writes a name of less than limit bytes. A longer one is cut to the
// limit, which is enough to have it refused.
func (w *writer) name(typ uint16, v string, limit int) {
	w.string(typ, v[:min(len(v), limit)])
}

// service writes the attributes that describe a service. All of them are
// mandatory (ip_vs_genl_parse_service) but the persistence engine; without it
// there is none.
func (w *writer) service(s Service) {
	s = s.header()
	start := w.open(attrService)
	w.key(s.Key)
	w.name(attrServiceScheduler, s.Scheduler, maxSchedulerName)
	if s.PersistenceEngine != "" {
		w.name(attrServiceEngine, s.PersistenceEngine, maxEngineName)
	}
	w.flags(s.Flags)
	w.uint32(attrServiceTimeout, uint32(min(s.Timeout/time.Second, math.MaxUint32)))
	w.netmask(s.Family, s.PrefixLen)
	w.close(start)
}

// flags writes flags and which of the kernel's they replace.
func (w *writer) flags(f Flags) {
	start := w.open(attrServiceFlags)
	binary.NativeEndian.PutUint32(w.extend(4), uint32(f))
	binary.NativeEndian.PutUint32(w.extend(4), uint32(allFlags))
	w.close(start)
}

// impossibleService appends a request for an IPv6 service with a netmask of 0.
// The kernel refuses it with EINVAL, but with ENOENT if it does not find the
// scheduler, which it looks for first (ip_vs_add_service).
func (w *writer) impossibleService(family uint16, seq uint32, scheduler string) {
	w.begin(family, unix.NLM_F_ACK, seq, cmdNewService, familyVersion)
	start := w.open(attrService)
	w.key(NewMarkKey(math.MaxUint32, INET6))
	w.name(attrServiceScheduler, scheduler, maxSchedulerName)
	w.flags(0)
	w.uint32(attrServiceTimeout, 0)
	w.uint32(attrServiceNetmask, 0)
	w.close(start)
	w.end()
}

// key writes a canonical key. One without address lacks the attribute, and the
// kernel refuses the message.
func (w *writer) key(k Key) {
	w.uint16(attrServiceFamily, uint16(k.Family))
	if k.FWMark != 0 {
		w.uint32(attrServiceFWMark, k.FWMark)
		return
	}
	w.uint16(attrServiceProtocol, uint16(k.Protocol))
	w.addr(attrServiceAddr, k.Addr)
	w.port(attrServicePort, k.Port)
}

// netmask writes the granularity of persistence: a netmask in network byte
// order for IPv4, but a prefix length in host byte order for IPv6.
func (w *writer) netmask(f Family, prefixLen uint8) {
	prefixLen = min(prefixLen, addressBits(f))
	if f == INET6 {
		w.uint32(attrServiceNetmask, uint32(prefixLen))
		return
	}
	w.bytes(attrServiceNetmask, net.CIDRMask(int(prefixLen), 32))
}

// destination writes the attributes that describe a destination. All of them
// are mandatory (ip_vs_genl_parse_dest) but those of the tunnel; without them
// it is IP in IP.
func (w *writer) destination(d Destination) {
	start := w.open(attrDest)
	w.destinationAddr(d.Addr)
	w.uint32(attrDestForward, uint32(d.Forward)&forwardMask)
	w.uint32(attrDestWeight, d.Weight)
	w.uint32(attrDestUpperThreshold, d.UpperThreshold)
	w.uint32(attrDestLowerThreshold, d.LowerThreshold)
	if e := d.Tunnel.canonical(d.Forward); e != (Encapsulation{}) {
		w.uint8(attrDestTunnelType, uint8(e.Type))
		w.port(attrDestTunnelPort, e.Port)
		w.uint16(attrDestTunnelFlags, uint16(e.Checksum))
	}
	w.close(start)
}

// destinationKey writes the attributes that identify a destination.
func (w *writer) destinationKey(addr netip.AddrPort) {
	start := w.open(attrDest)
	w.destinationAddr(addr)
	w.close(start)
}

// destinationAddr always names the family: the kernel would take the
// service's, and a tunnel may lead to the other one.
func (w *writer) destinationAddr(addr netip.AddrPort) {
	addr = canonicalAddr(addr)
	w.addr(attrDestAddr, addr.Addr())
	w.port(attrDestPort, addr.Port())
	w.uint16(attrDestFamily, uint16(familyOf(addr.Addr())))
}

func (w *writer) addr(typ uint16, a netip.Addr) {
	switch {
	case a.Is4():
		b := a.As4()
		w.bytes(typ, b[:])
	case a.Is6():
		b := a.As16()
		w.bytes(typ, b[:])
	}
}
