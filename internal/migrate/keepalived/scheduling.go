package keepalived

import (
	"math"
	"slices"
	"time"

	"github.com/ldirector/ldirector/internal/migrate"
)

// scheduling writes lb_algo and lb_kind.
func (v *service) scheduling() {
	algo, from := "wlc", v.c.implied(v.s)
	if s := v.s.last("lvs_sched", "lb_algo"); s != nil && len(s.words) > 1 {
		v.comments(s)
		algo, from = s.words[1], v.c.from(s)
	} else {
		v.c.assume(v.s, "%s has no lvs_sched. keepalived takes wlc then, and so does the import.", v.what)
	}
	v.out.Set("lb_algo", migrate.String(algo), from)

	s := v.s.last("lvs_method", "lb_kind")
	if s == nil || len(s.words) < 2 {
		v.method = "NAT"
		v.c.assume(v.s, "%s has no lvs_method. keepalived takes NAT then, and so does the import.", v.what)
		v.out.Set("lb_kind", migrate.String("NAT"), v.c.implied(v.s))
		return
	}
	v.comments(s)
	v.method = s.words[1]
	forwarding("lb_kind")(v.c, &v.out.Body, s)
}

// forwarding writes "NAT|DR|TUN [type ipip|gue port N|gre] [nocsum|csum|remcsum]".
func forwarding(name string) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		method, ok := c.value(s)
		if !ok {
			return
		}
		out.Set(name, migrate.String(method), c.from(s))
		for i := 2; i < len(s.words); i++ {
			switch word := s.words[i]; {
			case word == "type" && i+1 < len(s.words):
				i++
				out.Set("tun_type", migrate.String(s.words[i]), c.implied(s))
			case word == "port" && i+1 < len(s.words):
				i++
				if n, ok := c.number(s, i, 1, math.MaxUint16); ok {
					out.Set("tun_port", migrate.Number(n), c.implied(s))
				}
			case slices.Contains([]string{"nocsum", "csum", "remcsum"}, word):
				out.Set("tun_csum", migrate.String(word), c.implied(s))
			default:
				c.assume(s, "%q is not understood here. It is left out.", word)
			}
		}
	}
}

// persistence adds what keepalived takes for granted.
func (v *service) persistence(t target) {
	if v.s.last("persistence_timeout") != nil {
		return
	}
	if s := v.s.last("persistence_granularity"); s != nil {
		v.c.explain(s, "it turns persistence on; without persistence_timeout that is 6 minutes.")
		v.out.Set("persistence_timeout", migrate.Duration(defaultPersistence), v.c.implied(s))
		return
	}
	if slices.ContainsFunc(t.addresses, func(a address) bool { return a.port == 0 }) {
		v.c.assume(v.s, "%s is for all ports, which works with persistence only. keepalived turns it on, for 6 minutes, and so does the import.", v.what)
		v.out.Set("persistence_timeout", migrate.Duration(defaultPersistence), v.c.implied(v.s))
	}
}

func persistenceTimeout(c *converter, out *migrate.Body, s *statement) {
	if len(s.words) == 1 {
		c.explain(s, "without a value it is 6 minutes.")
		out.Set("persistence_timeout", migrate.Duration(defaultPersistence), c.from(s))
		return
	}
	if n, ok := c.number(s, 1, 1, int64(maxPersistence/time.Second)); ok {
		out.Set("persistence_timeout", migrate.Duration(time.Duration(n)*time.Second), c.from(s))
	}
}

func persistenceGranularity(c *converter, out *migrate.Body, s *statement) {
	if v, ok := c.value(s); ok {
		out.Set("persistence_granularity", migrate.String(v), c.from(s))
	}
}
