package config

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/healthcheck"
)

// A probeKind is what there is to know about a type of probe besides its
// arguments.
type probeKind struct {
	// at says what of a real server is asked.
	at aim
	// retry is the default of the argument, if it is not that of all probes.
	retry *int
	// ownTimeout says that a probe takes no connect_timeout from around it:
	// without one of its own it may take as long as delay_loop.
	ownTimeout bool
	// decode reads the arguments that only this type has: it fills in what p
	// asks.
	decode func(c *content, p *probe)
}

// An aim is what of a real server is asked.
type aim uint8

const (
	atPort    aim = iota // its address and a port
	atAddress            // its address alone
	aboutIt              // something else, which hears of its address and port
	nowhere              // something that has nothing to do with it
)

// A probe is one probe block, not yet bound to a real server.
type probe struct {
	at        hcl.Range
	spec      *block
	timing    timing // as it is written
	rise      int
	alpha     *bool // nil: the real server's
	takesHost bool  // it takes virtualhost from around it
	questions int   // number of those with a timeout each, 0 means 1
	route     route
	named     bool // it stands in a check
	invalid   bool // an error has been reported

	// One of them is what is asked: a prober without anything to set, a question,
	// or what tells it if that depends on the place. The error is a sentence for
	// users.
	prober   healthcheck.Prober
	question *question
	ask      func(where probePlace) (*question, error)
}

// A probePlace is what a probe sees of where it stands.
type probePlace struct {
	virtualHost string
	service     *service // nil in a pool and in a check, which may have several
}

// decodeProbe reads one probe block.
func (l *loader) decodeProbe(b *hcl.Block, spec *block) *probe {
	c := l.open(b, spec)
	p := &probe{at: b.DefRange, spec: spec, rise: 1}
	if spec.byID["rise"] != nil {
		p.timing = c.writtenTiming()
		p.rise, _ = c.number("rise")
		if alpha, ok := c.boolean("alpha"); ok {
			p.alpha = &alpha
		}
	}
	if spec.probe.at == atPort || spec.probe.at == atAddress {
		p.route = c.route()
	}
	spec.probe.decode(c, p)
	missing := func(a argument) bool { return a.required && !c.given(a.name) }
	p.invalid = p.invalid || c.anyWrong() || slices.ContainsFunc(spec.args, missing) ||
		p.prober == nil && p.question == nil && p.ask == nil
	return p
}

// ask makes p ask what cfg says. build makes a prober of cfg; its error is a
// sentence for users.
func ask[C any, P healthcheck.Prober](c *content, p *probe, cfg C, build func(C) (P, error)) {
	if c.anyWrong() {
		return
	}
	q, err := intern(c.l.interner, p.spec.name, cfg, build)
	if err != nil {
		c.l.errorAt(p.at, "Invalid probe", "%s: %s.", p.spec.name, err)
		p.invalid = true
		return
	}
	p.question = q
}
