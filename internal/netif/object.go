package netif

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"golang.org/x/sys/unix"
)

// An object is something that a master has in the kernel: an [Address], a
// [Route] or a [Rule].
type object interface {
	fmt.Stringer
	devices() []string                // interfaces that must be there
	add(found links) (message, error) // an object that is there makes it fail with EEXIST
	remove(found links) (message, error)
	tracking() (no bool, group string)
	untracked() object // without what tracking tells
}

// same reports whether two objects are one to the kernel.
func same(a, b object) bool { return reflect.DeepEqual(a.untracked(), b.untracked()) }

// contains reports whether an object is among others.
func contains(all []object, o object) bool {
	return slices.ContainsFunc(all, func(other object) bool { return same(o, other) })
}

// objectsOf returns objects in the order in which they are to be added: routes
// may need the addresses.
func objectsOf(addresses []Address, routes []Route, rules []Rule) []object {
	all := make([]object, 0, len(addresses)+len(routes)+len(rules))
	for _, a := range addresses {
		all = append(all, a)
	}
	for _, r := range routes {
		all = append(all, r)
	}
	for _, r := range rules {
		all = append(all, r)
	}
	return all
}

// devicesOf returns the interfaces of objects, each once.
func devicesOf(objects []object) []string {
	var all []string
	for _, o := range objects {
		for _, d := range o.devices() {
			if !slices.Contains(all, d) {
				all = append(all, d)
			}
		}
	}
	return all
}

// add adds objects in order and goes on after an error. What is there already is
// left as it is.
func (c *rtnetlink) add(objects []object) error {
	objects, err := c.withoutDoubles(objects)
	return errors.Join(err, c.each("add", objects, object.add, func(err error) bool { return errors.Is(err, unix.EEXIST) }))
}

// withoutDoubles leaves out rules without a preference that are there: the kernel
// would take them again, with another one.
func (c *rtnetlink) withoutDoubles(objects []object) (rest []object, err error) {
	for _, o := range objects {
		if r, ok := o.(Rule); ok && r.Preference == 0 {
			there, hasErr := c.has(r)
			if hasErr != nil {
				err = errors.Join(err, fmt.Errorf("add %s: %w", r, hasErr))
			}
			if there || hasErr != nil {
				continue
			}
		}
		rest = append(rest, o)
	}
	return rest, err
}

// remove removes objects, last one first. What is missing is no error.
func (c *rtnetlink) remove(objects []object) error {
	objects = slices.Clone(objects)
	slices.Reverse(objects)
	return c.each("remove", objects, object.remove, isMissing)
}

// isMissing reports whether a deletion failed because there was no such
// address, route or rule, or no longer an interface for it.
func isMissing(err error) bool {
	missing := []error{unix.EADDRNOTAVAIL, unix.ESRCH, unix.ENOENT, unix.ENODEV, unix.ENXIO}
	return slices.ContainsFunc(missing, func(m error) bool { return errors.Is(err, m) })
}

// each does one thing with all objects, in one batch.
func (c *rtnetlink) each(verb string, objects []object, write func(object, links) (message, error), fine func(error) bool) error {
	found, missing := c.find(devicesOf(objects))
	var errs []error
	for _, name := range devicesOf(objects) {
		if err := missing[name]; err != nil && !fine(err) {
			errs = append(errs, fmt.Errorf("%s addresses and routes of %s: %w", verb, name, err))
		}
	}
	batch, sent := make([]message, 0, len(objects)), make([]object, 0, len(objects))
	for _, o := range objects {
		if slices.ContainsFunc(o.devices(), func(d string) bool { return missing[d] != nil }) {
			continue
		}
		m, err := write(o, found)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s %s: %w", verb, o, err))
			continue
		}
		batch, sent = append(batch, m), append(sent, o)
	}
	results, err := c.change(batch)
	if err != nil {
		return errors.Join(append(errs, fmt.Errorf("%s addresses and routes: %w", verb, err))...)
	}
	for i, err := range results {
		if err != nil && !fine(err) {
			errs = append(errs, fmt.Errorf("%s %s: %w", verb, sent[i], err))
		}
	}
	return errors.Join(errs...)
}
