package config

import (
	"iter"
	"net/netip"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/vrrp"
)

// decodeTrackChecks reads the track_check blocks.
func (l *loader) decodeTrackChecks(blocks iter.Seq[*hcl.Block]) {
	names := make(map[string]hcl.Range)
	for b := range blocks {
		name, at := label(b)
		ok := l.checkName("track_check", name, at, names)
		c := l.open(b, l.root.child("track_check"))
		check := TrackCheck{Name: name}
		probes := c.probes()
		if len(probes) == 0 && c.complete && !c.anyWrong() && c.written("checks") == nil {
			l.errorAt(c.at, "No probe", "%s asks nothing. Write a probe in it, such as ping_check { connect_ip = \"192.0.2.1\" }, or remove it.", c.title())
		}
		for _, p := range probes {
			asked, ok := c.bindProbe(p)
			if ok && slices.Contains(check.Checks, asked) {
				l.errorAt(p.at, "Duplicate probe", "%s asks the same twice. Remove one of them.", c.title())
			} else if ok {
				check.Checks = append(check.Checks, asked)
			}
		}
		if ok {
			l.define(vrrp.TrackCheck, name, c.trackable(at))
			l.config.VRRP.Checks = append(l.config.VRRP.Checks, check)
		}
	}
}

// bindProbe returns the check that a probe of a track_check is. ok is false
// after an error.
func (c *content) bindProbe(p *probe) (check healthcheck.Check, ok bool) {
	if p.invalid {
		return check, false
	}
	target, ok := c.trackTarget(p)
	if !ok {
		return check, false
	}
	prober, q := p.prober, p.question
	if prober == nil && q == nil {
		var err error
		if q, err = p.ask(probePlace{}); err != nil {
			c.l.errorAt(p.at, "Invalid probe", "%s: %s.", p.spec.name, err)
			return check, false
		}
	}
	if q != nil {
		prober = q.prober
		c.l.asked = append(c.l.asked, Probe{Prober: prober, At: p.at, question: q})
	}
	// The defaults are those of a track_check: it is not about real servers.
	return healthcheck.Spec{Prober: prober, Target: target, Timing: p.resolve(p.timing.or(c.timing()))}.Check(), true
}

// trackTarget returns whom a probe of a track_check asks. There is no real
// server around it, so the probe says it all.
func (c *content) trackTarget(p *probe) (target healthcheck.Target, ok bool) {
	fail := func(detail string, args ...any) (healthcheck.Target, bool) {
		c.l.errorAt(p.at, "Probe without a target", detail, args...)
		return target, false
	}
	r := p.route
	switch kind := p.spec.probe.at; {
	case p.alpha != nil && !p.named:
		c.l.errorAt(p.at, "Argument without effect", "alpha is about real servers, and there is none here. Remove it.")
		return target, false
	case kind == nowhere || kind == aboutIt:
		return target, true
	case !r.ip.IsValid():
		return fail("In a track_check there is no real server to ask. Write connect_ip in %s.", p.spec.name)
	case kind == atPort && r.port == 0:
		return fail("In a track_check there is no real server whose port could be asked. Write connect_port in %s.", p.spec.name)
	case r.via != "":
		return fail("via leads through a virtual server, and a track_check has none around it. Remove it in %s.", p.spec.name)
	}
	target = healthcheck.Target{Addr: netip.AddrPortFrom(r.ip, uint16(r.port)), Device: r.device, Mark: r.mark}
	switch {
	case r.source.IsValid():
		target.Source = netip.AddrPortFrom(r.source, uint16(r.sourcePort))
	case r.sourcePort != 0 && r.ip.Is4():
		target.Source = netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(r.sourcePort))
	case r.sourcePort != 0:
		target.Source = netip.AddrPortFrom(netip.IPv6Unspecified(), uint16(r.sourcePort))
	}
	return target, true
}
