package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/internal/alert"
)

// A service is a virtual server being read.
type service struct {
	c      *content
	nameAt hcl.Range
	vs     director.VirtualServer
	keys   keySet
	match  *match // nil: none
	pool   *pool  // nil: none

	forwarding forwarding
	settings   settings
	timing     timing
	probes     []*probe // the default probes of its real servers

	claims     map[claim]*server
	named      []reference // checks and files that it or its real servers name
	asked      []asked     // probers that it has, each once
	through    []throughProbe
	alerts     []saidAlert // what it and its real servers say
	mixed      *hcl.Range  // a server of another family than the service
	timingUsed bool        // a probe has taken timing
	poolTiming bool        // a probe has taken that of the pool
	tunnelUsed bool        // a server has taken the tunnel
	hostUsed   bool        // a probe has taken virtualhost, or could
	rising     bool        // a server has taken slow_start
	weight     int         // of all real servers
	weightOK   bool        // all weights are known
}

// decodeService reads one virtual_server block.
func (l *loader) decodeService(b *hcl.Block) *service {
	l.named = nil
	c := l.open(b, l.root.child("virtual_server"))
	s := &service{
		c:          c,
		forwarding: c.forwarding("lb_kind"),
		settings:   c.settings(),
		timing:     c.writtenTiming(),
		probes:     c.probes(),
		weightOK:   true,
		claims:     make(map[claim]*server),
	}
	s.vs.Name, s.nameAt = label(b)
	s.vs.Quorum, _ = c.number("quorum")
	s.vs.Hysteresis, _ = c.number("hysteresis")
	s.vs.QuorumUp, s.vs.QuorumDown = c.command("quorum_up"), c.command("quorum_down")
	if mail := c.smtpAlert(); mail != nil {
		s.alerts = append(s.alerts, saidAlert{alert.Object{VirtualServer: s.vs.Name}, *mail})
	}
	s.vs.Omega, _ = c.boolean("omega")
	s.vs.HASuspend, _ = c.boolean("ha_suspend")
	s.vs.SorryServerInhibit, _ = c.boolean("sorry_server_inhibit")
	s.decodeKeys()
	s.decodeMatch(c.one("match"))
	s.decodeScheduler()

	servers := s.servers()
	s.findFamily(servers)
	s.decodePersistence()
	s.vs.RealServers = make([]director.RealServer, 0, len(servers)) // nothing for ever that is not needed
	for _, srv := range servers {
		s.bindRealServer(srv)
	}
	s.bindSorryServer(c.one("sorry_server"))
	s.checkQuorum()
	s.checkEffects()
	s.named = l.named
	return s
}

// servers returns the real servers: the service's own and those of its pool.
func (s *service) servers() []*server {
	servers, ok := s.c.l.decodeServers(s.c)
	p, poolOK := s.c.pool("pool")
	s.weightOK = ok && poolOK
	if p != nil {
		s.pool = p
		s.weightOK = s.weightOK && p.complete
		servers = append(servers, p.servers...)
	}
	return servers
}

// checkName reports a name that is empty, unprintable or taken.
func (l *loader) checkName(what, name string, at hcl.Range, seen map[string]hcl.Range) (ok bool) {
	if name == "" {
		l.errorAt(at, "Empty name", "A %s needs a name, for messages and commands. Write one between the quotes.", what)
		return false
	}
	if strings.ContainsFunc(name, isControl) {
		l.errorAt(at, "Control character", "The name of this %s holds a control character. Only printable characters are allowed here.", what)
		return false
	}
	if first, dup := seen[name]; dup {
		l.errorAt(at, "Duplicate name", "The %s %q is already defined at %s. Rename or remove one of them.", what, name, place(first))
		return false
	}
	seen[name] = at
	return true
}

// decodeScheduler reads lb_algo and its options.
func (s *service) decodeScheduler() {
	s.vs.Scheduler, _ = s.c.text("lb_algo")
	for _, option := range []struct {
		name, scheduler string // "": for any
		flag            ipvs.Flags
	}{
		{"sh_port", "sh", ipvs.SHPort},
		{"sh_fallback", "sh", ipvs.SHFallback},
		{"mh_port", "mh", ipvs.MHPort},
		{"mh_fallback", "mh", ipvs.MHFallback},
		{"flag_1", "", ipvs.SchedFlag1},
		{"flag_2", "", ipvs.SchedFlag2},
		{"flag_3", "", ipvs.SchedFlag3},
	} {
		switch on, ok := s.c.boolean(option.name); {
		case !ok || s.vs.Scheduler == "":
		case !on && option.name == "mh_fallback" && s.vs.Scheduler == option.scheduler:
			s.c.contradict(option.name, "lb_algo", "With mh a failed real server stays in the table with weight 0, so that all directors have the same table; without the fallback its clients would get no answer. Remove mh_fallback.")
		case !on:
		case option.scheduler != "" && s.vs.Scheduler != option.scheduler:
			s.c.contradict(option.name, "lb_algo", "It is an option of the scheduler "+option.scheduler+". Remove it, or use lb_algo = \""+option.scheduler+"\".")
		default:
			s.vs.Flags |= option.flag
		}
	}
	if ops, _ := s.c.boolean("ops"); ops {
		s.vs.Flags |= ipvs.OnePacket
		if s.keys.ok && !s.keys.only(ipvs.UDP) {
			s.needUDP("ops", "The kernel schedules single packets of UDP only.")
		}
	}
}

// needUDP reports an argument that only UDP and marks can have.
func (s *service) needUDP(name, why string) {
	for _, other := range []string{"protocols", "protocol"} {
		if s.c.written(other) != nil {
			s.c.contradict(name, other, why+" Use protocol = \"UDP\", or remove "+name+".")
			return
		}
	}
	s.c.bad(name, "Contradictory arguments", "%s: %s The protocol is TCP, as none is written. Add protocol = \"UDP\", or remove %s.", name, why, name)
}

// checkQuorum reports a virtual server without servers, and a quorum that
// cannot be reached.
func (s *service) checkQuorum() {
	known := s.weightOK && s.c.complete
	if len(s.vs.RealServers) == 0 && known && s.vs.SorryServer == nil {
		s.c.l.errorAt(s.c.at, "No real server", "%s has nobody to send connections to. Add a real_server or sorry_server, or remove it.", s.c.title())
	}
	quorum, ok := s.c.number("quorum")
	hysteresis, hysteresisOK := s.c.number("hysteresis")
	switch {
	case !ok || !hysteresisOK:
	case quorum > 1 && known && quorum > s.weight:
		s.c.bad("quorum", "Quorum out of reach", "quorum is %d, but the weights of all real servers add up to %d. Lower it, or raise weights.", quorum, s.weight)
	case hysteresis == 0:
	case hysteresis >= quorum:
		s.c.bad("hysteresis", "Hysteresis too large", "The quorum would be lost below %d-%d, which never happens: hysteresis has to be less than quorum%s. Write a smaller one, or a larger quorum.", quorum, hysteresis, s.at("quorum"))
	case known && quorum+hysteresis > s.weight:
		s.c.bad("hysteresis", "Quorum out of reach", "A lost quorum comes back at quorum%s + hysteresis = %d, but the weights of all real servers add up to %d. Lower one of them, or raise weights.", s.at("quorum"), quorum+hysteresis, s.weight)
	}
}

// at renders for messages where an argument has been written, if it has.
func (s *service) at(name string) string {
	if at := s.c.written(name); at != nil {
		return " (" + place(*at) + ")"
	}
	return ""
}

// checkEffects reports arguments that could be left out without a change.
func (s *service) checkEffects() {
	if s.vs.HASuspend && s.keys.mark != 0 {
		s.c.contradict("ha_suspend", "fwmark", "A mark has no address that could be on this host or not. Remove ha_suspend.")
	}
	if s.vs.SorryServerInhibit && s.vs.SorryServer == nil && s.c.complete {
		s.c.bad("sorry_server_inhibit", "Argument without effect", "There is no sorry_server that could stay. Add one, or remove sorry_server_inhibit.")
	}
	if !s.weightOK || !s.c.complete {
		return // something is missing that might take them
	}
	for _, name := range []string{"tun_type", "tun_port", "tun_csum"} {
		if s.c.given(name) && !s.tunnelUsed && s.forwarding.method.ok {
			s.c.bad(name, "Argument without effect", "%s is for tunnels, and no server has one. Use lb_kind = \"TUN\", or remove %s.", name, name)
		}
	}
	if d := s.settings.slowStart; d.written() && d.value > 0 && !s.rising {
		s.c.bad("slow_start", "Argument without effect", "No real server takes slow_start from here with a weight of 2 or more, so that nothing could rise. Raise weights, or remove slow_start.")
	}
	if s.c.given("virtualhost") && !s.hostUsed {
		s.c.bad("virtualhost", "Argument without effect", "virtualhost is for http_get and ssl_get, and no real server has one from here. Add one, or remove virtualhost.")
	}
	for _, name := range []string{"delay_loop", "connect_timeout", "retry", "delay_before_retry", "warmup"} {
		if s.c.given(name) && s.poolTiming && !s.timingUsed {
			s.c.contradict(name, "pool", "All real servers come from the pool, whose probes have a timing of their own. Write it in the pool.")
		}
	}
}
