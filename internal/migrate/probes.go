package migrate

import (
	"slices"
	"strings"
)

// IsProbe tells whether a block of that type is a probe.
func IsProbe(name string) bool {
	return strings.HasSuffix(name, "_check") || name == "http_get" || name == "ssl_get"
}

// Attributes that a tcp_check has too.
func probeTiming() []string {
	return []string{"delay_loop", "connect_timeout", "retry", "delay_before_retry", "warmup"}
}

func probeTarget() []string { return []string{"connect_ip", "connect_port", "bindto"} }

// overTCP tells whether a probe of that type connects by TCP, so that a
// tcp_check to the same target is a part of what it asks.
func overTCP(name string) bool {
	switch name {
	case "misc_check", "file_check", "bfd_check", "ping_check", "udp_check", "dns_check",
		"external_check", "external_perl_check", "radius_check", "sip_check":
		return false
	default:
		return true
	}
}

// replaceProbes puts a tcp_check into b, a virtual server, pool or real server,
// if all its probes have become comments.
func (f *fitter) replaceProbes(b *Block) {
	if !slices.Contains([]string{"virtual_server", "pool", "real_server"}, b.Name) {
		return
	}
	var lost []*Block
	for _, n := range b.nodes {
		p, ok := n.(*Block)
		switch {
		case !ok || !IsProbe(p.Name):
		case !p.disabled:
			return
		default:
			lost = append(lost, p)
		}
	}
	for _, p := range lost {
		f.replaceProbe(b, p)
	}
}

// replaceProbe puts a tcp_check behind the probe p of b.
func (f *fitter) replaceProbe(b, p *Block) {
	if !overTCP(p.Name) && b.NoTCP {
		f.unsupported(p.origin, p.Name, "ATTENTION: CHECK LOST. %s was to ask by %s, and there is no TCP port that a tcp_check could ask instead: it now counts as always up. Add a probe.", b.title(), p.Name)
		return
	}
	tcp := &Block{Name: "tcp_check", origin: Origin{At: p.origin.At, Keyword: p.origin.Keyword}}
	names := probeTiming()
	if overTCP(p.Name) {
		names = append(probeTarget(), names...)
	}
	for _, name := range names {
		if a := p.attributes[name]; a != nil {
			tcp.Set(name, a.value, Origin{At: a.origin.At, Keyword: a.origin.Keyword})
		}
	}
	f.unsupported(p.origin, p.Name, "ATTENTION: CHECK REPLACED. %s was to be asked by %s; now a tcp_check with the same timing asks only whether its port is open.", b.title(), p.Name)
	if !slices.ContainsFunc(b.Blocks("tcp_check"), func(other *Block) bool { return other.same(tcp) }) {
		b.nodes = slices.Insert(b.nodes, slices.Index(b.nodes, node(p))+1, node(tcp))
	}
}

// same tells whether two blocks read the same.
func (b *Block) same(other *Block) bool {
	var x, y renderer
	x.block(b, 0)
	y.block(other, 0)
	return string(x.bytes()) == string(y.bytes())
}

// title names a block for people.
func (b *Block) title() string {
	return strings.TrimSpace(strings.ReplaceAll(b.Name, "_", " ") + " " + strings.Join(b.Labels, " "))
}
