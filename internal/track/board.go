package track

import (
	"maps"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/vrrp"
)

// A board has what is known of everything that is tracked. It does no I/O.
type board struct {
	cfg       Config
	checks    map[healthcheck.Check]healthcheck.Status
	files     map[string]int  // by path
	processes map[string]bool // by name
	services  map[string]bool // by name of the virtual server; all that were told, tracked or not

	told map[subject]int // what was reported last of what is tracked

	asked map[healthcheck.Check]bool // the checks of cfg
	paths map[string]bool            // its files
}

// A subject is what a vrrp.Track is about.
type subject struct {
	kind vrrp.TrackerKind
	name string
}

func newBoard() *board {
	return &board{
		checks:    make(map[healthcheck.Check]healthcheck.Status),
		files:     make(map[string]int),
		processes: make(map[string]bool),
		services:  make(map[string]bool),
		told:      make(map[subject]int),
	}
}

// set replaces what is tracked, and forgets what was known of the rest. What
// was told of a tracker stands until there is something else to tell, though it
// may ask another question now.
func (b *board) set(cfg Config) {
	b.cfg = cfg
	b.asked, b.paths = make(map[healthcheck.Check]bool), make(map[string]bool)
	subjects := make(map[subject]bool)
	for _, p := range cfg.Probes {
		subjects[subject{p.Kind, p.Name}] = true
		for _, check := range p.Checks {
			b.asked[check] = true
		}
	}
	for _, f := range cfg.Files {
		subjects[subject{vrrp.TrackFile, f.Name}] = true
		b.paths[f.Path] = true
	}
	for _, p := range cfg.Processes {
		subjects[subject{vrrp.TrackProcess, p.Name}] = true
	}
	for _, name := range cfg.VirtualServers {
		subjects[subject{vrrp.TrackVirtualServer, name}] = true
	}
	keep(b.checks, b.asked)
	keep(b.files, b.paths)
	keep(b.told, subjects)
}

// learn takes in what the parts of a tracker have to say, which may be out of
// date already.
func (b *board) learn(n tidings) {
	maps.Copy(b.checks, n.checks)
	keep(b.checks, b.asked)
	maps.Copy(b.files, n.files)
	keep(b.files, b.paths)
	maps.Copy(b.services, n.services)
	if n.processes != nil {
		b.processes = n.processes
	}
}

// keep deletes what is not wanted.
func keep[K comparable, V any](from map[K]V, wanted map[K]bool) {
	maps.DeleteFunc(from, func(key K, _ V) bool { return !wanted[key] })
}

// news returns what is known now and was not told like that, in the
// configuration's order.
func (b *board) news() []vrrp.Track {
	var news []vrrp.Track
	for _, t := range b.tracks() {
		if told, ok := b.told[subject{t.Kind, t.Name}]; !ok || told != t.Value {
			b.told[subject{t.Kind, t.Name}] = t.Value
			news = append(news, t)
		}
	}
	return news
}

// all returns what was told of everything that is tracked, in the
// configuration's order.
func (b *board) all() []vrrp.Track {
	all := make([]vrrp.Track, 0, len(b.told))
	add := func(kind vrrp.TrackerKind, name string) {
		if value, ok := b.told[subject{kind, name}]; ok {
			all = append(all, vrrp.Track{Kind: kind, Name: name, Value: value})
		}
	}
	for _, p := range b.cfg.Probes {
		add(p.Kind, p.Name)
	}
	for _, f := range b.cfg.Files {
		add(vrrp.TrackFile, f.Name)
	}
	for _, p := range b.cfg.Processes {
		add(vrrp.TrackProcess, p.Name)
	}
	for _, name := range b.cfg.VirtualServers {
		add(vrrp.TrackVirtualServer, name)
	}
	return all
}

// tracks returns what is known, in the configuration's order.
func (b *board) tracks() []vrrp.Track {
	var tracks []vrrp.Track
	add := func(kind vrrp.TrackerKind, name string, value int, known bool) {
		if known {
			tracks = append(tracks, vrrp.Track{Kind: kind, Name: name, Value: value})
		}
	}
	for _, p := range b.cfg.Probes {
		up, known := b.probe(p)
		add(p.Kind, p.Name, number(up), known)
	}
	for _, f := range b.cfg.Files {
		value, known := b.files[f.Path]
		add(vrrp.TrackFile, f.Name, value, known)
	}
	for _, p := range b.cfg.Processes {
		up, known := b.processes[p.Name]
		add(vrrp.TrackProcess, p.Name, number(up), known)
	}
	for _, name := range b.cfg.VirtualServers {
		up, known := b.services[name]
		add(vrrp.TrackVirtualServer, name, number(up), known)
	}
	return tracks
}

// probe returns whether a probe is up. One with InitFail is known to be down
// unless it was ever known.
func (b *board) probe(p Probe) (up, known bool) {
	up, known = true, true
	for _, check := range p.Checks {
		switch b.checks[check].State {
		case healthcheck.Up:
		case healthcheck.Down:
			return false, true
		case healthcheck.Unknown:
			up, known = false, false
		}
	}
	if !known && p.InitFail {
		_, told := b.told[subject{p.Kind, p.Name}]
		return false, !told
	}
	return up, known
}

// reason says why a tracker is down, as far as that is not plain.
func (b *board) reason(t vrrp.Track) string {
	for _, p := range b.cfg.Probes {
		if p.Kind != t.Kind || p.Name != t.Name {
			continue
		}
		for _, check := range p.Checks {
			switch status := b.checks[check]; {
			case status.State != healthcheck.Down:
			case t.Kind == vrrp.TrackScript: // is one check, which is no misc_check to whoever wrote it
				return status.Reason
			default:
				return check.Kind() + ": " + status.Reason
			}
		}
	}
	return ""
}

// number is the value of what is up or down.
func number(up bool) int {
	if up {
		return 1
	}
	return 0
}
