package director

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
)

// A Judged is a real server with what its checks said at the end of a run that
// has left the services in the kernel. It counts in the next run until its checks
// have said something there.
type Judged struct {
	VirtualServer string         `json:"virtual_server"` // its name
	RealServer    netip.AddrPort `json:"real_server"`
	Up            bool           `json:"up"`
	Since         time.Time      `json:"since,omitzero"`     // of that state
	Probed        time.Time      `json:"probed,omitzero"`    // end of the last probe that was reported
	Reason        string         `json:"reason,omitempty"`   // why it is down
	Weight        uint32         `json:"weight"`             // what the checks made of
	Base          uint32         `json:"base"`               // this weight
	Warnings      uint8          `json:"warnings,omitempty"` // how many checks have one
	Warning       string         `json:"warning,omitempty"`  // which
	Climbs        bool           `json:"climbs,omitempty"`   // in a slow start, which began with Since
}

// A verdictFile is the file of verdicts.
type verdictFile struct {
	Verdicts []Judged `json:"verdicts"`
}

// TakeVerdicts reads the file of verdicts and removes it: they are of use once.
func (m FileMemory) TakeVerdicts() ([]Judged, error) {
	data, err := os.ReadFile(m.Verdicts)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = os.Remove(m.Verdicts)
	}
	if err != nil {
		return nil, fmt.Errorf("read verdicts: %w", err)
	}
	var file verdictFile
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("read verdicts %s: %w (%w)", m.Verdicts, ErrMemoryCorrupt, err)
	}
	return file.Verdicts, nil
}

// SaveVerdicts replaces the file of verdicts at once.
func (m FileMemory) SaveVerdicts(all []Judged) error {
	data, err := json.Marshal(verdictFile{all})
	if err != nil {
		return fmt.Errorf("encode verdicts: %w", err)
	}
	if err := replaceFile(m.Verdicts, append(data, '\n')); err != nil {
		return fmt.Errorf("write verdicts: %w", err)
	}
	return nil
}

// verdicts returns what is known of real servers, in the configuration's order.
func (p *pool) verdicts() []Judged {
	var all []Judged
	for _, s := range p.services[:p.visible] {
		for i := range s.servers {
			r := &s.servers[i]
			if len(r.cfg.Checks) == 0 || r.state == healthcheck.Unknown {
				continue
			}
			all = append(all, Judged{
				VirtualServer: s.cfg.name(), RealServer: r.cfg.Destination.Addr, Up: r.state == healthcheck.Up,
				Since: r.since, Probed: r.probed, Reason: r.reason, Weight: r.weight, Base: r.base(),
				Warnings: r.warnings, Warning: r.warning, Climbs: r.ramp != nil,
			})
		}
	}
	return all
}

// recallVerdicts makes verdicts of an earlier run count, as far as their servers
// are still there.
func (p *pool) recallVerdicts(all []Judged, now time.Time) {
	byName := make(map[string]int, p.visible)
	for i, s := range p.services[:p.visible] {
		byName[s.cfg.name()] = i
	}
	servers := make(map[int]map[netip.AddrPort]*realServer)
	for _, j := range all {
		i, there := byName[j.VirtualServer]
		if !there {
			continue
		}
		if servers[i] == nil {
			servers[i] = p.services[i].byAddr()
		}
		if r := servers[i][j.RealServer]; r != nil && len(r.cfg.Checks) > 0 {
			r.recall(j, now)
		}
	}
	for i := range servers {
		p.schedule(i)
	}
}

// recall makes a verdict of an earlier run count until there is another one.
func (r *realServer) recall(j Judged, now time.Time) {
	r.verdict = verdict{
		state: healthcheck.Down, weight: j.Weight, reason: j.Reason, since: j.Since, probed: j.Probed,
		warnings: j.Warnings, warning: j.Warning,
	}
	if j.Up {
		r.state = healthcheck.Up
	}
	if j.Base != r.base() {
		r.weight = r.base()
	}
	r.kept, r.judged, r.fallen = true, true, !j.Up
	if j.Climbs && j.Up && r.cfg.SlowStart > 0 {
		r.ramp = &ramp{begin: j.Since}
		r.advance(now)
	}
}
