package director

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/ldirector/ldirector/director/ipvs"
)

// A table holds services by key.
type table map[ipvs.Key]ipvs.Service

// diff is ipvs.Diff for tables.
func diff(have, want table) []ipvs.Change {
	return ipvs.Diff(slices.Collect(maps.Values(have)), slices.Collect(maps.Values(want)))
}

// stage splits a plan so that a failure in the middle empties no service. last
// has the changes that take traffic away from a service in which nothing
// serves yet that is wanted to: they may be made only when the kernel has got
// a successor, see succeeded. A sorry server leaves this way, and so do the
// real servers that it replaces.
func stage(have, want table, changes []ipvs.Change) (first, last []ipvs.Change) {
	bare := make(map[ipvs.Key]bool)
	for _, c := range changes {
		key, retreat := retreats(c)
		if retreat {
			if _, known := bare[key]; !known {
				bare[key] = serves(want[key]) && !overlap(have[key], want[key])
			}
		}
		if retreat && bare[key] {
			last = append(last, c)
		} else {
			first = append(first, c)
		}
	}
	return first, last
}

// succeeded returns those of the held back changes whose service has got a
// successor.
func succeeded(have, want table, last []ipvs.Change) []ipvs.Change {
	return slices.DeleteFunc(slices.Clone(last), func(c ipvs.Change) bool {
		key, _ := retreats(c)
		return !overlap(have[key], want[key])
	})
}

// retreats reports whether the change takes a destination out of service.
func retreats(c ipvs.Change) (ipvs.Key, bool) {
	switch c := c.(type) {
	case ipvs.DeleteDestination:
		return c.Key, true
	case ipvs.UpdateDestination:
		return c.Key, c.Destination.Weight == 0
	case ipvs.AddService, ipvs.UpdateService, ipvs.DeleteService, ipvs.AddDestination:
		return ipvs.Key{}, false
	default:
		panic(fmt.Sprintf("director: unknown change %T", c))
	}
}

// keyOf returns the service that the change is about.
func keyOf(c ipvs.Change) ipvs.Key {
	switch c := c.(type) {
	case ipvs.AddService:
		return c.Service.Key
	case ipvs.UpdateService:
		return c.Service.Key
	case ipvs.DeleteService:
		return c.Key
	case ipvs.AddDestination:
		return c.Key
	case ipvs.UpdateDestination:
		return c.Key
	case ipvs.DeleteDestination:
		return c.Key
	default:
		panic(fmt.Sprintf("director: unknown change %T", c))
	}
}

// serves reports whether new connections to the service go anywhere.
func serves(s ipvs.Service) bool {
	return slices.ContainsFunc(s.Destinations, func(d ipvs.Destination) bool { return d.Weight > 0 })
}

// overlap reports whether a destination serves in both.
func overlap(have, want ipvs.Service) bool {
	there := weights(have)
	return slices.ContainsFunc(want.Destinations, func(d ipvs.Destination) bool {
		return d.Weight > 0 && there[d.Addr] > 0
	})
}

// weights returns the weights of a service's destinations by address.
func weights(s ipvs.Service) map[netip.AddrPort]uint32 {
	byAddr := make(map[netip.AddrPort]uint32, len(s.Destinations))
	for _, d := range s.Destinations {
		byAddr[d.Addr] = d.Weight
	}
	return byAddr
}
