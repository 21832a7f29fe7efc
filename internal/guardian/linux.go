package guardian

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"path/filepath"
	"slices"
	"sync"

	"github.com/ldirector/ldirector/internal/netif"
	"github.com/ldirector/ldirector/vrrp"
)

// driverPriority is that of the driver's thread: it goes before the others here,
// and in a daemon without a process for VRRP before all that have none.
const driverPriority = 2

// linux is the system of this host.
type linux struct {
	*vrrp.LinuxNetwork
	log     *slog.Logger
	shared  netif.Shared
	devices *netif.Devices
	static  *netif.Static
	claims  *netif.Claims
	claimed func(vrrp.Claim) // set by Watch, before claims runs
}

var _ system = (*linux)(nil)

func openLinux(stateDir string, log *slog.Logger) (*linux, error) {
	network, err := vrrp.NewNetwork()
	if err != nil {
		return nil, err
	}
	l := &linux{
		LinuxNetwork: network, log: log,
		devices: netif.NewDevices(filepath.Join(stateDir, "vrrp-devices.json"), log),
	}
	l.static = netif.NewStatic(&l.shared)
	l.claims = netif.NewClaims(func(c netif.Claim) {
		l.claimed(vrrp.Claim{Interface: c.Interface, Address: c.Address, MAC: c.MAC.String(), Own: c.Own.String()})
	}, log)
	return l, nil
}

// NewHost implements system.
func (l *linux) NewHost(m netif.Master, previous vrrp.Host) vrrp.Host {
	h := &host{Host: netif.NewHost(m, &l.shared, l.log)}
	if previous != nil {
		h.previous = previous.(*host)
	}
	return h
}

// Watch implements system.
func (l *linux) Watch(ctx context.Context, interfaces func(vrrp.Interfaces), claimed func(vrrp.Claim), removed func()) {
	l.claimed = claimed
	var watches sync.WaitGroup
	watches.Go(func() {
		netif.Interfaces(ctx, func(all map[string]netif.Interface) {
			l.claims.SetInterfaces(all)
			interfaces(convert(all))
		}, l.log)
	})
	watches.Go(func() { l.claims.Run(ctx) })
	watches.Go(func() { netif.Removals(ctx, removed, l.log) })
	watches.Wait()
}

// convert gives the driver its view of the interfaces.
func convert(all map[string]netif.Interface) vrrp.Interfaces {
	out := make(vrrp.Interfaces, len(all))
	for name, i := range all {
		out[name] = vrrp.Interface{Index: i.Index, Up: i.Up, Addresses: i.Addresses}
	}
	return out
}

// WatchClaims implements system.
func (l *linux) WatchClaims(wanted map[string][]netip.Addr) { l.claims.Watch(wanted) }

// Ensure implements system.
func (l *linux) Ensure(masters []netif.Master) error { return l.devices.Ensure(masters) }

// SetStatic implements system.
func (l *linux) SetStatic(set netif.StaticSet) ([]string, error) {
	err := l.static.Apply(set)
	missing, missErr := l.static.Missing()
	var groups []string
	for _, loss := range missing {
		if loss.TrackGroup != "" && !slices.Contains(groups, loss.TrackGroup) {
			groups = append(groups, loss.TrackGroup)
		}
	}
	return groups, errors.Join(err, missErr)
}

// Close implements system.
func (l *linux) Close() error { return errors.Join(l.LinuxNetwork.Close(), l.static.Close()) }

// Missing implements system.
func (l *linux) Missing(m netif.Master) ([]string, error) {
	h := netif.NewHost(m, &l.shared, l.log)
	missing, err := h.Missing()
	return missing, errors.Join(err, h.Close())
}

// RaisePriority implements system.
func (l *linux) RaisePriority() error { return vrrp.RaisePriority(driverPriority) }

// A host is a netif.Host that has taken over what the one before has done when it
// is used first. By then, on the goroutine that uses both, the other one is
// closed.
type host struct {
	*netif.Host
	previous *host // nil: none, or taken over
}

// succeed takes over.
func (h *host) succeed() {
	if h.previous != nil {
		h.previous.succeed()
		h.Supersede(h.previous.Host)
		h.previous = nil
	}
}

// AddAddresses implements vrrp.Host.
func (h *host) AddAddresses() error {
	h.succeed()
	return h.Host.AddAddresses()
}

// RemoveAddresses implements vrrp.Host.
func (h *host) RemoveAddresses() error {
	h.succeed()
	return h.Host.RemoveAddresses()
}

// Close implements vrrp.Host.
func (h *host) Close() error {
	h.succeed()
	return h.Host.Close()
}
