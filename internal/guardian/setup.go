package guardian

import (
	"fmt"
	"maps"
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

	// Static is on the host from the first Commit until Stop. TrackGroups are the
	// names of the routers of each track_group; they are in Fault while something
	// of Static with that group is missing.
	Static      netif.StaticSet
	TrackGroups map[string][]string

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

// trackGroup is the kind of trackers that stand for static objects.
const trackGroup vrrp.TrackerKind = "track_group"

// expand returns the setup with a tracker for each track group.
func (s Setup) expand() Setup {
	s.Routers = slices.Clone(s.Routers)
	for i := range s.Routers {
		cfg := &s.Routers[i].Config
		cfg.Trackers = slices.Clone(cfg.Trackers)
		for _, group := range slices.Sorted(maps.Keys(s.TrackGroups)) {
			if slices.Contains(s.TrackGroups[group], cfg.Name) {
				cfg.Trackers = append(cfg.Trackers, vrrp.Tracker{Kind: trackGroup, Name: group})
			}
		}
	}
	return s
}

// groupTracks returns the states of all track groups, given those with a loss.
func (s *Setup) groupTracks(missing []string) []vrrp.Track {
	var all []vrrp.Track
	for group := range s.TrackGroups {
		t := vrrp.Track{Kind: trackGroup, Name: group, Value: 1}
		if slices.Contains(missing, group) {
			t.Value = 0
		}
		all = append(all, t)
	}
	return all
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
