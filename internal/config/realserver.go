package config

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/director/ipvs"
)

// A claim is the place of a real server in a virtual server. Port 0 is each
// service's.
type claim = netip.AddrPort

// bindRealServer makes a server one of the service.
func (s *service) bindRealServer(srv *server) {
	if srv.invalid {
		s.weightOK = false
	}
	dest, ok := s.destination(srv)
	if ok {
		ok = s.claim(srv, dest.Addr)
	}
	if !ok {
		s.weightOK = false
		return
	}
	set := srv.settings
	if srv.pool != nil {
		set = set.or(srv.pool.settings)
	}
	set = set.or(s.settings)
	if !srv.invalid {
		s.checkThresholds(srv, set)
		s.checkSlowStart(srv, set)
	}
	dest.Weight = uint32(set.weight.value)
	dest.UpperThreshold, dest.LowerThreshold = uint32(set.upper.value), uint32(set.lower.value)
	s.weight += set.weight.value
	s.sayAlert(srv, dest)
	s.vs.RealServers = append(s.vs.RealServers, director.RealServer{
		Destination:      dest,
		InhibitOnFailure: set.inhibit.value,
		SlowStart:        set.slowStart.value,
		NotifyUp:         srv.up,
		NotifyDown:       srv.down,
		Checks:           s.checks(srv, dest),
		Any:              set.checkMode.value == "any",
		Alpha:            s.waits(srv, set.alpha.value),
	})
}

// bindSorryServer reads the block sorry_server, b, if there is one.
func (s *service) bindSorryServer(b *hcl.Block) {
	if b == nil {
		return
	}
	srv := s.c.l.decodeSorryServer(b, s.c.spec.child("sorry_server"))
	dest, ok := s.destination(srv)
	dest.Weight = 1
	s.vs.SorryServer = &dest
	if !ok {
		s.weightOK = false
		return
	}
	if _, taken := s.taken(dest.Addr); taken {
		s.c.l.errorAt(srv.at, "Duplicate real server", "The sorry server %s is also a real server of this service. It has to be another one, or at another port.", showServer(dest.Addr))
	}
}

// report reports an error of a server, which may stand in a pool.
func (s *service) report(srv *server, at hcl.Range, summary, detail string, args ...any) {
	detail = fmt.Sprintf(detail, args...)
	if srv.pool != nil {
		detail += fmt.Sprintf(" (As a server of %s, %s.)", s.c.title(), place(s.c.at))
	}
	s.c.l.errorAt(at, summary, "%s", detail)
}

// destination returns the entry of a server in the kernel's table, without
// weight and thresholds. ok is false after an error.
func (s *service) destination(srv *server) (dest ipvs.Destination, ok bool) {
	if srv.noAddress || !s.keys.ok {
		return dest, false
	}
	via := srv.forwarding.or(s.forwarding)
	port, ok := s.serverPort(srv, via)
	dest.Addr = netip.AddrPortFrom(srv.end.addr, port)
	dest.Forward = via.method.value
	if ok && via.method.ok {
		ok = s.checkFamily(srv, via)
	}
	if via.method.ok && !srv.invalid {
		s.checkTunnel(srv, via)
	}
	if via.tunnelled() {
		dest.Tunnel = ipvs.Encapsulation{Type: via.kind.value, Port: uint16(via.port.value), Checksum: via.checksum.value}
	}
	return dest, ok
}

// serverPort returns the port of a server: its own, that of all services, or 0
// for that of each.
func (s *service) serverPort(srv *server, via forwarding) (port uint16, ok bool) {
	common, single := s.keys.port()
	port = srv.end.port
	other, differs := s.keys.otherPort(port)
	method := func() string { return fmt.Sprintf("%s = %q", via.argument, via.method.value) }
	switch {
	case !srv.end.hasPort && single:
		return common, true
	case !srv.end.hasPort:
		return 0, true
	case port == 0 && s.keys.hasPort(0):
		return 0, true
	case port == 0 && single:
		s.report(srv, srv.at, "Invalid port", "Port 0 is no port to send connections to. Leave it out for the service's port, %d.", common)
	case port == 0:
		s.report(srv, srv.at, "Invalid port", "Port 0 is no port to send connections to. Leave it out for the port of each service.")
	case s.keys.mark != 0 && via.method.ok && via.method.value != ipvs.NAT:
		s.report(srv, srv.at, "Port cannot be changed", "The %s has port %d, but marked packets may be for any port, and with %s they arrive unchanged. Leave the port out, and give it to probes as connect_port.", srv.what, port, method())
	case s.keys.mark != 0 && s.vs.PersistenceTimeout > 0:
		s.report(srv, srv.at, "Port cannot be changed", "The %s has port %d, but a persistent service for marked packets leaves their ports as they are. Leave the port out, and give it to probes as connect_port.", srv.what, port)
	case s.keys.mark != 0:
		return port, true
	case s.keys.hasPort(0):
		s.report(srv, srv.at, "Port of an all-ports service", "The service is for all ports, which IPVS passes on as they are: %s cannot get them all at port %d. Leave out the port.", srv.end.addr, port)
	case via.method.ok && via.method.value != ipvs.NAT && differs:
		s.report(srv, srv.at, "Port cannot be changed", "The %s has port %d, the service %d. With %s packets arrive unchanged, so IPVS cannot rewrite the port. Leave it out, or use %s = \"NAT\".", srv.what, port, other, method(), via.argument)
	default:
		return port, true
	}
	return port, false
}

// checkFamily reports a server that packets cannot reach because it is of
// another family. The kernel can do that through tunnels, and not beside a sync
// daemon (ip_vs_add_dest).
func (s *service) checkFamily(srv *server, via forwarding) bool {
	is4 := srv.end.addr.Is4()
	if is4 && !s.keys.has6 || !is4 && !s.keys.has4 {
		return true
	}
	if via.tunnelled() {
		s.mixed = &srv.at
		return true
	}
	theirs := "IPv6"
	if !is4 {
		theirs = "IPv4"
	}
	if s.keys.has4 && s.keys.has6 {
		s.report(srv, srv.at, "Mixed address families", "%s has IPv4 and IPv6 addresses, and the %s %s can get only one of them with %s = %q. Make one virtual_server for each family, or use %s = \"TUN\".",
			s.c.title(), srv.what, srv.end.addr, via.argument, via.method.value, via.argument)
		return false
	}
	s.report(srv, srv.at, "Mixed address families", "The %s %s is %s, the service %s. With %s = %q both have to be of one family. Use an %s address, or %s = \"TUN\".",
		srv.what, srv.end.addr, familyName(srv.end.addr), theirs, via.argument, via.method.value, theirs, via.argument)
	return false
}

// claim reports a real server that is there twice.
func (s *service) claim(srv *server, addr netip.AddrPort) bool {
	if first, dup := s.taken(addr); dup {
		s.report(srv, srv.at, "Duplicate real server", "%s is already a real server of this service, at %s. Remove one; for more connections raise its weight.", showServer(addr), place(first.at))
		return false
	}
	s.claims[addr] = srv
	return true
}

// taken returns the real server that some service sees at addr already.
func (s *service) taken(addr netip.AddrPort) (*server, bool) {
	if srv, ok := s.claims[addr]; ok {
		return srv, true
	}
	if _, single := s.keys.port(); single {
		return nil, false
	}
	if addr.Port() != 0 { // a server at each port is at this one, too
		srv, ok := s.claims[netip.AddrPortFrom(addr.Addr(), 0)]
		return srv, ok && s.keys.hasPort(addr.Port())
	}
	for _, real := range s.vs.RealServers {
		if other := real.Destination.Addr; other.Addr() == addr.Addr() && s.keys.hasPort(other.Port()) {
			return s.claims[other], true
		}
	}
	return nil, false
}

// showServer writes the address of a real server for messages.
func showServer(addr netip.AddrPort) string {
	if addr.Port() == 0 {
		return addr.Addr().String()
	}
	return addr.String()
}

// checkThresholds reports connection limits that the kernel would not take
// (ip_vs_add_dest: lthreshold above uthreshold) or not act on.
func (s *service) checkThresholds(srv *server, set settings) {
	upper, lower := set.upper, set.lower
	if !upper.ok || !lower.ok || lower.value == 0 {
		return
	}
	at := srv.at
	if lower.where != nil {
		at = *lower.where
	}
	switch {
	case upper.value == 0:
		s.report(srv, at, "Missing argument", "lthreshold is %d, but nothing is limited: the real server %s has no uthreshold (%s). Add one, or remove lthreshold.", lower.value, srv.end.addr, upper.from())
	case lower.value > upper.value:
		s.report(srv, at, "Contradictory arguments", "For the real server %s lthreshold is %d (%s) and uthreshold %d (%s). A full server gets connections again below lthreshold: write at most %d.",
			srv.end.addr, lower.value, lower.from(), upper.value, upper.from(), upper.value)
	}
}

// checkSlowStart reports a slow start without anything that could rise.
func (s *service) checkSlowStart(srv *server, set settings) {
	if !set.slowStart.ok || set.slowStart.value == 0 || !set.weight.ok {
		return
	}
	ignored := slices.Contains([]string{"rr", "lc", "dh"}, s.vs.Scheduler)
	if set.weight.value >= 2 && !ignored {
		s.rising = true
		return
	}
	at := srv.settings.slowStart.where
	switch {
	case ignored:
		s.rising = true // one message will do
		if at == nil {
			at = set.slowStart.where
		}
		s.report(srv, *at, "Argument without effect", "slow_start raises the weight in steps, but the scheduler %s (%s) gives all weights the same connections. Use for example lb_algo = \"wrr\", or remove slow_start.",
			s.vs.Scheduler, place(*s.c.written("lb_algo")))
	case at != nil:
		s.report(srv, *at, "Argument without effect", "The real server %s has weight %d (%s), which cannot rise in steps. Write 2 or more, such as weight = 100, or remove slow_start.", srv.end.addr, set.weight.value, set.weight.from())
	}
}
