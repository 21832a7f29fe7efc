package ipvs

import (
	"fmt"
	"strconv"
)

// An Encapsulation is the way a packet is wrapped on its way through a tunnel.
// The zero value is IP in IP.
type Encapsulation struct {
	Type     TunnelType
	Port     uint16 // GUE: the real server's UDP port for tunnelled packets, not 0
	Checksum TunnelChecksum
}

// A TunnelType is the kind of a tunnel, with the kernel's numbers
// (IP_VS_CONN_F_TUNNEL_TYPE_*).
type TunnelType uint8

// The tunnel types.
const (
	IPIP TunnelType = iota
	GUE             // generic UDP encapsulation; Linux 5.2
	GRE             // Linux 5.3
)

// String returns the word of the configuration's tun_type, "gue".
func (t TunnelType) String() string {
	switch t {
	case IPIP:
		return "ipip"
	case GUE:
		return "gue"
	case GRE:
		return "gre"
	default:
		return strconv.Itoa(int(t))
	}
}

// A TunnelChecksum says how tunnelled packets are protected, with the kernel's
// numbers (IP_VS_TUNNEL_ENCAP_FLAG_*).
type TunnelChecksum uint8

// The kinds of checksum; Linux 5.3.
const (
	NoChecksum     TunnelChecksum = iota // nocsum
	Checksum                             // csum: GUE and GRE
	RemoteChecksum                       // remcsum: GUE only
)

// String returns the word of the configuration's tun_csum, "remcsum".
func (c TunnelChecksum) String() string {
	switch c {
	case NoChecksum:
		return "nocsum"
	case Checksum:
		return "csum"
	case RemoteChecksum:
		return "remcsum"
	default:
		return strconv.Itoa(int(c))
	}
}

// String returns the settings in the configuration's words:
// "tun_type gue tun_port 6080 tun_csum csum".
func (e Encapsulation) String() string {
	s := "tun_type " + e.Type.String()
	if e.Port != 0 {
		s += fmt.Sprintf(" tun_port %d", e.Port)
	}
	if e.Checksum != NoChecksum {
		s += " tun_csum " + e.Checksum.String()
	}
	return s
}

// canonical returns e without what the kernel keeps but does not use: all of
// it unless the forwarding method is Tunnel, port and checksum of IP in IP,
// port and remote checksum of GRE (ip_vs_tunnel_xmit in ip_vs_xmit.c).
func (e Encapsulation) canonical(f Forward) Encapsulation {
	switch {
	case f != Tunnel || e.Type == IPIP:
		return Encapsulation{}
	case e.Type == GRE:
		return Encapsulation{Type: GRE, Checksum: e.Checksum & Checksum}
	default:
		return e
	}
}

// tunnelSupport is what a kernel knows of tunnels. A kernel ignores attributes
// that it does not know, so that nothing but the lack of them in its answers
// shows it.
type tunnelSupport uint8

const (
	tunnelsUnknown tunnelSupport = iota // no destination was read yet
	tunnelsIPIP                         // no tunnel attribute: before Linux 5.2
	tunnelsGUE                          // no checksums, and no GRE: Linux 5.2
	tunnelsAll
)

// needs returns the least support that e asks for.
func (e Encapsulation) needs() tunnelSupport {
	switch {
	case e == Encapsulation{}:
		return tunnelsUnknown
	case e.Type == GUE && e.Checksum == NoChecksum:
		return tunnelsGUE
	default:
		return tunnelsAll
	}
}

// missing returns the error for a kernel with less support than s.
func (s tunnelSupport) missing() error {
	if s == tunnelsGUE {
		return fmt.Errorf("%w for tun_type gue, which came with Linux 5.2", ErrOldKernel)
	}
	return fmt.Errorf("%w for tun_type gre and for tun_csum, which came with Linux 5.3", ErrOldKernel)
}
