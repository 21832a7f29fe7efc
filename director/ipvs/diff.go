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
	if len(h) == 0 {
		p.expect(w)
	}
	for len(h) > 0 || len(w) > 0 {
		switch c := compareHeads(h, w, Service.compareKey); {
		case c < 0:
			p.deletedServices = append(p.deletedServices, DeleteService{h[0].Key})
			h = h[1:]
		case c > 0:
			p.create(&w[0])
			w = w[1:]
		default:
			p.edit(&h[0], &w[0])
			h, w = h[1:], w[1:]
		}
	}
	return slices.Concat(p.newServices, p.fromMH, p.newDestinations, p.services,
		p.destinations, p.deletedDestinations, p.toMH, p.deletedServices)
}

// A plan collects changes by phase, so that adds go before deletes over the
// whole table.
type plan struct {
	newServices, newDestinations         []Change
	fromMH, services, toMH               []Change
	destinations                         []Change
	deletedDestinations, deletedServices []Change
}

// expect makes room for the creation of services.
func (p *plan) expect(services []Service) {
	n := 0
	for i := range services {
		n += len(services[i].Destinations)
	}
	p.newServices = make([]Change, 0, len(services))
	p.newDestinations = make([]Change, 0, n)
}

// create plans a service that the kernel does not have.
func (p *plan) create(want *Service) {
	service := want.header()
	if service.Scheduler == SchedulerMH {
		p.services = append(p.services, UpdateService{service})
		service.Scheduler = SchedulerNone
	}
	p.newServices = append(p.newServices, AddService{service})
	destinations := sortDestinations(want.Destinations)
	for i := range destinations { // by index: they are large, and many
		p.newDestinations = append(p.newDestinations, AddDestination{service.Key, destinations[i]})
	}
}

// edit plans what turns one service into another with the same key.
func (p *plan) edit(have, want *Service) {
	if is, header := have.header(), want.header(); !is.sameSettings(header) {
		p.update(is.Scheduler, header)
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

// update plans new settings. While a service has the scheduler mh it pays for
// each change of a destination, so mh comes after those and goes before them.
func (p *plan) update(scheduler string, want Service) {
	phase := &p.services
	switch {
	case scheduler == want.Scheduler:
	case scheduler == SchedulerMH:
		phase = &p.fromMH
	case want.Scheduler == SchedulerMH:
		phase = &p.toMH
	}
	*phase = append(*phase, UpdateService{want})
}

// compareHeads compares the first elements of two lists of which at least one
// has any; an empty list is greater than all.
func compareHeads[T any](a, b []T, compare func(a, b T) int) int {
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

// canonicalKey returns s with its key in canonical form.
func (s Service) canonicalKey() Service {
	s.Key = s.Key.Canonical()
	return s
}

// sortServices returns services with canonical keys, sorted by key and without
// duplicates: the very slice if it is like that already, as tables are that
// were read.
func sortServices(services []Service) []Service {
	for i := range services {
		s := &services[i]
		if s.Key != s.Key.Canonical() || i > 0 && services[i-1].Key.Compare(s.Key) >= 0 {
			return canonicalSorted(services, Service.canonicalKey, Service.compareKey)
		}
	}
	return services
}

// sortDestinations returns destinations in canonical form, sorted by address
// and port and without duplicates: the very slice if it is like that already.
func sortDestinations(destinations []Destination) []Destination {
	for i := range destinations {
		d := &destinations[i]
		if !d.isCanonical() || i > 0 && destinations[i-1].Addr.Compare(d.Addr) >= 0 {
			return canonicalSorted(destinations, Destination.canonical, Destination.compareAddr)
		}
	}
	return destinations
}

// canonicalSorted returns a copy of s in canonical form and ascending order,
// with the first of equal elements.
func canonicalSorted[T any](s []T, canonical func(T) T, compare func(a, b T) int) []T {
	s = slices.Clone(s)
	for i := range s {
		s[i] = canonical(s[i])
	}
	slices.SortStableFunc(s, compare)
	return slices.CompactFunc(s, func(a, b T) bool { return compare(a, b) == 0 })
}
