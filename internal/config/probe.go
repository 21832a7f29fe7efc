package config

import (
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
	questions int   // number of those with a timeout each, 0 means 1
	route     route
	named     bool // it stands in a check
	invalid   bool // an error has been reported

	// prober is what is asked; if that depends on the place, it is nil and ask
	// tells. The error is a sentence for users.
	prober healthcheck.Prober
	ask    func(where probePlace) (question, error)
}

// A probePlace is what a probe sees of where it stands.
type probePlace struct {
	service *service // nil in a pool and in a check, which may have several
}

// decodeProbe reads one probe block.
func (l *loader) decodeProbe(b *hcl.Block, spec *block) *probe {
	c := l.open(b, spec)
	p := &probe{at: b.DefRange, spec: spec, rise: 1}
	if spec.byID["delay_loop"] != nil {
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
	p.invalid = c.anyWrong()
	return p
}
