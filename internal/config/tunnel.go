package config

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/director/ipvs"
)

// checkTunnel reports options of a tunnel that the kernel would not take or
// not act on.
func (s *service) checkTunnel(srv *server, via forwarding) {
	if via.tunnelled() {
		s.tunnelUsed = true
	}
	port, checksum := via.port, via.checksum
	at := func(where *hcl.Range) hcl.Range {
		if where == nil {
			return srv.at
		}
		return *where
	}
	own := slices.DeleteFunc([]*hcl.Range{srv.forwarding.kind.where, srv.forwarding.port.where, srv.forwarding.checksum.where}, func(r *hcl.Range) bool { return r == nil })
	switch {
	case !via.tunnelled() && len(own) > 0:
		s.report(srv, *own[0], "Argument without effect", "This is for tunnels, but packets reach the %s by %s (%s). Use lvs_method = \"TUN\", or remove it.", srv.what, via.method.value, via.method.from())
	case !via.tunnelled() || s.c.anyWrong():
	case via.kind.value == ipvs.GUE && !port.ok:
		s.report(srv, at(via.kind.where), "Missing argument", "A GUE tunnel needs the UDP port at which the %s expects it. Add for example tun_port = 6080.", srv.what)
	case via.kind.value != ipvs.GUE && port.ok:
		s.report(srv, at(port.where), "Argument without effect", "tun_port is for GUE, but tun_type is %s (%s). Use tun_type = \"gue\", or remove tun_port.", tunnelWord(via.kind.value), via.kind.from())
	case via.kind.value == ipvs.IPIP && checksum.value != ipvs.NoChecksum:
		s.report(srv, at(checksum.where), "Contradictory arguments", "tun_type is ipip (%s), whose packets have no room for a checksum. Use tun_type = \"gue\" or \"gre\", or remove tun_csum.", via.kind.from())
	case via.kind.value == ipvs.GRE && checksum.value == ipvs.RemoteChecksum:
		s.report(srv, at(checksum.where), "Contradictory arguments", "tun_type is gre (%s), and remcsum is for GUE only. Use tun_csum = \"csum\", or tun_type = \"gue\".", via.kind.from())
	}
}

func tunnelWord(t ipvs.TunnelType) string {
	switch t {
	case ipvs.GUE:
		return "gue"
	case ipvs.GRE:
		return "gre"
	case ipvs.IPIP:
	}
	return "ipip"
}
