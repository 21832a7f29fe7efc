package config

import (
	"net/netip"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/healthcheck"
)

// A timing holds the timing arguments of one block; nil is for what it does
// not say.
type timing struct {
	loop, timeout, retryDelay, warmup *time.Duration
	retry                             *int
}

// timing reads the timing arguments of a block, with their defaults.
func (c *content) timing() timing {
	return c.timingOf(func(string) bool { return true })
}

// writtenTiming reads those that are written.
func (c *content) writtenTiming() timing {
	return c.timingOf(c.given)
}

func (c *content) timingOf(wanted func(name string) bool) timing {
	duration := func(name string) *time.Duration {
		if !wanted(name) {
			return nil
		}
		if d, ok := c.duration(name); ok {
			return &d
		}
		return nil
	}
	t := timing{
		loop:       duration("delay_loop"),
		timeout:    duration("connect_timeout"),
		retryDelay: duration("delay_before_retry"),
		warmup:     duration("warmup"),
	}
	if n, ok := c.number("retry"); ok && wanted("retry") {
		t.retry = &n
	}
	return t
}

// or returns t, with what it does not say taken from base.
func (t timing) or(base timing) timing {
	return timing{
		loop:       either(t.loop, base.loop),
		timeout:    either(t.timeout, base.timeout),
		retryDelay: either(t.retryDelay, base.retryDelay),
		warmup:     either(t.warmup, base.warmup),
		retry:      either(t.retry, base.retry),
	}
}

func either[T any](first, second *T) *T {
	if first != nil {
		return first
	}
	return second
}

// resolve returns the timing of a probe. What nobody says is zero: that is only
// so after an error.
func (t timing) resolve(rise int) healthcheck.Timing {
	return healthcheck.Timing{
		Interval:   orZero(t.loop),
		Timeout:    orZero(t.timeout),
		Retry:      orZero(t.retry),
		RetryDelay: orZero(t.retryDelay),
		Rise:       rise,
		Warmup:     orZero(either(t.warmup, t.loop)), // keepalived's default
	}
}

func orZero[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// A probe is one block tcp_check, not yet bound to a real server.
type probe struct {
	at      hcl.Range
	prober  healthcheck.Prober
	timing  timing
	rise    int
	ip      netip.Addr // connect_ip, if given
	port    int        // connect_port, 0 if not given
	source  netip.Addr // bindto, if given
	invalid bool       // an error has been reported
}

// decodeTCPCheck reads a block tcp_check.
func (l *loader) decodeTCPCheck(b *hcl.Block, spec *block) probe {
	c := l.open(b, spec)
	p := probe{at: b.DefRange, prober: healthcheck.TCP{}, timing: c.timing()}
	p.rise, _ = c.number("rise")
	p.port, _ = c.number("connect_port")
	p.ip = c.host("connect_ip")
	p.source = c.host("bindto")
	if p.ip.IsValid() && p.source.IsValid() && p.ip.Is4() != p.source.Is4() {
		c.bad("bindto", "Mixed address families", "bindto is %s and connect_ip is %s: a connection has both ends in one family. Write a source of the same family.", p.source, p.ip)
	}
	p.invalid = c.anyWrong()
	return p
}

// host returns the value of an argument that is the address of a host,
// the zero Addr if it is not given.
func (c *content) host(name string) netip.Addr {
	text, ok := c.text(name)
	if !ok {
		return netip.Addr{}
	}
	addr, err := parseAddr(text)
	if err == nil {
		err = checkHost(addr)
	}
	if err != nil {
		c.bad(name, "Invalid address", "%s: %s.", name, err)
		return netip.Addr{}
	}
	return addr
}

// bindProbe returns the check that p is for a real server at addr, with the
// timing t. ok is false after an error.
func (s *service) bindProbe(srv *server, p probe, real netip.AddrPort, t timing) (check healthcheck.Check, ok bool) {
	if p.invalid {
		return healthcheck.Check{}, false
	}
	addr, port := real.Addr(), real.Port()
	if p.ip.IsValid() {
		addr = p.ip
	}
	if p.port != 0 {
		port = uint16(p.port)
	}
	switch {
	case port == 0 && s.keys.mark != 0:
		s.report(srv, p.at, "Probe without a port", "The real server %s has no port of its own to connect to, as the service is for marked packets. Add connect_port.", real.Addr())
		return healthcheck.Check{}, false
	case port == 0 && s.keys.hasPort(0):
		s.report(srv, p.at, "Probe without a port", "The real server %s has no port of its own to connect to, as the service is for all ports. Add connect_port.", real.Addr())
		return healthcheck.Check{}, false
	case port == 0:
		s.report(srv, p.at, "Probe without a port", "The real server %s has no port of its own to connect to, as the service has several. Add connect_port, or a probe for each.", real.Addr())
		return healthcheck.Check{}, false
	case p.source.IsValid() && p.source.Is4() != addr.Is4():
		s.report(srv, p.at, "Mixed address families", "bindto is %s, but the real server %s is %s. Give that server a probe of its own, with a source of its family.", p.source, addr, familyName(addr))
		return healthcheck.Check{}, false
	}
	source := netip.AddrPort{}
	if p.source.IsValid() {
		source = netip.AddrPortFrom(p.source, 0)
	}
	return healthcheck.Spec{
		Prober: p.prober,
		Target: healthcheck.Target{Addr: netip.AddrPortFrom(addr, port), Source: source},
		Timing: t.resolve(p.rise),
	}.Check(), true
}
