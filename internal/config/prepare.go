package config

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/healthcheck"
)

// A Probe is a question that the configuration asks, and where it is written.
type Probe struct {
	Prober   healthcheck.Prober
	At       hcl.Range // of the first block that asks it
	question *question // keeps it known
}

// ask notes that p asks q for a real server.
func (s *service) ask(srv *server, p *probe, q *question) {
	if !slices.ContainsFunc(s.asked, func(other asked) bool { return other.question == q }) {
		_, fromPool := s.probesOf(srv)
		s.asked = append(s.asked, asked{Probe{q.prober, p.at, q}, fromPool || p.named})
	}
}

// An asked is a Probe of a virtual server.
type asked struct {
	Probe
	elsewhere bool // it stands in a pool or check
}

// movedTo returns p, whose block began at from, as it is if its block begins at
// to, in that file.
func (p Probe) movedTo(file string, from, to plainPlace) Probe {
	p.At.Filename = file
	for _, pos := range []*hcl.Pos{&p.At.Start, &p.At.End} {
		pos.Line += to.line - from.line
		pos.Byte += to.pos - from.pos
	}
	return p
}

// collectProbes puts the probes of all virtual servers and trackers together,
// each once, in the order of the text.
func (l *loader) collectProbes(services []*decoded) {
	all := l.asked
	for _, d := range services {
		for _, p := range d.asked {
			if d.file == "" || p.elsewhere {
				all = append(all, p.Probe)
			} else {
				all = append(all, p.movedTo(d.file, d.from, d.place))
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Probe) int {
		return cmp.Or(strings.Compare(a.At.Filename, b.At.Filename), cmp.Compare(a.At.Start.Byte, b.At.Start.Byte))
	})
	seen := make(map[*question]bool, len(all))
	for _, p := range all {
		if !seen[p.question] {
			seen[p.question] = true
			l.config.Probes = append(l.config.Probes, p)
		}
	}
}

// Prepare finds out whether this host has what the probes need, such as
// programs and certificates, the HTTP listener and alerts, and reads the files of keys into cfg. Its
// diagnostics name the blocks; cfg.Files gets what WriteDiagnostics needs for
// them.
func (cfg *Config) Prepare() hcl.Diagnostics {
	diags := append(cfg.readKeys(), cfg.prepareHTTP()...)
	diags = append(diags, cfg.prepareAlerts()...)
	for _, p := range cfg.Probes {
		preparer, ok := p.Prober.(healthcheck.Preparer)
		if !ok {
			continue
		}
		if err := preparer.Prepare(); err != nil {
			diags = append(diags, &hcl.Diagnostic{
				Severity: hcl.DiagError,
				Summary:  "Probe cannot work here",
				Detail:   p.Prober.Kind() + ": " + err.Error() + ".",
				Subject:  &p.At,
			})
		}
	}
	if len(diags) > 0 {
		files := filesOf(diags)
		maps.Copy(files, cfg.Files)
		cfg.Files = files
	}
	return diags
}

// filesOf reads the files that diagnostics are about again, as messages may
// quote them.
func filesOf(diags hcl.Diagnostics) map[string]*hcl.File {
	var sources []source
	for _, diag := range diags {
		name := diag.Subject.Filename
		if slices.ContainsFunc(sources, func(s source) bool { return s.name == name }) {
			continue
		}
		if text, failed := readFile(name); !failed.HasErrors() {
			src := source{name: name, text: text, parsed: true}
			_ = src.parseAll() // messages about the syntax have been written before
			sources = append(sources, src)
		}
	}
	l := newLoader(sources, nil, nil, nil)
	l.findSecrets()
	return l.redactedFiles(diags)
}
