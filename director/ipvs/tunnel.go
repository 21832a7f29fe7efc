package ipvs

// An Encapsulation is the way a packet is wrapped on its way through a tunnel.
// The zero value is IP in IP.
type Encapsulation struct {
	Type     TunnelType
	Port     uint16 // GUE: the real server's UDP port for tunnelled packets
	Checksum TunnelChecksum
}

// A TunnelType is the kind of a tunnel, with the kernel's numbers
// (IP_VS_CONN_F_TUNNEL_TYPE_*).
type TunnelType uint8

// The tunnel types.
const (
	IPIP TunnelType = iota
	GUE             // generic UDP encapsulation
	GRE
)

// A TunnelChecksum says how tunnelled packets are protected, with the kernel's
// numbers (IP_VS_TUNNEL_ENCAP_FLAG_*).
type TunnelChecksum uint8

// The kinds of checksum.
const (
	NoChecksum     TunnelChecksum = iota // nocsum
	Checksum                             // csum: GUE and GRE
	RemoteChecksum                       // remcsum: GUE only
)
