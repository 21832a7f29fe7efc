package config

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// A namedCheck is a block check: probes for any number of places.
type namedCheck struct {
	at     hcl.Range
	probes []*probe
}

// decodeChecks reads the check blocks.
func (l *loader) decodeChecks(blocks iter.Seq[*hcl.Block]) {
	l.checks = make(map[string]*namedCheck)
	names := make(map[string]hcl.Range)
	for b := range blocks {
		name, at := label(b)
		ok := l.checkName("check", name, at, names)
		c := l.open(b, l.root.child("check"))
		check := &namedCheck{at: at, probes: l.decodeProbes(c)}
		for _, p := range check.probes {
			p.named = true
		}
		if len(check.probes) == 0 && c.complete {
			l.errorAt(c.at, "No probe", "%s asks nothing. Write a probe in it, such as tcp_check {}, or remove it.", c.title())
		}
		if ok {
			l.checks[name] = check
		}
	}
}

// decodeProbes reads the probe blocks in a block.
func (l *loader) decodeProbes(c *content) []*probe {
	var probes []*probe
	for _, b := range c.blocks {
		if spec := c.spec.child(b.Type); spec.probe != nil {
			probes = append(probes, l.decodeProbe(b, spec))
		}
	}
	return slices.Clip(probes)
}

// probes returns the probes in a block and those of the checks that it names.
func (c *content) probes() []*probe {
	probes := c.l.decodeProbes(c)
	names, _ := c.list("checks")
	seen := make(map[string]bool, len(names))
	for _, name := range names {
		if seen[name.text] {
			c.badElement("checks", name, "Duplicate name", "checks names %q twice. Remove one of them.", name.text)
			continue
		}
		seen[name.text] = true
		check := c.l.checks[name.text]
		if check == nil {
			c.unknownCheck(name)
			continue
		}
		c.l.named = append(c.l.named, reference{"check", name.text})
		probes = append(probes, check.probes...)
	}
	return probes
}

// unknownCheck reports a name that no check has.
func (c *content) unknownCheck(name element) {
	known := slices.Sorted(maps.Keys(c.l.checks))
	similar := suggest(name.text, known)
	switch {
	case c.l.broken(): // it may be in the part that could not be read
	case similar != "":
		c.badElement("checks", name, "Unknown check", "There is no check %q. Did you mean %q?", name.text, similar)
	case len(known) == 0:
		c.badElement("checks", name, "Unknown check", "There is no check %q, nor any other. Add a block check %q, or write the probe here.", name.text, name.text)
	default:
		c.badElement("checks", name, "Unknown check", "There is no check %q. There are %s.", name.text, strings.Join(quoteAll(known), ", "))
	}
}

// reportUnusedChecks warns of checks that nobody names: they ask nothing.
func (l *loader) reportUnusedChecks(used map[reference]bool) {
	for _, name := range slices.Sorted(maps.Keys(l.checks)) {
		if used[reference{"check", name}] || l.broken() {
			continue
		}
		l.diags = append(l.diags, &hcl.Diagnostic{
			Severity: hcl.DiagWarning,
			Summary:  "Unused check",
			Detail:   "Nothing names this check. Write checks = [\"" + name + "\"] in a virtual_server, pool or real_server, or remove it.",
			Subject:  &l.checks[name].at,
		})
	}
}
