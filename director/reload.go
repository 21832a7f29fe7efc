package director

import (
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
)

// formerTime is how long the result of a check outlives the question. It bridges
// two reloads in quick succession, of which the second asks again what the
// first did not: the Checker may have heard of the second alone, and then it
// has no news to report.
const formerTime = 5 * time.Second

// A formerResult is the result of a check that is asked no more.
type formerResult struct {
	status  healthcheck.Status
	dropped time.Time
}

// noteFormer keeps the result of a check that is asked no more up to date.
func (p *pool) noteFormer(check healthcheck.Check, status healthcheck.Status) {
	if f, ok := p.former[check]; ok {
		f.status = status
		p.former[check] = f
	}
}

// reload returns the model of another configuration, with everything that is
// known of what stays the same, and what an operator should hear of it. have
// is what the kernel has. The receiver is of no use afterwards.
func (p *pool) reload(servers []VirtualServer, have table, now time.Time) (*pool, []Event) {
	next := newPool(servers)
	next.recall(p, now)
	heirs := next.heirs(p)
	events := p.removals(next, heirs)
	for i, s := range next.services {
		if old := heirs[i]; old != nil {
			s.inherit(old)
		} else {
			s.adopt(have)
			events = append(events, s.opening()...)
		}
		events = append(events, s.judge(next.known)...)
		s.advance(now)
		next.schedule(i)
	}
	return next, events
}

// recall takes over the results of the old model.
func (p *pool) recall(old *pool, now time.Time) {
	for check, status := range old.known {
		if len(p.asks[check]) > 0 {
			p.known[check] = status
		} else {
			p.former[check] = formerResult{status, now}
		}
	}
	for check, f := range old.former {
		switch {
		case now.Sub(f.dropped) >= formerTime:
		case len(p.asks[check]) > 0:
			p.known[check] = f.status
		default:
			p.former[check] = f
		}
	}
}

// heirs returns the old service that each service goes on with, nil for a new
// one: that of the same name, or else one that has had one of its keys.
func (p *pool) heirs(old *pool) []*service {
	byName := make(map[string]*service, len(old.services))
	for _, s := range old.services {
		byName[s.cfg.name()] = s
	}
	heirs := make([]*service, len(p.services))
	taken := make(map[*service]bool)
	for i, s := range p.services {
		if o := byName[s.cfg.name()]; o != nil && !taken[o] {
			heirs[i], taken[o] = o, true
		}
	}
	for i, s := range p.services {
		if heirs[i] != nil {
			continue
		}
		if o := old.holder(s.cfg.Keys, taken); o != nil {
			heirs[i], taken[o] = o, true
		}
	}
	return heirs
}

// holder returns the first service that has one of the keys and is not taken.
func (p *pool) holder(keys []ipvs.Key, taken map[*service]bool) *service {
	for _, key := range keys {
		if i, ok := p.owners[key]; ok && !taken[p.services[i]] {
			return p.services[i]
		}
	}
	return nil
}

// removals is what an operator should hear of the services and real servers
// that next does not have (keepalived: clear_diff_services).
func (p *pool) removals(next *pool, heirs []*service) []Event {
	heir := make(map[*service]*service, len(heirs))
	for i, old := range heirs {
		if old != nil {
			heir[old] = next.services[i]
		}
	}
	const reason = "removed from the configuration"
	var events []Event
	for _, old := range p.services {
		if s := heir[old]; s == nil {
			events = append(events, old.farewell(reason)...)
		} else {
			events = append(events, old.removals(s, reason)...)
		}
	}
	return events
}

// removals tells of the live real servers that the service's heir does not have.
func (s *service) removals(heir *service, reason string) []Event {
	staying := heir.byAddr()
	var events []Event
	for i := range s.servers {
		r := &s.servers[i]
		if staying[r.cfg.Destination.Addr] == nil && r.live() {
			events = append(events, r.farewell(reason))
		}
	}
	return s.named(events)
}

// inherit takes over what was known of the service before a reload.
func (s *service) inherit(old *service) {
	s.quorumUp, s.hadQuorum, s.missed, s.history = old.quorumUp, old.hadQuorum, old.missed, old.history
	before := old.byAddr()
	for i := range s.servers {
		if o := before[s.servers[i].cfg.Destination.Addr]; o != nil {
			s.servers[i].inherit(o, o.live())
		}
	}
}
