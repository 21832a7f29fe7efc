package netif

import (
	"errors"
	"fmt"
)

// Static keeps on the host what is there for as long as the program runs. Its
// socket is opened at the first use and kept. Methods go on after an error; they
// are for one goroutine.
type Static struct {
	shared  *Shared
	kernel  rtnetlink
	applied []object
}

// NewStatic returns a Static that has nothing yet.
func NewStatic(shared *Shared) *Static { return &Static{shared: shared} }

// A Loss is an object of a StaticSet that is not on the host.
type Loss struct {
	Object     string // for messages
	TrackGroup string // instances that are in Fault without it; "": none
}

// Apply adds what is missing of the set, and removes what an earlier set had and
// this one has not. It is also called to repair.
func (s *Static) Apply(set StaticSet) error {
	wanted := objectsOf(set.Addresses, set.Routes, set.Rules)
	var gone []object
	for _, o := range s.applied {
		if !contains(wanted, o) {
			gone = append(gone, o)
		}
	}
	removed := s.shared.remove(&s.kernel, gone)
	s.applied = wanted
	return static(removed, s.kernel.add(wanted))
}

// Remove removes everything, last one first. What is missing is no error.
func (s *Static) Remove() error {
	err := s.shared.remove(&s.kernel, s.applied)
	if err == nil {
		s.applied = nil
	}
	return static(err)
}

// Missing returns what is not there of the set that was applied last.
func (s *Static) Missing() ([]Loss, error) {
	missing, err := s.kernel.missing(s.applied)
	var all []Loss
	for _, o := range missing {
		_, group := o.tracking()
		all = append(all, Loss{Object: o.String(), TrackGroup: group})
	}
	return all, static(err)
}

// Close closes the socket. What was added stays.
func (s *Static) Close() error { return s.kernel.close() }

func static(errs ...error) error {
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("static addresses, routes and rules: %w", err)
	}
	return nil
}
