package config

import "github.com/ldirector/ldirector/healthcheck"

func tcpCheckBlock() *block {
	return &block{name: "tcp_check", keeps: []string{"TCP_CHECK"}, groups: portGroups(),
		probe: &probeKind{at: atPort, decode: func(_ *content, p *probe) { p.prober = healthcheck.TCP{} }},
	}
}
