package director

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"net/netip"
	"slices"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
)

// DefaultPathMark is where the marks of probes through the forwarding path
// begin, and PathMarks is how many there are: 0x01000000 to 0x01ffffff.
const (
	DefaultPathMark = 1 << 24
	PathMarks       = 1 << 24
)

// A Path is how the packets of a service get to a real server.
type Path struct {
	RealServer netip.Addr
	Forward    ipvs.Forward
	Tunnel     ipvs.Encapsulation
	Family     ipvs.Family // of the packets, that is of the service's address
}

// Paths let probes go to the address of a service through the very path that
// the packets of clients take to one real server, so that a real server that
// has forgotten the service's address is found out.
//
// Each path has a firewall mark and a hidden virtual server for the packets
// with that mark, whose only real server it leads to. The probe's packets carry
// the mark and IPVS takes them as they leave this host, before they are routed.
// The mark depends on the path alone, unless two paths contend for one, and so
// is the same after a reload and after a restart.
type Paths struct {
	base  uint32
	marks map[Path]uint32
	paths map[uint32]Path
}

// NewPaths returns Paths with the marks from base to base+PathMarks-1.
func NewPaths(base uint32) *Paths {
	return &Paths{base: base, marks: make(map[Path]uint32), paths: make(map[uint32]Path)}
}

// Owns reports whether the mark is one of those that may be allotted, which
// nothing else may use.
func (p *Paths) Owns(mark uint32) bool {
	return mark >= p.base && mark-p.base < PathMarks
}

// The reasons why there is no probe through a path. They say what to do.
var (
	errNATPath    = errors.New("with NAT a real server does not have the address of the service, and a plain probe asks just what clients get: remove via")
	errTunnelPath = errors.New("this real server is not reached through a tunnel: write via = \"vip\"")
	errMixedPath  = errors.New("the service and the real server are of different families, so that the route to the real server says nothing of the probe's source: add bindto with an address of this host that is no virtual one")
	errNoMark     = errors.New("there are no marks left for probes through the forwarding path")
)

// Through returns the target of a probe that asks the service at an address
// and port through the path. via is the configuration's word, "vip" for every
// path and "tunnel" for one through a tunnel only.
//
// source is where the probe comes from: an address of this host that is not the
// service's, as the answer goes there. The zero value is the address that this
// host talks to the real server from.
func (p *Paths) Through(path Path, via string, service, source netip.AddrPort) (healthcheck.Target, error) {
	t := healthcheck.Target{Addr: service, Source: source}
	if !source.Addr().IsValid() {
		t.Toward = path.RealServer
	}
	switch {
	case path.Forward != ipvs.DR && path.Forward != ipvs.Tunnel:
		return t, errNATPath
	case via == "tunnel" && path.Forward != ipvs.Tunnel:
		return t, errTunnelPath
	case t.Toward.IsValid() && t.Toward.Is4() != service.Addr().Is4():
		return t, errMixedPath
	}
	var ok bool
	if t.Mark, ok = p.mark(path); !ok {
		return t, errNoMark
	}
	return t, nil
}

// mark allots a mark. It is false if all are taken.
func (p *Paths) mark(path Path) (mark uint32, ok bool) {
	if mark, ok = p.marks[path]; ok {
		return mark, true
	}
	if len(p.marks) == PathMarks {
		return 0, false
	}
	at := path.hash()
	for {
		mark = p.base + at%PathMarks
		if _, taken := p.paths[mark]; !taken {
			break
		}
		at++
	}
	p.marks[path], p.paths[mark] = mark, path
	return mark, true
}

// hash is the same in every run.
func (p Path) hash() uint32 {
	h := fnv.New32a()
	text := binary.BigEndian.AppendUint16(p.RealServer.AsSlice(), p.Tunnel.Port)
	text = append(text, byte(p.Forward), byte(p.Tunnel.Type), byte(p.Tunnel.Checksum), byte(p.Family))
	_, _ = h.Write(text)
	return h.Sum32()
}

// name is what the path's virtual server is called: "probes to 192.0.2.1 by
// TUN gue 6080".
func (p Path) name() string {
	d := ipvs.Destination{Addr: netip.AddrPortFrom(p.RealServer, 0), Forward: p.Forward, Tunnel: p.Tunnel}
	text := fmt.Sprintf("probes to %s by %s", p.RealServer, d.Forward)
	if p.Forward == ipvs.Tunnel && p.Tunnel != (ipvs.Encapsulation{}) {
		text += " " + p.Tunnel.String()
	}
	if p.Family == ipvs.INET6 && p.RealServer.Is4() || p.Family == ipvs.INET && !p.RealServer.Is4() {
		text += " for the other family"
	}
	return text
}

// VirtualServers returns the hidden virtual servers of all paths, ordered by
// mark. They schedule each packet of UDP anew: the kernel knows connections by
// their ends, not by their marks, and would send a later probe from the same
// port on the path of an earlier one. With TCP it starts afresh where the earlier
// one has ended (conn_reuse_mode).
func (p *Paths) VirtualServers() []VirtualServer {
	hidden := make([]VirtualServer, 0, len(p.paths))
	for _, mark := range slices.Sorted(maps.Keys(p.paths)) {
		path := p.paths[mark]
		hidden = append(hidden, VirtualServer{
			Name:      path.name(),
			Keys:      []ipvs.Key{ipvs.NewMarkKey(mark, path.Family)},
			Scheduler: "rr",
			Flags:     ipvs.OnePacket,
			Hidden:    true,
			RealServers: []RealServer{{Destination: ipvs.Destination{
				Addr: netip.AddrPortFrom(path.RealServer, 0), Forward: path.Forward, Tunnel: path.Tunnel, Weight: 1,
			}}},
		})
	}
	return hidden
}
