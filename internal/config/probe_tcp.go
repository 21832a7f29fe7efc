package config

import (
	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/exchange"
)

func tcpCheckBlock() *block {
	return &block{name: "tcp_check", keeps: []string{"TCP_CHECK"},
		args: []argument{
			{name: "send", kind: kindData},
			{name: "expect", kind: kindRegexp},
			{name: "lines", kind: kindBool, def: "false"},
			{name: "half_close", kind: kindBool, def: "false"},
			tlsArgument(),
		},
		groups: append(portGroups(), tlsGroup()),
		probe:  &probeKind{at: atPort, decode: decodeTCPCheck},
	}
}

func decodeTCPCheck(c *content, p *probe) {
	s := c.security()
	cfg := exchange.Config{TLS: s.now, TLSConfig: s.config}
	cfg.Send, _ = c.text("send")
	cfg.Expect = c.regexp("expect")
	cfg.Lines, _ = c.boolean("lines")
	cfg.HalfClose, _ = c.boolean("half_close")
	switch {
	case cfg == exchange.Config{}:
		p.prober = healthcheck.TCP{} // the engine does that by itself
		return
	case cfg.Lines && !c.given("expect") && !c.isWrong("expect"):
		c.bad("lines", "Argument without effect", "lines is about what is expected. Add expect, or remove lines.")
	case cfg.HalfClose && !c.given("send") && !c.isWrong("send"):
		c.bad("half_close", "Argument without effect", "half_close is for the end of what is sent. Add send, or remove half_close.")
	}
	ask(c, p, cfg, exchange.New)
}
