package guardian

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"time"

	"github.com/ldirector/ldirector/internal/netif"
	"github.com/ldirector/ldirector/vrrp"
)

// A Setup is everything that VRRP is to do. It is a value that can be sent as
// JSON, and must not be changed once it was given away.
type Setup struct {
	Routers []Router
	Groups  []vrrp.GroupConfig

	// Static is on the host from the first Commit until Stop.
	Static netif.StaticSet

	// NotBefore is when routers that are new begin (keepalived:
	// vrrp_startup_delay); zero: at once.
	NotBefore time.Time
}

// A Router is one virtual router.
type Router struct {
	Config vrrp.Config
	Master netif.Master // what its host has
}

// check finds what no Engine could do.
func (s *Setup) check() error {
	names := make(map[string]bool)
	for _, r := range s.Routers {
		if names[r.Config.Name] {
			return fmt.Errorf("two virtual routers with the name %q", r.Config.Name)
		}
		names[r.Config.Name] = true
	}
	return nil
}

// find returns the router of that name, nil if there is none.
func (s *Setup) find(name string) *Router {
	i := slices.IndexFunc(s.Routers, func(r Router) bool { return r.Config.Name == name })
	if i < 0 {
		return nil
	}
	return &s.Routers[i]
}

// has reports whether the setup has exactly that router.
func (s *Setup) has(r *Router) bool {
	own := s.find(r.Config.Name)
	return own != nil && reflect.DeepEqual(own, r)
}

// masters returns what the routers have on the host.
func (s *Setup) masters() []netif.Master {
	all := make([]netif.Master, len(s.Routers))
	for i, r := range s.Routers {
		all[i] = r.Master
	}
	return all
}

// claimable returns the virtual addresses by interface.
func (s *Setup) claimable() map[string][]netip.Addr {
	all := make(map[string][]netip.Addr)
	for _, r := range s.Routers {
		for _, a := range slices.Concat(r.Master.Addresses, r.Master.Excluded) {
			all[a.Device] = append(all[a.Device], a.Prefix.Addr())
		}
	}
	return all
}

// placed returns the addresses whose loss matters.
func (r *Router) placed() []vrrp.Placed {
	var all []vrrp.Placed
	for _, a := range slices.Concat(r.Master.Addresses, r.Master.Excluded) {
		if !a.NoTrack {
			all = append(all, vrrp.Placed{Interface: a.Device, Address: a.Prefix.Addr()})
		}
	}
	return all
}

// downInterval is after how much silence another router takes over, at the
// earliest.
func (r *Router) downInterval() time.Duration {
	adverts := r.Config.DownAdverts
	if adverts == 0 {
		adverts = 3 // https://www.rfc-editor.org/rfc/rfc9568#section-6.1
	}
	return time.Duration(adverts) * r.Config.AdvertInterval
}
