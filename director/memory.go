package director

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"time"
)

// A Memory remembers over restarts what operators have said of real servers, and
// over those that leave the services in the kernel what checks have.
type Memory interface {
	// Load returns what was last saved, nothing if there never was anything.
	Load() ([]Overridden, error)
	// Save replaces it.
	Save([]Overridden) error

	// TakeVerdicts returns what the last run has saved at its end, once.
	TakeVerdicts() ([]Judged, error)
	// SaveVerdicts replaces it.
	SaveVerdicts([]Judged) error
}

// Overridden is a real server with its override.
type Overridden struct {
	VirtualServer string // its name
	RealServer    netip.AddrPort
	Override
}

// A FileMemory is a Memory in two JSON files. Nothing forces them to a disk: like
// the ledger's file they belong on a file system that a reboot empties.
type FileMemory struct {
	// Path of the file with what operators have said, and Verdicts of that with what
	// checks have. Directories that are missing are made.
	Path, Verdicts string
}

// ErrMemoryCorrupt is matched by the error of FileMemory.Load if the file is
// there but holds no overrides.
var ErrMemoryCorrupt = errors.New("not a record of overrides")

type memoryFile struct {
	Overrides []memoryEntry `json:"overrides"`
}

// A memoryEntry is an Overridden with names that stay the same in the file
// whatever the Go fields are called.
type memoryEntry struct {
	VirtualServer string         `json:"virtual_server"`
	RealServer    netip.AddrPort `json:"real_server"`
	Command       string         `json:"command"`
	Weight        uint32         `json:"weight,omitempty"`
	Since         time.Time      `json:"since"`
	Until         time.Time      `json:"until,omitzero"`
	Over          bool           `json:"over,omitempty"`
}

// Load reads the file. A missing one holds nothing.
func (m FileMemory) Load() ([]Overridden, error) {
	data, err := os.ReadFile(m.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read overrides: %w", err)
	}
	var file memoryFile
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("read overrides %s: %w (%w)", m.Path, ErrMemoryCorrupt, err)
	}
	var all []Overridden
	for i, e := range file.Overrides {
		kind := kindOf(e.Command)
		if kind == NoOverride || !e.RealServer.IsValid() || e.Weight > maxWeight {
			return nil, fmt.Errorf("read overrides %s: %w (entry %d)", m.Path, ErrMemoryCorrupt, i+1)
		}
		all = append(all, Overridden{e.VirtualServer, e.RealServer, Override{Kind: kind, Weight: e.Weight, Since: e.Since, Until: e.Until, Over: e.Over}})
	}
	return all, nil
}

// kindOf is the kind that a word stands for, NoOverride for others.
func kindOf(word string) OverrideKind {
	for _, kind := range []OverrideKind{Drain, Disable, SetWeight} {
		if kind.String() == word {
			return kind
		}
	}
	return NoOverride
}

// Save replaces the file at once, so that a crash leaves either the old or the
// new one. Nothing is no file.
func (m FileMemory) Save(all []Overridden) error {
	if len(all) == 0 {
		if err := os.Remove(m.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove overrides: %w", err)
		}
		return nil
	}
	file := memoryFile{Overrides: make([]memoryEntry, 0, len(all))}
	for _, o := range all {
		file.Overrides = append(file.Overrides, memoryEntry{
			VirtualServer: o.VirtualServer, RealServer: o.RealServer, Command: o.Kind.String(),
			Weight: o.Weight, Since: o.Since, Until: o.Until, Over: o.Over,
		})
	}
	data, err := json.Marshal(file)
	if err != nil {
		return fmt.Errorf("encode overrides: %w", err)
	}
	if err := replaceFile(m.Path, append(data, '\n')); err != nil {
		return fmt.Errorf("write overrides: %w", err)
	}
	return nil
}

// A record is what the memory holds, and why not more.
type record struct {
	memory Memory // nil: there is none
	saved  []Overridden
	err    error // of the last save
}

// load returns what an earlier run has recorded. What cannot be read is not
// worth to stop service for.
func (r *record) load(log *slog.Logger) []Overridden {
	if r.memory == nil {
		return nil
	}
	all, err := r.memory.Load()
	if err != nil {
		log.Error("overrides of real servers are forgotten", "err", err)
		return nil
	}
	r.saved = all
	return all
}

// save records the overrides if they are others than before.
func (r *record) save(all []Overridden) error {
	if r.memory == nil || slices.Equal(all, r.saved) {
		return nil
	}
	if r.err = r.memory.Save(all); r.err == nil {
		r.saved = all
	}
	return r.err
}

// takeVerdicts returns what checks have said in an earlier run. Without it, the
// kernel's table says enough.
func (r *record) takeVerdicts(log *slog.Logger) []Judged {
	if r.memory == nil {
		return nil
	}
	all, err := r.memory.TakeVerdicts()
	if err != nil {
		log.Warn("states of real servers are forgotten", "err", err)
	}
	return all
}

// saveVerdicts records what checks have said, for the next run.
func (r *record) saveVerdicts(all []Judged) error {
	if r.memory == nil {
		return nil
	}
	return r.memory.SaveVerdicts(all)
}

// orders returns all overrides in the configuration's order.
func (p *pool) orders() []Overridden {
	var all []Overridden
	for _, s := range p.services[:p.visible] {
		for i := range s.servers {
			if r := &s.servers[i]; r.override != nil {
				all = append(all, Overridden{s.cfg.name(), r.cfg.Destination.Addr, *r.override})
			}
		}
	}
	return all
}

// restore makes overrides of an earlier run count, and returns those of servers
// that there are no more.
func (p *pool) restore(all []Overridden) (unknown []Overridden) {
	for _, o := range all {
		if !p.restoreOne(o) {
			unknown = append(unknown, o)
		}
	}
	return unknown
}

func (p *pool) restoreOne(o Overridden) bool {
	for i, s := range p.services[:p.visible] {
		if s.cfg.name() != o.VirtualServer {
			continue
		}
		r := s.byAddr()[o.RealServer]
		if r == nil {
			return false
		}
		r.obey(o.Override)
		r.reweigh(p.known)
		p.schedule(i)
		return true
	}
	return false
}

// keepOrders records the overrides after a reload, and says which there were
// before and are no more.
func (d *Director) keepOrders(before []Overridden) {
	now := d.reconciler.pool.orders()
	for _, o := range before {
		stays := slices.ContainsFunc(now, func(n Overridden) bool { // perhaps under another name
			return n.RealServer == o.RealServer && n.Override == o.Override
		})
		if !stays {
			d.logDropped(o)
		}
	}
	_ = d.record.save(now) // an error is in Status, and retried
}

// logDropped says that an override is no more.
func (d *Director) logDropped(o Overridden) {
	d.log.Warn("override dropped, the real server is not configured any more",
		"service", o.VirtualServer, "real_server", o.RealServer, "override", o.Kind)
}

// remember takes over what operators and checks have said in an earlier run.
func (d *Director) remember() {
	p := d.reconciler.pool
	unknown := p.restore(d.record.load(d.log))
	for _, o := range unknown {
		d.logDropped(o)
	}
	for _, o := range p.orders() {
		d.log.Info("override of an earlier run is in force",
			"service", o.VirtualServer, "real_server", o.RealServer, "override", o.Kind)
	}
	if len(unknown) > 0 {
		_ = d.record.save(p.orders()) // an error is in Status, and retried
	}
	p.recallVerdicts(d.record.takeVerdicts(d.log), time.Now())
}
