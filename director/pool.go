package director

import (
	"maps"
	"slices"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
)

// A pool is the model: configuration, probe results and what was found in the
// kernel at adoption together say what the table should be. It does no I/O and
// reads no clock. Services are named by their index in the configuration.
type pool struct {
	services []*service
	asks     map[healthcheck.Check][]int // the services that ask
	known    results
}

func newPool(servers []VirtualServer) *pool {
	p := &pool{asks: make(map[healthcheck.Check][]int), known: make(results)}
	for i := range servers {
		p.services = append(p.services, newService(&servers[i]))
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
		s.adopt(have[s.cfg.Keys[0]])
	}
}

// observe takes results in. It returns the services they concern, ascending,
// and what an operator should hear, in the configuration's order.
func (p *pool) observe(fresh results) (touched []int, events []event) {
	concerned := make(map[int]bool)
	for check, status := range fresh {
		asking := p.asks[check]
		if len(asking) == 0 {
			continue
		}
		p.known[check] = status
		for _, i := range asking {
			concerned[i] = true
		}
	}
	touched = slices.Sorted(maps.Keys(concerned))
	for _, i := range touched {
		events = append(events, p.services[i].judge(p.known)...)
	}
	return touched, events
}

// count returns how many real servers are in each state.
func (p *pool) count() map[healthcheck.State]int {
	n := make(map[healthcheck.State]int)
	for _, s := range p.services {
		for i := range s.servers {
			n[s.servers[i].state]++
		}
	}
	return n
}

// A service is the model of one virtual server.
type service struct {
	cfg       *VirtualServer
	servers   []realServer
	quorumUp  bool
	hadQuorum bool // ever since the start
}

func newService(cfg *VirtualServer) *service {
	s := &service{cfg: cfg, servers: make([]realServer, len(cfg.RealServers))}
	for i := range s.servers {
		r := &s.servers[i]
		r.cfg = &cfg.RealServers[i]
		r.verdict = combine(r.cfg.Checks, nil)
		r.judged = r.state != healthcheck.Unknown
	}
	s.weigh()
	return s
}

// adopt starts from the kernel's idea of the service; the zero Service: it has
// none.
func (s *service) adopt(found ipvs.Service) {
	there := weights(found)
	for i := range s.servers {
		r := &s.servers[i]
		weight, ok := there[r.cfg.Destination.Addr]
		r.adopt(weight, ok)
	}
	s.weigh()
}

// judge takes new probe results in.
func (s *service) judge(known results) []event {
	var events []event
	for i := range s.servers {
		if e, news := s.servers[i].judge(known); news {
			events = append(events, e)
		}
	}
	events = append(events, s.weigh()...)
	for i := range events {
		events[i].service = s.cfg.name()
	}
	return events
}

// weigh compares the live weight with the quorum.
func (s *service) weigh() []event {
	var live uint64
	for i := range s.servers {
		if s.servers[i].live(s.cfg.Alpha) {
			live += uint64(s.servers[i].cfg.Destination.Weight)
		}
	}
	was, first := s.quorumUp, !s.hadQuorum
	s.quorumUp = live >= uint64(max(s.cfg.Quorum, 1))
	s.hadQuorum = s.hadQuorum || s.quorumUp

	switch {
	case was == s.quorumUp:
		return nil
	case s.quorumUp:
		return s.events(first, quorumGained, sorryOut)
	default:
		return s.events(false, quorumLost, sorryIn)
	}
}

// events about the quorum and, if there is one, the sorry server.
func (s *service) events(first bool, quorum, sorry eventKind) []event {
	events := []event{{kind: quorum, first: first}}
	if s.cfg.SorryServer != nil {
		events = append(events, event{kind: sorry, realServer: s.cfg.SorryServer.Addr, first: first})
	}
	return events
}

// sorry reports whether the sorry server is to serve.
func (s *service) sorry() bool {
	return !s.quorumUp && s.cfg.SorryServer != nil
}

// desired returns the service as the kernel should have it, destinations
// sorted by address and port.
func (s *service) desired() ipvs.Service {
	want := s.parameters()
	sorry := s.sorry()
	for i := range s.servers {
		d, there := s.place(&s.servers[i])
		if there && (!sorry || d.Addr != s.cfg.SorryServer.Addr) {
			want.Destinations = append(want.Destinations, d)
		}
	}
	if sorry {
		d := *s.cfg.SorryServer
		d.Weight = 1
		want.Destinations = append(want.Destinations, d)
	}
	slices.SortFunc(want.Destinations, func(a, b ipvs.Destination) int { return a.Addr.Compare(b.Addr) })
	return want
}

// place returns the real server as a destination, if it is to be one.
func (s *service) place(r *realServer) (d ipvs.Destination, there bool) {
	d = r.cfg.Destination
	// A server configured with weight 0 takes no new connections and may
	// finish its old ones beside the sorry server.
	if r.live(s.cfg.Alpha) && (!s.sorry() || d.Weight == 0) {
		return d, true
	}
	d.Weight = 0
	return d, r.cfg.InhibitOnFailure || r.held() || s.cfg.Scheduler == ipvs.SchedulerMH
}

// parameters returns the service without destinations.
//
// Under mh every real server is always present, and weight 0 takes it out of
// service: the hash table depends on which destinations there are and in which
// order they came, so this way all directors hash alike. The kernel drops the
// clients of a destination with weight 0 unless mh-fallback is set
// (net/netfilter/ipvs/ip_vs_mh.c).
func (s *service) parameters() ipvs.Service {
	v := s.cfg
	want := ipvs.Service{Key: v.Keys[0], Scheduler: v.Scheduler, Flags: v.Flags, Timeout: v.PersistenceTimeout}
	if v.Scheduler == ipvs.SchedulerMH {
		want.Flags |= ipvs.MHFallback
	}
	return want
}

// status of the service, beside what the kernel has of it.
func (s *service) status(have ipvs.Service) VirtualServerStatus {
	v := VirtualServerStatus{
		Name:        s.cfg.name(),
		Keys:        s.cfg.Keys,
		Scheduler:   s.cfg.Scheduler,
		Quorum:      max(s.cfg.Quorum, 1),
		QuorumUp:    s.quorumUp,
		SorryActive: s.sorry(),
		RealServers: make([]RealServerStatus, 0, len(s.servers)),
	}
	there := weights(have)
	for i := range s.servers {
		v.RealServers = append(v.RealServers, s.servers[i].status(there[s.servers[i].cfg.Destination.Addr]))
	}
	return v
}
