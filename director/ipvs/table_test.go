package ipvs

import (
	"maps"
	"net/netip"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// A table is an IPVS table in memory, which answers changes as the kernel does
// (ip_vs_genl_set_cmd in net/netfilter/ipvs/ip_vs_ctl.c).
type table map[Key]*entry

type entry struct {
	settings     Service
	destinations map[netip.AddrPort]Destination
}

// apply does a change and returns the kernel's answer.
func (t table) apply(c Change) syscall.Errno {
	target := targetOf(c)
	service := t[target.key]
	if add, ok := c.(AddService); ok {
		if service != nil {
			return unix.EEXIST
		}
		t[target.key] = &entry{add.Service.header(), map[netip.AddrPort]Destination{}}
		return 0
	}
	if service == nil {
		return unix.ESRCH
	}
	_, exists := service.destinations[target.addr]
	switch c := c.(type) {
	case AddService: // done
	case UpdateService:
		service.settings = c.Service.header()
	case DeleteService:
		delete(t, target.key)
	case AddDestination:
		if exists {
			return unix.EEXIST
		}
		service.destinations[target.addr] = c.Destination.canonical()
	case UpdateDestination:
		if !exists {
			return unix.ENOENT
		}
		service.destinations[target.addr] = c.Destination.canonical()
	case DeleteDestination:
		if !exists {
			return unix.ENOENT
		}
		delete(service.destinations, target.addr)
	}
	return 0
}

// services returns the table as Client.Services does.
func (t table) services() []Service {
	var services []Service
	for _, k := range slices.SortedFunc(maps.Keys(t), Key.Compare) {
		s := t[k].settings
		s.Destinations = slices.SortedFunc(maps.Values(t[k].destinations), Destination.compareAddr)
		services = append(services, s)
	}
	return services
}

// fill makes the table hold exactly services.
func (t table) fill(services []Service) {
	clear(t)
	for _, s := range services {
		t.apply(AddService{s})
		for _, d := range s.Destinations {
			t.apply(AddDestination{s.Key, d})
		}
	}
}
