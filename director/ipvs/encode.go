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
	cmdGetInfo    = 15

	attrService = 1 // IPVS_CMD_ATTR_*
	attrDest    = 2

	attrServiceFamily    = 1 // IPVS_SVC_ATTR_*
	attrServiceProtocol  = 2
	attrServiceAddr      = 3
	attrServicePort      = 4
	attrServiceFWMark    = 5
	attrServiceScheduler = 6
	attrServiceFlags     = 7
	attrServiceTimeout   = 8
	attrServiceNetmask   = 9

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

	attrStatsConnections = 1 // IPVS_STATS_ATTR_*
	attrStatsPacketsIn   = 2
	attrStatsPacketsOut  = 3
	attrStatsBytesIn     = 4
	attrStatsBytesOut    = 5

	forwardMask = 0x0007 // IP_VS_CONN_F_FWD_MASK
)

// maxSchedulerName is IP_VS_SCHEDNAME_MAXLEN: the size in the kernel, which
// also has to hold the zero byte.
const maxSchedulerName = 16

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
	start := w.open(attrService)
	w.key(k.Canonical())
	w.close(start)
}

// service writes the attributes that describe a service. All of them are
// mandatory (ip_vs_genl_parse_service).
func (w *writer) service(s Service) {
	s = s.header()
	start := w.open(attrService)
	w.key(s.Key)
	// One byte more than the kernel takes is enough to have a name refused.
	w.string(attrServiceScheduler, s.Scheduler[:min(len(s.Scheduler), maxSchedulerName)])
	flags := w.open(attrServiceFlags)
	w.buf = binary.NativeEndian.AppendUint32(w.buf, uint32(s.Flags))
	w.buf = binary.NativeEndian.AppendUint32(w.buf, uint32(allFlags))
	w.close(flags)
	w.uint32(attrServiceTimeout, uint32(min(s.Timeout/time.Second, math.MaxUint32)))
	w.netmask(s.Family, s.PrefixLen)
	w.close(start)
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
// are mandatory (ip_vs_genl_parse_dest); thresholds of 0 are none.
func (w *writer) destination(d Destination) {
	start := w.open(attrDest)
	w.destinationAddr(d.Addr)
	w.uint32(attrDestForward, uint32(d.Forward)&forwardMask)
	w.uint32(attrDestWeight, d.Weight)
	w.uint32(attrDestUpperThreshold, 0)
	w.uint32(attrDestLowerThreshold, 0)
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
