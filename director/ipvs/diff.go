package ipvs

import (
	"slices"
)

// Diff returns the changes that turn the table have into the table want, in
// the order in which they have to be done: the package comment explains it.
// Entries that appear twice count once, the first of them. Diff changes
// neither table.
func Diff(have, want []Service) []Change {
	h, w := sortServices(have), sortServices(want)
	var p plan
	for len(h) > 0 || len(w) > 0 {
		switch c := compareHeads(h, w, Service.compareKey); {
		case c < 0:
			p.deletedServices = append(p.deletedServices, DeleteService{h[0].Key})
			h = h[1:]
		case c > 0:
			p.create(w[0])
			w = w[1:]
		default:
			p.edit(h[0], w[0])
			h, w = h[1:], w[1:]
		}
	}
	return slices.Concat(p.newServices, p.newDestinations, p.services,
		p.destinations, p.deletedDestinations, p.deletedServices)
}

// A plan collects changes by phase, so that adds go before deletes over the
// whole table.
type plan struct {
	newServices, newDestinations         []Change
	services, destinations               []Change
	deletedDestinations, deletedServices []Change
}

// create plans a service that the kernel does not have.
func (p *plan) create(want Service) {
	service := want.header()
	if service.Scheduler == SchedulerMH {
		p.services = append(p.services, UpdateService{service})
		service.Scheduler = SchedulerNone
	}
	p.newServices = append(p.newServices, AddService{service})
	for _, d := range sortDestinations(want.Destinations) {
		p.newDestinations = append(p.newDestinations, AddDestination{service.Key, d})
	}
}

// edit plans what turns one service into another with the same key.
func (p *plan) edit(have, want Service) {
	if header := want.header(); !have.header().sameSettings(header) {
		p.services = append(p.services, UpdateService{header})
	}
	h, w := sortDestinations(have.Destinations), sortDestinations(want.Destinations)
	for len(h) > 0 || len(w) > 0 {
		switch c := compareHeads(h, w, Destination.compareAddr); {
		case c < 0:
			p.deletedDestinations = append(p.deletedDestinations, DeleteDestination{want.Key, h[0].Addr})
			h = h[1:]
		case c > 0:
			p.newDestinations = append(p.newDestinations, AddDestination{want.Key, w[0]})
			w = w[1:]
		default:
			if h[0] != w[0] {
				p.destinations = append(p.destinations, UpdateDestination{want.Key, w[0]})
			}
			h, w = h[1:], w[1:]
		}
	}
}

// compareHeads compares the first elements of two lists of which at least one
// has any; an empty list is greater than all.
func compareHeads[T any](a, b []T, compare func(T, T) int) int {
	switch {
	case len(a) == 0:
		return +1
	case len(b) == 0:
		return -1
	default:
		return compare(a[0], b[0])
	}
}

func (s Service) compareKey(o Service) int          { return s.Key.Compare(o.Key) }
func (d Destination) compareAddr(o Destination) int { return d.Addr.Compare(o.Addr) }

// sortServices returns a copy of services with canonical keys, sorted by key
// and without duplicates.
func sortServices(services []Service) []Service {
	sorted := slices.Clone(services)
	for i := range sorted {
		sorted[i].Key = sorted[i].Key.Canonical()
	}
	return sortCompact(sorted, Service.compareKey)
}

// sortDestinations returns destinations in canonical form, sorted by address
// and port and without duplicates: the very slice if it is like that already.
func sortDestinations(destinations []Destination) []Destination {
	if isSorted(destinations) {
		return destinations
	}
	sorted := slices.Clone(destinations)
	for i := range sorted {
		sorted[i] = sorted[i].canonical()
	}
	return sortCompact(sorted, Destination.compareAddr)
}

func isSorted(destinations []Destination) bool {
	for i, d := range destinations {
		if d != d.canonical() || i > 0 && destinations[i-1].compareAddr(d) >= 0 {
			return false
		}
	}
	return true
}

// sortCompact sorts s in place and keeps the first of equal elements.
func sortCompact[T any](s []T, compare func(T, T) int) []T {
	slices.SortStableFunc(s, compare)
	return slices.CompactFunc(s, func(a, b T) bool { return compare(a, b) == 0 })
}
