package config

import "github.com/ldirector/ldirector/healthcheck/dns"

func dnsCheckBlock() *block {
	return &block{name: "dns_check", keeps: []string{"DNS_CHECK"},
		args: []argument{
			{name: "type", kind: kindText, def: `"SOA"`, keeps: []string{"type"}},
			{name: "name", kind: kindText, def: `"."`, keeps: []string{"name"}},
			{name: "expect", kind: kindList, def: "[]", form: `"192.0.2.1"`},
			{name: "regex", kind: kindRegexp},
			{name: "transport", kind: kindWord, def: `"udp"`, words: []string{"udp", "tcp"}},
		},
		groups: portGroups(),
		probe:  &probeKind{at: atPort, retry: new(3), decode: decodeDNSCheck},
	}
}

func decodeDNSCheck(c *content, p *probe) {
	var cfg dns.Config
	cfg.Type, _ = c.text("type")
	cfg.Name, _ = c.text("name")
	elements, _ := c.list("expect")
	for _, e := range elements {
		cfg.Expect = append(cfg.Expect, e.text)
	}
	cfg.Regex = c.regexp("regex")
	cfg.Transport, _ = c.text("transport")
	ask(c, p, cfg, dns.New)
}
