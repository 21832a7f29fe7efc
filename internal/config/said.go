package config

import (
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/director/ipvs"
)

// A said is an argument that several blocks inside each other may give: the
// innermost counts. The zero value says nothing.
type said[T any] struct {
	value T
	ok    bool
	where *hcl.Range // nil: a default
}

// say returns what c says about an argument, defaults included.
func say[T any](c *content, name string, get func(name string) (T, bool)) said[T] {
	value, ok := get(name)
	if !ok {
		return said[T]{}
	}
	return said[T]{value: value, ok: true, where: c.written(name)}
}

// or returns s, or base if s says nothing.
func (s said[T]) or(base said[T]) said[T] {
	if s.ok {
		return s
	}
	return base
}

// written tells whether somebody has written it.
func (s said[T]) written() bool { return s.where != nil }

// from renders for messages where it has been said.
func (s said[T]) from() string {
	if s.where == nil {
		return "the default"
	}
	return "at " + place(*s.where)
}

// settings are the arguments that a real server may leave to its pool and
// virtual server.
type settings struct {
	weight, upper, lower said[int]
	inhibit              said[bool]
	slowStart            said[time.Duration]
	checkMode            said[string]
	alpha                said[bool]
	virtualHost          said[string]
}

// settings reads them from a block.
func (c *content) settings() settings {
	return settings{
		weight:      say(c, "weight", c.number),
		upper:       say(c, "uthreshold", c.number),
		lower:       say(c, "lthreshold", c.number),
		inhibit:     say(c, "inhibit_on_failure", c.boolean),
		slowStart:   say(c, "slow_start", c.duration),
		checkMode:   say(c, "check_mode", c.text),
		alpha:       say(c, "alpha", c.boolean),
		virtualHost: say(c, "virtualhost", c.text),
	}
}

// or returns s, with what it does not say taken from base.
func (s settings) or(base settings) settings {
	return settings{
		weight:      s.weight.or(base.weight),
		upper:       s.upper.or(base.upper),
		lower:       s.lower.or(base.lower),
		inhibit:     s.inhibit.or(base.inhibit),
		slowStart:   s.slowStart.or(base.slowStart),
		checkMode:   s.checkMode.or(base.checkMode),
		alpha:       s.alpha.or(base.alpha),
		virtualHost: s.virtualHost.or(base.virtualHost),
	}
}

// A forwarding says how packets reach a server.
type forwarding struct {
	argument string // "lb_kind" or "lvs_method"
	method   said[ipvs.Forward]
	kind     said[ipvs.TunnelType]
	port     said[int]
	checksum said[ipvs.TunnelChecksum]
}

// forwarding reads it from a block. argument is what the block calls the
// method.
func (c *content) forwarding(argument string) forwarding {
	return forwarding{
		argument: argument,
		method:   say(c, argument, c.forward),
		kind:     say(c, "tun_type", c.tunnelType),
		port:     say(c, "tun_port", c.number),
		checksum: say(c, "tun_csum", c.tunnelChecksum),
	}
}

// or returns f, with what it does not say taken from base. A tunnel type of its
// own has nothing to do with the options of another one.
func (f forwarding) or(base forwarding) forwarding {
	result := f
	if !f.method.ok {
		result.argument, result.method = base.argument, base.method
	}
	if !f.kind.ok {
		result.kind = base.kind
		result.port = f.port.or(base.port)
		result.checksum = f.checksum.or(base.checksum)
	}
	return result
}

// tunnelled tells whether packets go through a tunnel.
func (f forwarding) tunnelled() bool { return f.method.ok && f.method.value == ipvs.Tunnel }

func (c *content) forward(name string) (ipvs.Forward, bool) {
	text, ok := c.text(name)
	switch text {
	case "DR":
		return ipvs.DR, ok
	case "TUN":
		return ipvs.Tunnel, ok
	default:
		return ipvs.NAT, ok
	}
}

func (c *content) tunnelType(name string) (ipvs.TunnelType, bool) {
	text, ok := c.text(name)
	switch text {
	case "gue":
		return ipvs.GUE, ok
	case "gre":
		return ipvs.GRE, ok
	default:
		return ipvs.IPIP, ok
	}
}

func (c *content) tunnelChecksum(name string) (ipvs.TunnelChecksum, bool) {
	text, ok := c.text(name)
	switch text {
	case "csum":
		return ipvs.Checksum, ok
	case "remcsum":
		return ipvs.RemoteChecksum, ok
	default:
		return ipvs.NoChecksum, ok
	}
}
