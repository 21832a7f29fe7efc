package config

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// A Reader loads a configuration again and again, and does over only what may
// have changed. It is for one goroutine.
//
// It remembers what files with nothing but virtual_server blocks mean: most of
// a large configuration. Such a file defines nothing for others, so that its
// meaning depends on its own text, on the texts of all other kinds of files,
// and on the variables from outside. All of these are compared by SHA-256.
// Files that are not remembered, and whatever concerns several files, are done
// each time.
type Reader struct {
	files map[string]memory // by name
	all   digest            // of everything that led to last
	last  *Config           // nil: there has been no load without messages
}

// A digest stands for texts.
type digest [sha256.Size]byte

// A memory is what is remembered of a file.
type memory struct {
	text     digest
	around   digest // of what the file can see
	services []*decoded
}

// NewReader returns a Reader that remembers nothing.
func NewReader() *Reader { return &Reader{files: make(map[string]memory)} }

// Load is like the function [Load]. What it returns may share memory with what
// it returned before: it must not be changed, but for the fields of the Config
// itself.
func (r *Reader) Load(path string, vars map[string]string, env []string) (*Config, hcl.Diagnostics) {
	sources, diags := readSources(path)
	outside := digestOutside(vars, env)
	all := digestSources(outside, sources)
	if len(diags) == 0 && r.last != nil && r.all == all {
		cfg := *r.last
		return &cfg, nil
	}
	diags = append(diags, r.parse(sources, outside)...)
	cfg, diags := load(sources, diags, vars, env)
	r.last = nil
	if !diags.HasErrors() {
		r.remember(sources, outside, diags)
	}
	if len(diags) == 0 {
		kept := *cfg
		r.all, r.last = all, &kept
	}
	return cfg, diags
}

// parse parses the sources that have changed, or can see something that has.
func (r *Reader) parse(sources []source, outside digest) hcl.Diagnostics {
	changed := func(s *source) bool { return r.files[s.name].services == nil || r.files[s.name].text != s.digest }
	diags := parseSources(sources, changed)
	around := digestAround(outside, sources)
	return append(diags, parseSources(sources, func(s *source) bool {
		known := r.files[s.name]
		if s.parsed {
			return false
		}
		if known.around == around {
			s.services = known.services
			return false
		}
		return true
	})...)
}

// remember keeps what the files mean for the next time, but for those of which
// there is something to say.
func (r *Reader) remember(sources []source, outside digest, diags hcl.Diagnostics) {
	around := digestAround(outside, sources)
	r.files = make(map[string]memory)
	for i := range sources {
		src := &sources[i]
		mentioned := slices.ContainsFunc(diags, func(diag *hcl.Diagnostic) bool { return diag.Subject != nil && diag.Subject.Filename == src.name })
		if src.servicesOnly() && src.services != nil && !mentioned {
			r.files[src.name] = memory{text: src.digest, around: around, services: src.services}
		}
	}
}

// servicesOnly tells whether a file has nothing but virtual_server blocks. One
// that is not parsed is remembered, for it had nothing else.
func (s *source) servicesOnly() bool {
	if !s.parsed {
		return true
	}
	return s.body != nil && !s.broken && len(s.body.Attributes) == 0 &&
		!slices.ContainsFunc(s.body.Blocks, func(b *hclsyntax.Block) bool { return b.Type != "virtual_server" })
}

// digestOutside returns the digest of the variables from outside.
func digestOutside(vars map[string]string, env []string) digest {
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		texts = append(texts, name, vars[name])
	}
	texts = append(texts, "")
	for _, entry := range env {
		if strings.HasPrefix(entry, envPrefix) {
			texts = append(texts, entry)
		}
	}
	return digestOf(texts...)
}

// digestSources returns the digest of a whole configuration.
func digestSources(outside digest, sources []source) digest {
	texts := []string{string(outside[:])}
	for i := range sources {
		texts = append(texts, sources[i].name, string(sources[i].digest[:]))
	}
	return digestOf(texts...)
}

// digestAround returns the digest of all that a file with virtual_server blocks
// only can see beside itself.
func digestAround(outside digest, sources []source) digest {
	return digestSources(outside, slices.DeleteFunc(slices.Clone(sources), func(s source) bool { return s.servicesOnly() }))
}

// digestOf returns the digest of texts, of which none can pass into the next.
func digestOf(texts ...string) digest {
	hash := sha256.New()
	for _, text := range texts {
		hash.Write(binary.BigEndian.AppendUint64(nil, uint64(len(text))))
		hash.Write([]byte(text))
	}
	return digest(hash.Sum(nil))
}
