package vrrp

import (
	"net/netip"
	"time"
)

// A Network carries the packets of all virtual routers of a Driver. Its methods are called from the driver's goroutine
// only, except Wake.
type Network interface {
	// Wait returns when packets may be waiting, after Wake, or at the deadline; the zero time means that there is none.
	// It may return early for no reason.
	Wait(deadline time.Time)

	// Wake makes Wait return, the running or the next one. It does not block.
	Wake()

	// Receive returns the next waiting packet; ok is false if there is none. It does not block. The packet is valid
	// until the next call. An error concerns one call only: the network remains usable.
	Receive() (p Packet, ok bool, err error)
}

// A Conn sends for one virtual router. Its methods are called from the driver's goroutine only, except Close, which is
// called once the driver does not use it any more.
type Conn interface {
	// Attach makes the connection use its interfaces, which have appeared or were replaced: index is that of
	// Config.Interface, transmit that of Config.Transmit, which is the same if that is "". Advertisements of the
	// router are received from then on. An index of 0 stands for an interface that is gone: nothing is received. It must
	// be cheap when nothing has changed.
	Attach(index, transmit int) error

	// Send sends an IP packet with the given payload from source to destination. It does not block.
	Send(payload []byte, source, destination netip.Addr) error

	// Close ends the use of the network.
	Close() error
}

// A Packet is a received IP packet of protocol 112.
type Packet struct {
	Index               int // of the interface it came in by; for a virtual router's macvlan, of the one below that
	Source, Destination netip.Addr
	TTL                 uint8 // or hop limit
	Payload             []byte
}

// An Interface is what a Driver knows of a network interface of the host.
type Interface struct {
	Index     int
	Up        bool         // administratively up and with a carrier (IFF_UP and IFF_RUNNING)
	Addresses []netip.Addr // in the kernel's order
}

// Interfaces are all of the host, by name.
type Interfaces map[string]Interface

// A Host does for one virtual router what a master does on its host. Its calls may block; they never delay an
// advertisement. They come from one goroutine.
type Host interface {
	// AddAddresses puts on the host all that a master has: virtual addresses, routes and rules. What is there already
	// stays. It is called again to repair, and when the configuration has changed.
	AddAddresses() error

	// RemoveAddresses takes all of it off the host. What is missing is fine.
	RemoveAddresses() error

	// Announce sends one round of gratuitous ARP or neighbour advertisements: one announcement for each address, IPv4
	// in both forms, request and reply.
	Announce() error

	// Probe asks the network who else has the addresses. Answers come as a Claim.
	Probe() error

	// Close gives back what the host uses for its work. What it has added stays.
	Close() error
}

// A Claim is an announcement or an answer seen on the network that places a virtual address at the MAC address of another
// host.
type Claim struct {
	Interface string
	Address   netip.Addr
	MAC       string // as net.HardwareAddr prints it
	Own       string // the same of this host's interface
}
