package config

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// A Reader loads a configuration again and again, and does over only what may
// have changed. It is for one goroutine.
//
// It remembers what virtual_server blocks mean: most of a large configuration.
// Such a block defines nothing for others, so that its meaning depends on its
// own text and on all else that it can see: the rest of the configuration and
// the variables from outside. SHA-256 digests of both are compared. What
// concerns several blocks is done each time.
type Reader struct {
	known    map[digest]*decoded // virtual_server blocks by their text
	around   digest              // of what they can see
	all      digest              // of everything that led to last
	interner *interner
	last     *Config // nil: there has been no load without messages
}

// A digest stands for texts.
type digest [sha256.Size]byte

// NewReader returns a Reader that remembers nothing.
func NewReader() *Reader { return &Reader{interner: newInterner()} }

// Load is like the function [Load]. What it returns may share memory with what
// it returned before: it must not be changed, but for the fields of the Config
// itself.
func (r *Reader) Load(path string, vars map[string]string, env []string) (*Config, hcl.Diagnostics) {
	sources, diags := readSources(path)
	outside := digestOutside(vars, env)
	all := digestSources(outside, sources, func(path string) string { return path })
	if len(diags) == 0 && r.last != nil && r.all == all {
		cfg := *r.last
		return &cfg, nil
	}
	diags = append(diags, parseSources(sources)...)
	around := digestAround(outside, sources)
	var known map[digest]*decoded
	if r.around == around {
		known = r.known
	}
	cfg, diags := load(sources, known, r.interner, diags, vars, env)
	if !diags.HasErrors() {
		hash := digestSources(digest{}, sources, filepath.Base)
		cfg.Hash = hex.EncodeToString(hash[:])
	}
	r.last = nil
	if !diags.HasErrors() {
		r.known, r.around = meanings(sources), around
	}
	if len(diags) == 0 {
		kept := *cfg
		r.all, r.last = all, &kept
	}
	return cfg, diags
}

// meanings returns what the virtual_server blocks mean that were parsed one by
// one.
func meanings(sources []source) map[digest]*decoded {
	blocks := make(map[digest]*decoded)
	for i := range sources {
		src := &sources[i]
		for j, b := range src.later {
			blocks[sha256.Sum256(src.text[b.pos:b.end])] = src.services[j]
		}
	}
	return blocks
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

// digestSources returns the digest of a whole configuration, whose files go by
// the names that named makes of their paths.
func digestSources(outside digest, sources []source, named func(path string) string) digest {
	texts := []string{string(outside[:])}
	for i := range sources {
		texts = append(texts, named(sources[i].name), string(sources[i].digest[:]))
	}
	return digestOf(texts...)
}

// digestAround returns the digest of all that the virtual_server blocks which
// are parsed one by one can see beside themselves.
func digestAround(outside digest, sources []source) digest {
	texts := []string{string(outside[:])}
	for i := range sources {
		src := &sources[i]
		if src.later != nil && len(src.body.Blocks) == 0 && len(src.body.Attributes) == 0 {
			continue // nothing else but comments
		}
		texts = append(texts, src.name)
		from := 0
		for _, b := range src.later {
			texts = append(texts, string(src.text[from:b.pos]))
			from = b.end
		}
		texts = append(texts, string(src.text[from:]))
	}
	return digestOf(texts...)
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
