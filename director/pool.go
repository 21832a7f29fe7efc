package director

import (
	"maps"
	"slices"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
)

// A pool is the model: configuration, probe results and what was found in the
// kernel at adoption together say what the table should be. It does no I/O and
// reads no clock. Services are named by their index in the configuration.
type pool struct {
	services []*service
	visible  int                         // so many of them, the first, are not hidden
	owners   map[ipvs.Key]int            // the service that has the key
	asks     map[healthcheck.Check][]int // the services that ask
	known    results
	former   map[healthcheck.Check]formerResult
	steps    map[int]time.Time // when the next step of a slow start is due in a service
	drains   drains
}

func newPool(servers []VirtualServer) *pool {
	p := &pool{
		owners: make(map[ipvs.Key]int),
		asks:   make(map[healthcheck.Check][]int),
		known:  make(results),
		former: make(map[healthcheck.Check]formerResult),
		steps:  make(map[int]time.Time),
		drains: drains{services: make(map[int]bool)},
	}
	for i := range servers {
		p.services = append(p.services, newService(&servers[i]))
		if !servers[i].Hidden {
			p.visible++
		}
		for _, key := range servers[i].Keys {
			p.owners[key] = i
		}
		for _, r := range servers[i].RealServers {
			for _, check := range r.Checks {
				p.asks[check] = append(p.asks[check], i)
			}
		}
	}
	return p
}

// adopt takes over what the kernel has of the configured services.
func (p *pool) adopt(have table) {
	for _, s := range p.services {
		s.adopt(have)
	}
}

// observe takes results in. It returns the services they concern, ascending,
// and what an operator should hear, in the configuration's order.
func (p *pool) observe(fresh results) (touched []int, events []Event) {
	concerned := make(map[int]bool)
	for check, status := range fresh {
		asking := p.asks[check]
		if len(asking) == 0 {
			p.noteFormer(check, status)
			continue
		}
		if status.State == healthcheck.Unknown && p.known[check].State != healthcheck.Unknown {
			continue // asked anew and without an answer yet: what it said before stands
		}
		p.known[check] = status
		for _, i := range asking {
			concerned[i] = true
		}
	}
	touched = slices.Sorted(maps.Keys(concerned))
	for _, i := range touched {
		events = append(events, p.services[i].judge(p.known)...)
		p.schedule(i)
	}
	return touched, events
}

// opening is what an operator should hear of the start: which services have
// their quorum without any probe, because the kernel's table says so or because
// their real servers have no checks.
func (p *pool) opening() []Event {
	var events []Event
	for _, s := range p.services {
		events = append(events, s.opening()...)
	}
	return events
}

// farewell is what an operator should hear if the virtual servers with omega
// go.
func (p *pool) farewell() []Event {
	var events []Event
	for _, s := range p.services {
		if s.cfg.Omega {
			events = append(events, s.farewell("the director stops")...)
		}
	}
	return events
}

// desired returns the whole table as the kernel should have it.
func (p *pool) desired() table {
	want := make(table, len(p.owners))
	for _, s := range p.services {
		s.addTo(want)
	}
	return want
}

// schedule notes when the next step of a slow start of the service is due, and
// whether servers drain in it.
func (p *pool) schedule(i int) {
	if p.services[i].draining() {
		p.drains.services[i] = true
	} else {
		delete(p.drains.services, i)
	}
	if next := p.services[i].nextStep(); next.IsZero() {
		delete(p.steps, i)
	} else {
		p.steps[i] = next
	}
}

// advance moves the slow starts on and returns the services in which a step
// was due.
func (p *pool) advance(now time.Time) (touched []int) {
	for i, due := range p.steps {
		if due.After(now) {
			continue
		}
		p.services[i].advance(now)
		p.schedule(i)
		touched = append(touched, i)
	}
	slices.Sort(touched)
	return touched
}

// nextStep is when the next step of a slow start is due; false: never.
func (p *pool) nextStep() (at time.Time, some bool) {
	for _, due := range p.steps {
		if !some || due.Before(at) {
			at, some = due, true
		}
	}
	return at, some
}

// checks returns what is to be asked, each question once, in the
// configuration's order.
func (p *pool) checks() []healthcheck.Check {
	var checks []healthcheck.Check
	seen := make(map[healthcheck.Check]bool)
	for _, s := range p.services {
		if s.suspended {
			continue
		}
		for _, r := range s.cfg.RealServers {
			for _, check := range r.Checks {
				if !seen[check] {
					seen[check] = true
					checks = append(checks, check)
				}
			}
		}
	}
	return checks
}

// probed returns how many real servers are up and how many down, but for hidden
// ones and those whose probes are suspended. all is false if there is one about
// which nothing is known: this is asked after each result of a start, so the
// first of those ends the count.
func (p *pool) probed() (up, down int, all bool) {
	for _, s := range p.services[:p.visible] {
		if s.suspended {
			continue
		}
		for i := range s.servers {
			switch s.servers[i].state {
			case healthcheck.Up:
				up++
			case healthcheck.Down:
				down++
			default:
				return 0, 0, false
			}
		}
	}
	return up, down, true
}
