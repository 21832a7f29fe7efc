package director

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
)

// A reconciler makes the kernel's table what the pool wants. It is the owner's
// state: one goroutine uses it.
type reconciler struct {
	pool   *pool
	claim  *claim
	kernel Table
	log    *slog.Logger

	exclusive bool // every service of the kernel is ours

	have    table     // what the kernel has of ours, as far as known
	stale   bool      // have could not be read after a failed write
	synced  time.Time // end of the last pass over the whole table without an error
	err     error     // of the kernel since then
	refused refusals  // what it refuses of single services
	drift   uint64    // times that somebody else had changed our services
	found   []Event   // that somebody has, and has not been told yet; the log knows
	work    Work
	news    uint64 // grows with all that a pass may find or do that Status shows of services
}

// adopt reads the table and takes over what is ours. Nothing is written yet.
func (r *reconciler) adopt(ctx context.Context) error {
	have, err := r.read(ctx)
	if err != nil {
		r.err = err
		return err
	}
	r.have, r.err = have, nil
	r.claim.settle(have)
	r.pool.adopt(have)
	r.noteForeign()
	return nil
}

// resync reads the table again, and repairs it as a whole.
func (r *reconciler) resync(ctx context.Context) error {
	have, err := r.read(ctx)
	if err != nil {
		r.err = err
		return err
	}
	if r.stale {
		r.news++ // what a failed write has done is seen only now
	} else {
		r.noteDrift(have)
	}
	r.have, r.stale = have, false
	r.noteForeign()
	return r.converge(ctx)
}

// converge writes what is different in the whole table.
func (r *reconciler) converge(ctx context.Context) error {
	want := r.pool.desired()
	return r.reach(ctx, want, diff(r.have, want))
}

// reach makes the changes that turn the whole table into want.
func (r *reconciler) reach(ctx context.Context, want table, changes []ipvs.Change) error {
	r.claim.settle(r.have)
	recorded := r.claim.save() // an error does not stop service: it is in Status, and retried
	r.refused = make(refusals)
	if err := r.write(ctx, r.have, want, changes); err != nil {
		return errors.Join(err, recorded)
	}
	r.err = nil
	r.synced = time.Now()
	if recorded == nil {
		r.claim.settle(r.have)
		recorded = r.claim.save()
	}
	return recorded
}

// update writes what is different in the named services. Errors of others stay
// what they are.
func (r *reconciler) update(ctx context.Context, services []int) error {
	have, want := make(table, len(services)), make(table, len(services))
	for _, i := range services {
		r.pool.services[i].addTo(want)
	}
	for key := range want {
		if there, ok := r.have[key]; ok {
			have[key] = there
		}
	}
	r.refused.forget(want)
	return r.write(ctx, have, want, diff(have, want))
}

// write makes the changes that turn have, a part of r.have, into want. After an
// error r.have is read anew and the caller is to try again later.
func (r *reconciler) write(ctx context.Context, have, want table, changes []ipvs.Change) error {
	first, last := stage(have, want, changes)
	if err := r.apply(ctx, first); err != nil {
		return r.failed(errors.Join(err, r.writeSucceeded(ctx, want, last)))
	}
	if err := r.apply(ctx, last); err != nil {
		return r.failed(errors.Join(err, r.reread(ctx)))
	}
	for key := range have {
		delete(r.have, key)
	}
	maps.Copy(r.have, want)
	return nil
}

// writeSucceeded makes, after an error, those of the held back changes that
// empty no service all the same.
func (r *reconciler) writeSucceeded(ctx context.Context, want table, last []ipvs.Change) error {
	if err := r.reread(ctx); err != nil {
		return err
	}
	last = succeeded(r.have, want, last)
	if len(last) == 0 {
		return nil
	}
	return errors.Join(r.apply(ctx, last), r.reread(ctx))
}

func (r *reconciler) failed(err error) error {
	r.err = err
	return err
}

// clear deletes all of our services and the record of them.
func (r *reconciler) clear(ctx context.Context) error {
	have, err := r.read(ctx)
	if err != nil {
		return err
	}
	have = r.claim.covered(have)
	if err := r.apply(ctx, diff(have, nil)); err != nil {
		return err
	}
	r.have = make(table)
	if err := r.claim.release(); err != nil {
		return err
	}
	r.log.Info("services removed", "services", len(have))
	return nil
}

// reread makes r.have true again after a failed write.
func (r *reconciler) reread(ctx context.Context) error {
	have, err := r.read(ctx)
	r.stale = err != nil
	if err == nil {
		r.have = have
	}
	return err
}

// read returns the services of the kernel's table that are ours.
func (r *reconciler) read(ctx context.Context) (table, error) {
	services, err := r.kernel.Services(ctx)
	r.work.Reads++
	if err != nil {
		r.work.ReadsFailed++
		return nil, fmt.Errorf("read IPVS table: %w", err)
	}
	return r.claim.pick(services, r.exclusive), nil
}

func (r *reconciler) apply(ctx context.Context, changes []ipvs.Change) error {
	if len(changes) == 0 {
		return nil
	}
	r.news++
	err := r.kernel.Apply(ctx, changes)
	refused := make(refusals)
	refused.add(err)
	r.work.note(changes, refused, err)
	for key, errs := range refused {
		r.refused[key] = append(r.refused[key], errs...)
	}
	if err == nil || len(refused) > 0 {
		r.noteChanges(changes, refused)
	}
	return err
}

// noteChanges notes which services have just been changed.
func (r *reconciler) noteChanges(changes []ipvs.Change, refused refusals) {
	done := make(map[ipvs.Key]int)
	for _, c := range changes {
		done[keyOf(c)]++
	}
	now := time.Now()
	for key, n := range done {
		if i, ours := r.pool.owners[key]; ours && n > len(refused[key]) {
			r.pool.services[i].changed = now
		}
	}
}

// noteForeign says which services of others are about to be deleted.
func (r *reconciler) noteForeign() {
	if keys := r.claim.foreign(r.have); len(keys) > 0 {
		r.log.Warn("IPVS services that are not configured, removing", "services", len(keys), "keys", list(keys))
	}
}

// noteDrift counts and logs what somebody else changed since the last write.
func (r *reconciler) noteDrift(found table) {
	repairs := diff(r.claim.covered(found), r.claim.covered(r.have))
	if len(repairs) > 0 {
		r.drift++
		r.news++
	}
	drifted := make(map[*service]bool)
	repairs = slices.DeleteFunc(repairs, func(c ipvs.Change) bool {
		i, ours := r.pool.owners[keyOf(c)]
		if !ours {
			return false
		}
		drifted[r.pool.services[i]] = true
		return r.pool.services[i].contested // said already
	})
	if len(repairs) > 0 {
		r.log.Warn("IPVS table was changed by another program, repairing", "differences", len(repairs), "repairs", list(repairs))
	}
	r.notePass(drifted)
}

// notePass says which services another program changes again and again.
func (r *reconciler) notePass(drifted map[*service]bool) {
	find := func(s *service, kind EventKind) {
		r.found = append(r.found, Event{Kind: kind, VirtualServer: s.cfg.name(), Keys: s.cfg.Keys})
	}
	for _, s := range r.pool.services {
		turned := s.notePass(drifted[s])
		switch {
		case turned && s.contested:
			find(s, ServiceContested)
		case turned:
			find(s, ServiceLeftAlone)
		case drifted[s] && !s.contested:
			find(s, ServiceRepaired)
		}
		if !turned {
			continue
		}
		r.news++
		if s.contested {
			r.log.Warn("another program keeps changing the service, repairs go on without a word", "service", s.cfg.name(), "repairs", s.repairs)
		} else {
			r.log.Info("the service is left alone again", "service", s.cfg.name(), "repairs", s.repairs)
		}
	}
}
