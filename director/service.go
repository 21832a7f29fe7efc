package director

import (
	"net/netip"
	"slices"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
)

// A service is the model of one virtual server.
type service struct {
	cfg       *VirtualServer
	servers   []realServer
	quorumUp  bool
	hadQuorum bool // ever since the start
	missed    bool // it was told that there is none from the start
	suspended bool // its probes are
	history
}

func newService(cfg *VirtualServer) *service {
	s := &service{cfg: cfg, servers: make([]realServer, len(cfg.RealServers))}
	for i := range s.servers {
		r := &s.servers[i]
		r.cfg = &cfg.RealServers[i]
		r.verdict = combine(r.cfg, r.base(), nil)
		r.judged = r.state != healthcheck.Unknown
	}
	s.weigh()
	return s
}

// adopt starts from the kernel's idea of the service.
func (s *service) adopt(have table) {
	s.recognize(have)
	s.weigh()
}

// recognize notes how the kernel has the real servers. One that serves in any
// of the service's keys is in service.
func (s *service) recognize(have table) {
	sorry, real := false, false
	for _, key := range s.cfg.Keys {
		there := weights(have[key])
		if len(there) == 0 {
			continue
		}
		for i := range s.servers {
			r := &s.servers[i]
			if weight, ok := there[behind(key, r.cfg.Destination.Addr)]; ok {
				r.adopt(weight)
				real = real || r.found == serving
			}
		}
		if v := s.cfg.SorryServer; v != nil && there[behind(key, v.Addr)] > 0 {
			sorry = true
		}
	}
	s.quorumUp = real && !sorry
}

// judge takes new probe results in.
func (s *service) judge(known results) []Event {
	var events []Event
	for i := range s.servers {
		events = append(events, s.servers[i].judge(known)...)
	}
	events = append(events, s.weigh()...)
	events = append(events, s.missing()...)
	if s.cfg.Hidden {
		return nil
	}
	return s.named(events)
}

// named says in the events which service they are about.
func (s *service) named(events []Event) []Event {
	for i := range events {
		events[i].VirtualServer, events[i].Keys = s.cfg.name(), s.cfg.Keys
	}
	return events
}

// advance moves the slow starts on.
func (s *service) advance(now time.Time) {
	for i := range s.servers {
		s.servers[i].advance(now)
	}
}

// nextStep is when the next step of a slow start is due; zero: never.
func (s *service) nextStep() time.Time {
	var first time.Time
	for i := range s.servers {
		if next := s.servers[i].nextStep(); !next.IsZero() && (first.IsZero() || next.Before(first)) {
			first = next
		}
	}
	return first
}

// draining reports whether servers drain.
func (s *service) draining() bool {
	for i := range s.servers {
		if s.servers[i].ordered().draining() {
			return true
		}
	}
	return false
}

// addTo puts the service into the table as the kernel should have it, once for
// each key.
func (s *service) addTo(want table) {
	byPort := make(map[uint16][]ipvs.Destination, 1)
	for _, key := range s.cfg.Keys {
		destinations, done := byPort[key.Port]
		if !done {
			destinations = s.destinations(key)
			byPort[key.Port] = destinations
		}
		v := s.settings(key)
		v.Destinations = destinations
		want[key] = v
	}
}

// destinations of the service with the key, sorted by address and port.
func (s *service) destinations(key ipvs.Key) []ipvs.Destination {
	list := make([]ipvs.Destination, 0, len(s.servers)+1)
	for i := range s.servers {
		if d, there := s.place(&s.servers[i]); there {
			d.Addr = behind(key, d.Addr)
			list = append(list, d)
		}
	}
	if v := s.cfg.SorryServer; v != nil && (s.sorry() || s.cfg.SorryServerInhibit) {
		list = s.standIn(list, key)
	}
	slices.SortStableFunc(list, func(a, b ipvs.Destination) int { return a.Addr.Compare(b.Addr) })
	return slices.CompactFunc(list, func(a, b ipvs.Destination) bool { return a.Addr == b.Addr })
}

// standIn adds the sorry server to the list. A real server with its address
// gives way to it while it is needed, and stays in its place otherwise.
func (s *service) standIn(list []ipvs.Destination, key ipvs.Key) []ipvs.Destination {
	d := *s.cfg.SorryServer
	d.Addr = behind(key, d.Addr)
	d.Weight = 0
	if s.sorry() {
		d.Weight = 1
		list = slices.DeleteFunc(list, func(o ipvs.Destination) bool { return o.Addr == d.Addr })
	}
	return append(list, d)
}

// place returns the real server as a destination, if it is to be one.
func (s *service) place(r *realServer) (d ipvs.Destination, there bool) {
	d = r.cfg.Destination
	// A server whose weight is 0, because the configuration, a probe or an
	// operator says so, takes no new connections and may finish its old ones
	// beside the sorry server.
	if r.live() && !r.ordered().out() && (!s.sorry() || r.goal() == 0) {
		d.Weight = r.share()
		return d, true
	}
	d.Weight = 0
	if s.cfg.Scheduler == ipvs.SchedulerMH {
		return d, true
	}
	return d, !r.ordered().out() && (r.cfg.InhibitOnFailure || r.held())
}

// settings returns the service with the key without destinations.
//
// Under mh every real server is always present, and weight 0 takes it out of
// service: the hash table depends on which destinations there are and in which
// order they came, so this way all directors hash alike. The kernel drops the
// clients of a destination with weight 0 unless mh-fallback is set
// (net/netfilter/ipvs/ip_vs_mh.c).
func (s *service) settings(key ipvs.Key) ipvs.Service {
	v := s.cfg
	want := ipvs.Service{
		Key: key, Scheduler: v.Scheduler, Flags: v.Flags,
		Timeout: v.PersistenceTimeout, PrefixLen: v.PrefixLen, PersistenceEngine: v.PersistenceEngine,
	}
	if v.Scheduler == ipvs.SchedulerMH {
		want.Flags |= ipvs.MHFallback
	}
	return want
}

// byAddr returns the real servers by their configured address.
func (s *service) byAddr() map[netip.AddrPort]*realServer {
	servers := make(map[netip.AddrPort]*realServer, len(s.servers))
	for i := range s.servers {
		servers[s.servers[i].cfg.Destination.Addr] = &s.servers[i]
	}
	return servers
}
