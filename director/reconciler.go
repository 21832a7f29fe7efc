package director

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
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

	have   table     // what the kernel has of ours, as far as known
	stale  bool      // have could not be read after a failed write
	synced time.Time // end of the last pass over the whole table without an error
	err    error     // of the kernel since then
	drift  uint64    // times that somebody else had changed our services
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
	return nil
}

// resync reads the table again, and repairs it as a whole.
func (r *reconciler) resync(ctx context.Context) error {
	have, err := r.read(ctx)
	if err != nil {
		r.err = err
		return err
	}
	if !r.stale {
		r.noteDrift(have)
	}
	r.have, r.stale = have, false
	return r.converge(ctx)
}

// converge writes what is different in the whole table.
func (r *reconciler) converge(ctx context.Context) error {
	r.claim.settle(r.have)
	recorded := r.claim.save() // an error does not stop service: it is in Status, and retried
	want := make(table, len(r.pool.services))
	for _, s := range r.pool.services {
		want[s.cfg.Keys[0]] = s.desired()
	}
	if err := r.write(ctx, r.have, want); err != nil {
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
		s := r.pool.services[i]
		want[s.cfg.Keys[0]] = s.desired()
		if there, ok := r.have[s.cfg.Keys[0]]; ok {
			have[s.cfg.Keys[0]] = there
		}
	}
	return r.write(ctx, have, want)
}

// write turns have, a part of r.have, into want. After an error r.have is read
// anew and the caller is to try again later.
func (r *reconciler) write(ctx context.Context, have, want table) error {
	first, last := stage(have, want, diff(have, want))
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
	if err != nil {
		return nil, fmt.Errorf("read IPVS table: %w", err)
	}
	have := make(table)
	for _, s := range services {
		if r.claim.covers(s.Key) {
			have[s.Key] = s
		}
	}
	return have, nil
}

func (r *reconciler) apply(ctx context.Context, changes []ipvs.Change) error {
	if len(changes) == 0 {
		return nil
	}
	return r.kernel.Apply(ctx, changes)
}

// noteDrift counts and logs what somebody else changed since the last write.
func (r *reconciler) noteDrift(found table) {
	repairs := diff(found, r.have)
	if len(repairs) == 0 {
		return
	}
	r.drift++
	r.log.Warn("IPVS table was changed by another program, repairing", "differences", len(repairs), "repairs", list(repairs))
}
