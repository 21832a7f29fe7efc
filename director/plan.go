package director

import (
	"maps"
	"net/netip"
	"slices"

	"github.com/ldirector/ldirector/director/ipvs"
)

// A Plan is the difference between the kernel's table and a configuration.
type Plan struct {
	// Services that change, in the configuration's order; those that are to be
	// deleted come last, by key.
	Services []ServicePlan
}

// A ServicePlan is the change of one service.
type ServicePlan struct {
	Name string // of the virtual server; empty for a service that is in no configuration
	Key  ipvs.Key
	// Have and Want are the settings, without destinations, in the kernel's
	// form: equal if only destinations change. Have is nil for a new service,
	// Want for one that is deleted.
	Have, Want *ipvs.Service
	// Destinations that change, by address. Those of a deleted service go
	// with it.
	Destinations []DestinationPlan
}

// A DestinationPlan is the change of one destination. Have is nil for a new
// one, Want for one that is deleted.
type DestinationPlan struct {
	Have, Want *ipvs.Destination
}

// newPlan puts changes of the table have into the form for people. next names
// the services, and old, which may be nil, those that next does not have.
func newPlan(have table, changes []ipvs.Change, next, old *pool) Plan {
	plans := make(map[ipvs.Key]*planner)
	for _, c := range changes {
		key := keyOf(c)
		p := plans[key]
		if p == nil {
			p = newPlanner(key, have)
			plans[key] = p
		}
		p.add(c)
	}
	return Plan{Services: arrange(plans, next, old)}
}

// A planner collects the changes of one service.
type planner struct {
	plan  ServicePlan
	there map[netip.AddrPort]ipvs.Destination
}

// newPlanner begins with a plan that leaves the service as it is.
func newPlanner(key ipvs.Key, have table) *planner {
	p := &planner{plan: ServicePlan{Key: key}, there: make(map[netip.AddrPort]ipvs.Destination)}
	if s, ok := have[key]; ok {
		p.plan.Have, p.plan.Want = settings(s), settings(s)
		for _, d := range s.Destinations {
			p.there[d.Addr] = d
		}
	}
	return p
}

// settings returns the service without its destinations in the kernel's form,
// which is that of a service to be created.
func settings(s ipvs.Service) *ipvs.Service {
	s.Destinations = nil
	for _, c := range ipvs.Diff(nil, []ipvs.Service{s}) {
		switch c := c.(type) {
		case ipvs.AddService:
			s = c.Service
		case ipvs.UpdateService: // mh, which is created without a scheduler
			s = c.Service
		case ipvs.DeleteService, ipvs.AddDestination, ipvs.UpdateDestination, ipvs.DeleteDestination:
		}
	}
	return &s
}

// add takes one change of the service into the plan.
func (p *planner) add(c ipvs.Change) {
	switch c := c.(type) {
	case ipvs.AddService:
		p.plan.Want = &c.Service
	case ipvs.UpdateService: // also of a new one, whose first scheduler is only for the time of filling
		p.plan.Want = &c.Service
	case ipvs.DeleteService:
		p.plan.Want = nil
		for addr := range p.there {
			p.destination(addr, nil)
		}
	case ipvs.AddDestination:
		p.destination(c.Destination.Addr, &c.Destination)
	case ipvs.UpdateDestination:
		p.destination(c.Destination.Addr, &c.Destination)
	case ipvs.DeleteDestination:
		p.destination(c.Addr, nil)
	}
}

func (p *planner) destination(addr netip.AddrPort, want *ipvs.Destination) {
	d := DestinationPlan{Want: want}
	if have, ok := p.there[addr]; ok {
		d.Have = &have
	}
	p.plan.Destinations = append(p.plan.Destinations, d)
}

// addr is the destination's.
func (p DestinationPlan) addr() netip.AddrPort {
	if p.Have != nil {
		return p.Have.Addr
	}
	return p.Want.Addr
}

// arrange names the plans and brings them into the configuration's order.
func arrange(plans map[ipvs.Key]*planner, next, old *pool) []ServicePlan {
	if len(plans) == 0 {
		return nil
	}
	ordered := make([]ServicePlan, 0, len(plans))
	take := func(key ipvs.Key, name string) {
		p, ok := plans[key]
		if !ok {
			return
		}
		delete(plans, key)
		p.plan.Name = name
		slices.SortFunc(p.plan.Destinations, func(a, b DestinationPlan) int { return a.addr().Compare(b.addr()) })
		ordered = append(ordered, p.plan)
	}
	for _, s := range next.services {
		for _, key := range s.cfg.Keys {
			take(key, s.cfg.name())
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(plans), ipvs.Key.Compare) {
		take(key, old.nameOf(key))
	}
	return ordered
}

// nameOf returns the name of the service that has the key, empty if none has.
func (p *pool) nameOf(key ipvs.Key) string {
	if p == nil {
		return ""
	}
	if i, ok := p.owners[key]; ok {
		return p.services[i].cfg.name()
	}
	return ""
}
