package keepalived

import (
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ldirector/ldirector/internal/migrate"
)

const (
	// defaultPersistence is IPVS_SVC_PERSISTENT_TIMEOUT of linux/ip_vs.h.
	defaultPersistence = 360 * time.Second
	maxPersistence     = 31 * 24 * time.Hour
	maxPeriod          = 24 * time.Hour
	minPeriod          = 10 * time.Millisecond
)

// serviceTable is virtual_server.
func serviceTable() *table {
	return &table{name: "virtual_server", to: "virtual_server", rows: slices.Concat(
		[]keyword{
			row("protocol", "protocol", nothing).with("Without it keepalived takes UDP, ldirector TCP: the import writes it."),
			row("lvs_sched", "lb_algo", nothing).with("Without it keepalived takes wlc: the import writes it."),
			row("lb_algo", "lb_algo", nothing),
			row("lvs_method", "lb_kind, tun_type, tun_port, tun_csum", nothing).with("Without it keepalived takes NAT: the import writes it."),
			row("lb_kind", "lb_kind, tun_type, tun_port, tun_csum", nothing),
			row("persistence_timeout", "persistence_timeout", persistenceTimeout).with("Without a value it is 6 minutes."),
			row("persistence_granularity", "persistence_granularity", persistenceGranularity),
			same("persistence_engine", text),
			row("flag-1", "flag_1", enabled("flag_1")), row("flag-2", "flag_2", enabled("flag_2")), row("flag-3", "flag_3", enabled("flag_3")),
			row("sh-port", "sh_port", enabled("sh_port")), row("sh-fallback", "sh_fallback", enabled("sh_fallback")),
			row("mh-port", "mh_port", enabled("mh_port")), row("mh-fallback", "mh_fallback", enabled("mh_fallback")),
			none("hashed", migrate.Note, "It has no effect: every service is in the kernel's hash table."),
			row("ops", "ops", enabled("ops")).with("For UDP and firewall marks only; keepalived clears it otherwise."),
			row("quorum", "quorum", nothing).with("Where it is higher than the weights of all real servers, it is lowered to that."),
			row("hysteresis", "hysteresis", nothing).with("Where it is not lower than the quorum, it is lowered to one less."),
			same("quorum_up", command), same("quorum_down", command),
			row("alpha", "alpha", nothing).with("It is on here without being written: the import writes alpha = false."),
			same("omega", enabled),
			row("ha_suspend", "ha_suspend", enabled("ha_suspend")).with("keepalived clears it for firewall marks."),
			row("ip_family", "ip_family", text("ip_family")).with("For firewall marks only."),
			row("sorry_server", "sorry_server", nothing),
			row("sorry_server_inhibit", "sorry_server_inhibit", enabled("sorry_server_inhibit")),
			row("sorry_server_lvs_method", "sorry_server { lvs_method }", nothing),
			block("real_server", "real_server", realServerTable(), realServer),
		},
		serverRows(),
	)}
}

// serverRows are the keywords that virtual_server and real_server share.
func serverRows() []keyword {
	return slices.Concat([]keyword{
		row("weight", "weight", number("weight", 0, math.MaxInt32)),
		row("inhibit_on_failure", "inhibit_on_failure", boolean("inhibit_on_failure")),
		same("virtualhost", text),
		row("smtp_alert", "smtp_alert", boolean("smtp_alert")).with("Without it keepalived mails for real servers, not for virtual servers."),
		none("snmp_name", migrate.Note, "There is no SNMP; the name of a virtual server is its label."),
	}, timingRows(1))
}

// timingRows are the timing keywords of virtual servers, real servers and
// checkers.
func timingRows(minRetry int64) []keyword {
	return []keyword{
		row("delay_loop", "delay_loop", seconds("delay_loop", minPeriod, maxPeriod)),
		row("connect_timeout", "connect_timeout", seconds("connect_timeout", time.Millisecond, time.Hour)).with("It is for a whole probe here, not for each of its steps."),
		row("retry", "retry", number("retry", minRetry, 1000)),
		row("delay_before_retry", "delay_before_retry", seconds("delay_before_retry", 0, maxPeriod)),
		row("warmup", "warmup", seconds("warmup", 0, maxPeriod)),
	}
}

// realServerTable is real_server.
func realServerTable() *table {
	return &table{name: "real_server", to: "real_server", rows: slices.Concat(
		[]keyword{
			row("lvs_method", "lvs_method, tun_type, tun_port, tun_csum", forwarding("lvs_method")),
			row("uthreshold", "uthreshold", number("uthreshold", 0, math.MaxUint32)),
			row("lthreshold", "lthreshold", number("lthreshold", 0, math.MaxUint32)),
			same("notify_up", command), same("notify_down", command),
			row("alpha", "alpha", boolean("alpha")),
		},
		serverRows(), checkerRows(),
	)}
}

// nothing is for keywords that are written together with others.
func nothing(*converter, *migrate.Body, *statement) {}

// A service is a virtual_server being translated.
type service struct {
	c    *converter
	s    *statement
	what string // for people
	name string

	protocol string // "" for marks
	marked   bool
	port     uint16 // of the only address; 0: none, all or several
	method   string
	seen     map[string]bool // real servers by label
	out      *migrate.Block
}

// virtualServer writes a virtual_server: one block, or several for a group with
// marks.
func virtualServer(c *converter, out *migrate.Body, s *statement) {
	if len(s.all("real_server")) == 0 {
		c.drop(out, s, migrate.Assumption, "it has no real_server, so keepalived leaves it out, and so does the import.")
		return
	}
	switch {
	case s.arg(1) == "group":
		virtualServerGroup(c, out, s)
	case s.arg(1) == "fwmark":
		if mark, ok := c.number(s, 2, 1, math.MaxUint32); ok {
			c.extra(s, 3)
			c.service(out, s, "fwmark-"+itoa(mark), target{mark: mark})
		}
	default:
		addr, port, ok := c.endpoint(s, 1)
		if ok {
			c.extra(s, 3)
			c.service(out, s, "", target{addresses: []address{{from: addr, to: addr, port: port}}})
		}
	}
}

// endpoint reads "IP [PORT]" from word i on.
func (c *converter) endpoint(s *statement, i int) (netip.Addr, uint16, bool) {
	addr, err := netip.ParseAddr(s.arg(i))
	if err != nil {
		c.report.Add(migrate.Error, s.at, s.words[0], "%q is not an IP address.", s.arg(i))
		return addr, 0, false
	}
	if len(s.words) <= i+1 {
		return addr, 0, true
	}
	port, ok := c.port(s, s.words[i+1])
	return addr, port, ok
}

func (c *converter) port(s *statement, word string) (uint16, bool) {
	port, err := strconv.ParseUint(word, 10, 16)
	if err != nil {
		c.report.Add(migrate.Error, s.at, s.words[0], "%q is not a port.", word)
	}
	return uint16(port), err == nil
}

// A target is what a virtual_server is for: a mark, or addresses.
type target struct {
	mark      int64
	family    string // of a group's mark, "" if not given
	addresses []address
}

// service writes one virtual_server block.
func (c *converter) service(out *migrate.Body, s *statement, name string, t target) {
	v := &service{c: c, s: s, marked: t.mark != 0, seen: make(map[string]bool)}
	v.what = strings.Join(s.words, " ")
	if len(t.addresses) == 1 && t.addresses[0].from == t.addresses[0].to {
		v.port = t.addresses[0].port
	}
	v.decideProtocol()
	if name == "" {
		a := t.addresses[0]
		name = a.from.String() + "-" + itoa(int64(a.port)) + "-" + strings.ToLower(v.protocol)
		if a.port == 0 {
			name = a.from.String() + "-" + strings.ToLower(v.protocol)
		}
	}
	v.name = c.unique(name, strings.ToLower(v.protocol))
	v.out = out.Block("virtual_server", []string{v.name}, c.from(s))
	v.out.NoTCP = v.protocol != "TCP"
	v.target(t)
	v.scheduling()
	v.persistence(t)
	v.counts()
	v.rest()
}

// unique returns a name that no virtual server has.
func (c *converter) unique(name, protocol string) string {
	if c.taken[name] > 0 && protocol != "" && !strings.HasSuffix(name, "-"+protocol) {
		name += "-" + protocol
	}
	for {
		c.taken[name]++
		n := c.taken[name]
		if n == 1 {
			return name
		}
		name += "-" + itoa(int64(n))
	}
}

// decideProtocol finds out the protocol; marks have none.
func (v *service) decideProtocol() {
	p := v.s.last("protocol")
	switch {
	case v.marked:
		if p != nil {
			v.c.report.Add(migrate.Note, p.at, "protocol", "it has no effect on a service for a firewall mark.")
		}
	case p == nil:
		v.protocol = "UDP"
		v.c.assume(v.s, "%s has no protocol. keepalived takes UDP then, and so does the import. If TCP is meant, correct protocol.", v.what)
	case slices.Contains([]string{"TCP", "UDP", "SCTP"}, p.arg(1)):
		v.protocol = p.arg(1)
	default:
		v.protocol = "UDP"
		v.c.assume(p, "keepalived does not know %q and takes UDP, and so does the import. If TCP is meant, correct protocol.", p.arg(1))
	}
}

// target writes what the service is for.
func (v *service) target(t target) {
	if v.marked {
		v.out.Set("fwmark", migrate.Number(t.mark), v.c.implied(v.s))
		if t.family != "" && v.s.last("ip_family") == nil {
			v.out.Set("ip_family", migrate.String(t.family), v.c.implied(v.s))
		}
		return
	}
	v.addresses(t.addresses)
	from := v.c.implied(v.s)
	if p := v.s.last("protocol"); p != nil {
		v.comments(p)
		from = v.c.from(p)
	}
	v.out.Set("protocol", migrate.String(v.protocol), from)
}

// comments writes the comments before a statement.
func (v *service) comments(s *statement) { v.out.Lead(s.before...) }
