package director

import (
	"errors"

	"github.com/ldirector/ldirector/director/ipvs"
)

// refusals are the changes that the kernel refused, by service.
type refusals map[ipvs.Key][]*ipvs.ChangeError

// add takes those of an error of Table.Apply.
func (r refusals) add(err error) {
	switch e := err.(type) { //nolint:errorlint // the tree is walked by hand, to find all and not the first
	case nil:
	case *ipvs.ChangeError:
		key := keyOf(e.Change).Canonical()
		r[key] = append(r[key], e)
	case interface{ Unwrap() []error }:
		for _, part := range e.Unwrap() {
			r.add(part)
		}
	default:
		r.add(errors.Unwrap(err))
	}
}

// forget drops those of the services, which are written anew.
func (r refusals) forget(services table) {
	for key := range services {
		delete(r, key)
	}
}

// of joins those of the keys.
func (r refusals) of(keys []ipvs.Key) error {
	if len(r) == 0 {
		return nil
	}
	var errs []error
	for _, key := range keys {
		for _, err := range r[key] {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
