package netif

import (
	"errors"
	"log/slog"
	"slices"
	"sync"
)

// A Host puts on this host what a virtual router has as its master, takes it
// off again, and tells the neighbours. Its sockets are opened at the first use
// and kept. Methods go on after an error; they are for one goroutine.
type Host struct {
	master Master
	shared *Shared
	log    *slog.Logger

	objects []object // in the order in which they are added
	stale   []object // of a former configuration, perhaps still there

	kernel    rtnetlink
	announcer announcer
	filter    filter
}

// Shared is what all [Host] and [Static] values of a program have in common:
// limits of the rate of announcements, and that one removes addresses at a time.
// The zero value is ready.
type Shared struct {
	removing sync.Mutex // see protectOthers
	pacer    pacer
}

// NewHost returns the host of a master, without touching it.
func NewHost(m Master, shared *Shared, log *slog.Logger) *Host {
	addresses := slices.Concat(m.Addresses, m.Excluded)
	return &Host{
		master: m, shared: shared, log: log,
		objects: objectsOf(addresses, m.Routes, m.Rules),
		filter:  filter{instance: m.Name, addresses: addresses},
	}
}

// Supersede tells h that it comes after another host of the same virtual router,
// which is not used any more: the next AddAddresses or RemoveAddresses takes off
// what that may have left and h does not have.
func (h *Host) Supersede(previous *Host) {
	for _, o := range slices.Concat(previous.stale, previous.objects) {
		if !contains(h.objects, o) && !contains(h.stale, o) {
			h.stale = append(h.stale, o)
		}
	}
	h.filter.stale = previous.master.NoAccept || previous.filter.stale
}

// AddAddresses adds the addresses to their interfaces, in order, then routes and
// rules. What is there already is left as it is.
func (h *Host) AddAddresses() error {
	var errs []error
	switch {
	case h.master.NoAccept:
		errs = append(errs, h.filter.add())
	case h.filter.stale:
		errs = append(errs, h.removeFilter())
	}
	if len(h.stale) > 0 {
		err := h.shared.remove(&h.kernel, h.stale)
		if err == nil {
			h.stale = nil
		}
		errs = append(errs, err)
	}
	return errors.Join(append(errs, h.kernel.add(h.objects))...)
}

// RemoveAddresses takes everything off, last one first. What is not there is no
// error. Only an address with the configured prefix length is removed, and no
// other one disappears with it. Announcements that still wait are given up.
func (h *Host) RemoveAddresses() error {
	h.shared.pacer.cancel(h)
	err := h.shared.remove(&h.kernel, slices.Concat(h.stale, h.objects))
	if err == nil {
		h.stale = nil
	}
	if h.master.NoAccept || h.filter.stale {
		err = errors.Join(err, h.removeFilter())
	}
	return err
}

func (h *Host) removeFilter() error {
	err := h.filter.remove()
	if err == nil {
		h.filter.stale = false
	}
	return err
}

// remove removes objects, last one first, and no other address with them.
func (s *Shared) remove(kernel *rtnetlink, objects []object) error {
	s.removing.Lock()
	defer s.removing.Unlock()
	restore, err := kernel.protectOthers(objects)
	return errors.Join(err, kernel.remove(objects), restore())
}

// Close gives up announcements that still wait and closes the sockets. What was
// added stays.
func (h *Host) Close() error {
	h.shared.pacer.cancel(h)
	return errors.Join(h.kernel.close(), h.announcer.close())
}
