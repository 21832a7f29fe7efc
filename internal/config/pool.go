package config

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// A pool is a block pool: real servers for any number of virtual servers.
type pool struct {
	name     string
	at       hcl.Range
	servers  []*server
	complete bool // servers are all known
	settings settings
	timing   timing
	probes   []*probe
}

// decodePools reads the pool blocks.
func (l *loader) decodePools(blocks iter.Seq[*hcl.Block]) {
	l.pools = make(map[string]*pool)
	names := make(map[string]hcl.Range)
	for b := range blocks {
		name, at := label(b)
		ok := l.checkName("pool", name, at, names)
		p := l.decodePool(b)
		if ok {
			l.pools[name] = p
		}
	}
}

// decodePool reads one pool block.
func (l *loader) decodePool(b *hcl.Block) *pool {
	c := l.open(b, l.root.child("pool"))
	p := &pool{name: b.Labels[0], at: b.LabelRanges[0], settings: c.settings(), timing: c.writtenTiming(), probes: c.probes()}
	servers, ok := l.decodeServers(c)
	p.complete = ok
	first := make(map[endpoint]*server)
	for _, srv := range servers {
		srv.pool = p
		if other := first[srv.end]; other != nil && !srv.noAddress {
			l.errorAt(srv.at, "Duplicate real server", "This real server is already in the pool, at %s. Remove one; for more connections raise its weight.", place(other.at))
			continue
		}
		first[srv.end] = srv
		p.servers = append(p.servers, srv)
	}
	if len(p.servers) == 0 && p.complete {
		l.errorAt(c.at, "No real server", "%s has no real server to give. Add a real_server, or remove the pool.", c.title())
	}
	return p
}

// pool returns the pool that a virtual server names, nil if there is none. ok
// is false after an error.
func (c *content) pool(name string) (p *pool, ok bool) {
	if !c.given(name) {
		return nil, !c.isWrong(name)
	}
	text, ok := c.text(name)
	if !ok {
		return nil, false
	}
	if p := c.l.pools[text]; p != nil {
		return p, true
	}
	known := slices.Sorted(maps.Keys(c.l.pools))
	similar := suggest(text, known)
	switch {
	case c.l.broken(): // it may be in the part that could not be read
	case similar != "":
		c.bad(name, "Unknown pool", "There is no pool %q. Did you mean %q?", text, similar)
	case len(known) == 0:
		c.bad(name, "Unknown pool", "There is no pool %q, nor any other. Add a block pool %q, or write the real servers here.", text, text)
	default:
		c.bad(name, "Unknown pool", "There is no pool %q. There are %s.", text, strings.Join(quoteAll(known), ", "))
	}
	return nil, false
}

// reportUnusedPools warns of pools without users: nothing of them acts.
func (l *loader) reportUnusedPools(used map[string]bool) {
	for _, name := range slices.Sorted(maps.Keys(l.pools)) {
		if used[name] || l.broken() {
			continue
		}
		l.diags = append(l.diags, &hcl.Diagnostic{
			Severity: hcl.DiagWarning,
			Summary:  "Unused pool",
			Detail:   "No virtual_server names this pool. Write pool = \"" + name + "\" in one, or remove it.",
			Subject:  &l.pools[name].at,
		})
	}
}
