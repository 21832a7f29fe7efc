package netif

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
)

// A setting is a sysctl with the value that it is to have.
type setting struct{ name, value string }

// A changed setting is a sysctl that we have set.
type changed struct {
	Name     string `json:"name"`
	Original string `json:"original"`
	Ours     string `json:"ours"`
}

// find returns the place of a sysctl among the changed ones, -1 if it is none.
func find(all []changed, name string) int {
	return slices.IndexFunc(all, func(c changed) bool { return c.Name == name })
}

// planSettings compares what is wanted with what was changed before and with
// what the kernel has. It returns what is to be written, in order, and what is
// changed after that: originals are kept from the first change on. What was
// changed and is not wanted any more gets its original value first, the last one
// changed before the others, unless somebody else has set it meanwhile.
//
// read fails with [os.ErrNotExist] for a sysctl of an interface that is not
// there: it is left out.
func planSettings(wanted []setting, before []changed, read func(string) (string, error)) (writes []setting, after []changed, err error) {
	var errs []error
	want := make(map[string]string, len(wanted))
	for _, w := range wanted {
		want[w.name] = w.value
	}
	for _, c := range slices.Backward(before) {
		if _, ok := want[c.Name]; ok {
			continue
		}
		value, err := read(c.Name)
		switch {
		case err != nil:
			errs = append(errs, ignoreMissing(err))
		case value == c.Ours && value != c.Original:
			writes = append(writes, setting{name: c.Name, value: c.Original})
		}
	}
	for _, c := range before {
		if value, ok := want[c.Name]; ok {
			after = append(after, changed{Name: c.Name, Original: c.Original, Ours: value})
		}
	}
	for _, w := range wanted {
		value, err := read(w.name)
		switch {
		case err != nil:
			errs = append(errs, ignoreMissing(err))
		case value != w.value:
			writes = append(writes, w)
			if find(after, w.name) < 0 {
				after = append(after, changed{Name: w.name, Original: value, Ours: w.value})
			}
		}
	}
	return writes, after, errors.Join(errs...)
}

// writeSettings sets sysctls in order and goes on after an error.
func writeSettings(all []setting, log *slog.Logger) error {
	var errs []error
	for _, s := range all {
		if err := WriteSysctl(s.name, s.value); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
			continue
		}
		log.Debug("sysctl set", "sysctl", s.name, "value", s.value)
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("prepare interfaces: %w", err)
	}
	return nil
}
