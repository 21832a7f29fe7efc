package config

import (
	"crypto/sha256"
	"runtime"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/director/ipvs"
)

// A decoded is a virtual server that has been read, with what has to be
// compared with the other ones.
type decoded struct {
	vs    director.VirtualServer // its Keys are written out by join
	at    hcl.Range              // of its name
	keys  keySet
	match *match
	pool  string      // its name, "" for none
	named []reference // the checks and files that it names
	index int         // in the configuration that is being loaded, -1 if it is not there

	through []throughProbe
	asked   []asked // its probers, each once
	alerts  []saidAlert

	// A block that is parsed alone began at from when it was, and begins at
	// place of file now.
	file        string // "": it was parsed with its file
	from, place plainPlace
	mixed       *hcl.Range // a server of another family
}

// A job is a virtual_server block to be decoded: a tree, or a place of a file.
type job struct {
	block *hcl.Block // nil: src has it at place
	src   *source
	place plainPlace
	index int // among the virtual servers
}

// decodeServices returns the virtual servers of all files: those that are known
// from before, and what the blocks of the others say.
func (l *loader) decodeServices() []*decoded {
	var jobs []job
	var services []*decoded // nil: to be decoded
	for i := range l.sources {
		src := &l.sources[i]
		for _, b := range src.blocks {
			jobs = append(jobs, job{block: b, index: len(services)})
			services = append(services, nil)
		}
		for _, b := range src.later {
			var known *decoded
			if len(l.known) > 0 {
				known = l.known[sha256.Sum256(src.text[b.pos:b.end])]
			}
			if known != nil {
				known.file, known.place = src.name, b.plainPlace
			} else {
				jobs = append(jobs, job{src: src, place: b.plainPlace, index: len(services)})
			}
			services = append(services, known)
		}
	}
	for i, fresh := range l.decodeBlocks(jobs) {
		services[jobs[i].index] = fresh
	}
	if l.failed {
		return nil
	}
	rest := services
	for i := range l.sources {
		src := &l.sources[i]
		n := len(src.blocks) + len(src.later)
		src.services, rest = rest[:n:n], rest[n:]
		src.blocks = nil
	}
	return services
}

// decodeBlocks reads virtual_server blocks, several at a time: they do not see
// each other.
func (l *loader) decodeBlocks(jobs []job) []*decoded {
	const least = 64 // per worker
	workers := min(runtime.GOMAXPROCS(0), len(jobs)/least+1)
	services := make([]*decoded, len(jobs))
	loaders := make([]*loader, workers)
	var wg sync.WaitGroup
	for w := range workers {
		own := &loader{root: l.root, sources: l.sources, scope: l.scope, defaults: l.defaults, ssl: l.ssl, config: Config{Global: l.config.Global}, interner: l.interner, checks: l.checks, trackFiles: l.trackFiles, pools: l.pools, mail: l.mail, numbers: make(map[string]cty.Value)}
		loaders[w] = own
		from, to := len(jobs)*w/workers, len(jobs)*(w+1)/workers
		wg.Go(func() {
			for i := from; i < to && !own.failed; i++ {
				services[i] = own.do(jobs[i])
			}
		})
	}
	wg.Wait()
	for _, own := range loaders {
		l.diags = append(l.diags, own.diags...)
		l.failed = l.failed || own.failed
	}
	return services
}

// do decodes one virtual server, nil if the block has to be parsed with its
// whole file.
func (l *loader) do(j job) *decoded {
	block := j.block
	if block == nil {
		tree := parsePlainBlock(j.src.name, j.src.text, j.place, l.numbers)
		if tree == nil || len(tree.Labels) != 1 {
			l.failed = true
			return nil
		}
		block = tree.AsHCLBlock()
		block.Body = l.expand(tree.Body, tree.Body)
	}
	d := l.decodeService(block).decoded()
	if j.block == nil {
		d.file, d.from, d.place = j.src.name, j.place, j.place
	}
	return d
}

// decoded returns what is left to be done with s.
func (s *service) decoded() *decoded {
	d := &decoded{vs: s.vs, at: s.nameAt, keys: s.keys, match: s.match, named: s.named, asked: s.asked, through: s.through, alerts: s.alerts}
	if s.mixed != nil {
		at := *s.mixed // a copy: s.mixed holds on to the whole file
		d.mixed = &at
	}
	if s.pool != nil {
		d.pool = s.pool.name
	}
	return d
}

// join puts the virtual servers together and compares them with each other.
func (l *loader) join(services []*decoded, outside []reference) {
	names := make(map[string]hcl.Range, len(services))
	keys := make(map[ipvs.Key]*hcl.Range, len(services))
	used, named := make(map[string]bool), make(map[reference]bool)
	for _, name := range outside {
		named[name] = true
	}
	var total uint64
	l.config.Director.VirtualServers = make([]director.VirtualServer, 0, len(services))
	for _, d := range services {
		d.index = -1
		l.checkName("virtual_server", d.vs.Name, d.at, names)
		used[d.pool] = true
		for _, name := range d.named {
			named[name] = true
		}
		for _, said := range d.alerts {
			l.sayAlert(said.object, &said.mail)
		}
		if d.mixed != nil && l.syncDaemon != nil {
			l.errorAt(*d.mixed, "Mixed address families", "A server of another family than its service cannot be told to other directors, so the kernel refuses it beside a sync_daemon (%s). Use a server of the same family, or remove sync_daemon.", place(*l.syncDaemon))
		}
		if !d.keys.ok {
			continue
		}
		before := total
		if total += d.keys.count(); total > maxServices {
			if before <= maxServices {
				l.errorAt(d.at, "Too many services", "Here the configuration has more than %d IPVS services. Use fwmark with a block match: one service for any number of addresses and ports.", maxServices)
			}
			continue
		}
		l.writeKeys(d, keys)
		d.index = len(l.config.Director.VirtualServers)
		l.config.Director.VirtualServers = append(l.config.Director.VirtualServers, d.vs)
		if d.match != nil {
			rule := d.match.rule
			l.config.Marks = append(l.config.Marks, rule)
		}
	}
	l.checkServices(names)
	l.allotPaths(services)
	l.collectProbes(services)
	l.checkOverlaps(services)
	l.reportUnusedChecks(named)
	l.reportUnusedFiles(named)
	l.reportUnusedPools(used)
}

// writeKeys writes out the keys of a virtual server. It reports those that are
// another one's, once for each element of addresses.
func (l *loader) writeKeys(d *decoded, seen map[ipvs.Key]*hcl.Range) {
	fresh := d.vs.Keys == nil
	if fresh {
		d.vs.Keys = make([]ipvs.Key, 0, d.keys.count())
	}
	var reported *hcl.Range
	for key, at := range d.keys.all {
		if fresh {
			d.vs.Keys = append(d.vs.Keys, key)
		}
		first, dup := seen[key]
		if !dup {
			seen[key] = at
			continue
		}
		if reported != at {
			reported = at
			l.errorAt(*at, "Duplicate service", "%s is already a service, at %s. Put the real servers into one of them, or change the address.", key, place(*first))
		}
	}
}
