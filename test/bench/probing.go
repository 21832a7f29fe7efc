package main

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// A probing is how the real servers of a site are asked. The zero value is for
// not at all.
type probing struct {
	kind     string        // our word: tcp_check or http_get
	interval time.Duration // whole seconds
	mortal   bool          // the last real server is asked at mortalPort, each second, and believed at once
}

const (
	probeTimeout = 3 * time.Second
	mortalPort   = 81
)

// rate is how many probes are asked for in a second.
func (s site) rate() float64 {
	return float64(s.services*s.servers) / s.probing.interval.Seconds()
}

// mortal reports whether a real server is the one that dies.
func (s site) mortal(service, i int) bool {
	return s.probing.mortal && service == s.services-1 && i == s.servers-1
}

// mortalAddr is where the real server that dies is asked.
func (s site) mortalAddr() netip.AddrPort {
	return netip.AddrPortFrom(s.server(s.services-1, s.servers-1).Addr(), mortalPort)
}

// hcl is the probe of a real server in our language.
func (p probing) hcl(mortal bool) string {
	args := fmt.Sprintf("connect_timeout = %q", probeTimeout)
	if mortal {
		args = fmt.Sprintf("connect_timeout = %q\n      connect_port = %d\n      delay_loop = \"1s\"\n      retry = 0", probeTimeout, mortalPort)
	}
	if p.kind == "http_get" {
		return fmt.Sprintf("    http_get {\n      %s\n      url { path = \"/\" }\n    }\n", args)
	}
	return fmt.Sprintf("    %s {\n      %s\n    }\n", p.kind, args)
}

// keepalived is the same for keepalived.
func (p probing) keepalived(mortal bool) string {
	args := fmt.Sprintf("      connect_timeout %d\n", int(probeTimeout.Seconds()))
	if mortal {
		args += fmt.Sprintf("      connect_port %d\n      delay_loop 1\n      retry 0\n", mortalPort)
	}
	if p.kind == "http_get" {
		args += "      url {\n        path /\n        status_code 200\n      }\n"
	}
	return fmt.Sprintf("    %s {\n%s    }\n", strings.ToUpper(p.kind), args)
}
