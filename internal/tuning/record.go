package tuning

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// A record is what we changed, by name of the setting.
type record map[string]entry

// An entry is what is known about a changed setting.
type entry struct {
	Original int64 `json:"original"`
	// Ours are the values that we gave: one, or while it is not known whether a
	// change was done, the one before and the one after.
	Ours []int64 `json:"ours"`
}

// ours reports whether a value was set by us.
func (e entry) ours(name string, value int64) bool {
	return slices.ContainsFunc(e.Ours, func(v int64) bool { return same(name, v, value) })
}

func (e entry) equal(o entry) bool { return e.Original == o.Original && slices.Equal(e.Ours, o.Ours) }

// A step is a setting to be written.
type step struct {
	name     string
	from, to int64
}

// plan compares what is wanted, what was changed before and what the kernel has.
// It returns the settings to be written, the record to be kept while they are,
// and the names of those whose change somebody else has undone or overridden
// and that are not wanted any more: they are left alone.
func plan(want, have map[string]int64, old record) (steps []step, during record, foreign []string) {
	during = maps.Clone(old)
	if during == nil {
		during = make(record)
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		e, changed := during[name]
		switch {
		case same(name, have[name], want[name]) && !changed:
			continue
		case same(name, have[name], want[name]):
			e.Ours = []int64{want[name]}
		default:
			if !changed {
				e.Original = have[name]
			}
			e.Ours = append(slices.Clone(e.Ours), want[name])
			steps = append(steps, step{name: name, from: have[name], to: want[name]})
		}
		during[name] = e
	}
	for _, name := range slices.Sorted(maps.Keys(old)) {
		if _, wanted := want[name]; wanted {
			continue
		}
		value, there := have[name]
		switch {
		case there && same(name, value, old[name].Original):
			delete(during, name)
		case there && old[name].ours(name, value):
			steps = append(steps, step{name: name, from: value, to: old[name].Original})
		default:
			delete(during, name)
			foreign = append(foreign, name)
		}
	}
	return steps, during, foreign
}

// settle returns the record for after the steps, of which some failed.
func settle(want map[string]int64, during, old record, steps []step, failed map[string]bool) record {
	after := maps.Clone(during)
	for _, s := range steps {
		value, wanted := want[s.name]
		before, known := old[s.name]
		switch {
		case failed[s.name] && known:
			after[s.name] = before
		case failed[s.name], !wanted:
			delete(after, s.name)
		default:
			after[s.name] = entry{Original: after[s.name].Original, Ours: []int64{value}}
		}
	}
	return after
}

type recordFile struct {
	Settings record `json:"settings"`
}

// load reads the record at path. A missing file is an empty record.
func load(path string) (record, error) {
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read the original IPVS settings: %w", err)
	}
	var file recordFile
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("read the original IPVS settings %s: %w: remove the file, and set by hand what it was to restore", path, err)
	}
	return file.Settings, nil
}

// save replaces the record at path in one step; an empty record is no file.
func save(path string, r record) error {
	if len(r) == 0 {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove the original IPVS settings: %w", err)
		}
		return nil
	}
	data, err := json.MarshalIndent(recordFile{Settings: r}, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the original IPVS settings: %w", err)
	}
	if err := replaceFile(path, append(data, '\n')); err != nil {
		return fmt.Errorf("write the original IPVS settings: %w", err)
	}
	return nil
}

// replaceFile puts data at path in one step, so that a crash leaves the old or
// the new file.
func replaceFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	fresh := path + ".new" // one name, so that crashes do not leave many
	if err := os.WriteFile(fresh, data, 0o600); err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	return os.Rename(fresh, path)
}
