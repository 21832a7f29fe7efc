package guardian

import (
	"context"
	"net/netip"

	"github.com/ldirector/ldirector/internal/netif"
	"github.com/ldirector/ldirector/vrrp"
)

// A system is what an Engine needs of the host.
type system interface {
	vrrp.Network

	// Open opens the connection of a virtual router, which touches nothing before
	// Attach.
	Open(cfg vrrp.Config) (vrrp.Conn, error)

	// NewHost returns the host of a virtual router, without touching it. Previous
	// is the one that it replaces, nil for none.
	NewHost(m netif.Master, previous vrrp.Host) vrrp.Host

	// Watch reports the interfaces, who else claims addresses, and that routes or
	// rules were removed, until ctx is done.
	Watch(ctx context.Context, interfaces func(vrrp.Interfaces), claimed func(vrrp.Claim), removed func())
	// WatchClaims says which addresses by interface.
	WatchClaims(wanted map[string][]netip.Addr)

	// Ensure makes what the masters have on the host all the time, such as their
	// macvlans, in place of what it made before.
	Ensure(masters []netif.Master) error
	// SetStatic does the same for what is there independent of any master. It
	// returns the track groups of what could not be added or was lost.
	SetStatic(set netif.StaticSet) (missing []string, err error)

	// Missing returns what is not there of what a master has, but for what does not
	// matter.
	Missing(m netif.Master) ([]string, error)

	// RaisePriority puts the calling thread before others.
	RaisePriority() error

	// Close gives back what is used; what was put on the host stays.
	Close() error
}
