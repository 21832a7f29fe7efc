package director

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
)

// Run adopts the services that the kernel has, makes the table what it should
// be and keeps it so until ctx is done; then it leaves as Config.OnExit says,
// within stopTimeout. It is called once.
//
// It returns an error only at the start, if the ledger cannot be read or the
// table may not be (fs.ErrPermission, ipvs.ErrNoModule), and at the end, if
// services could not be removed. Other errors are retried and shown by Status.
func (d *Director) Run(ctx context.Context) error {
	defer close(d.done)
	if err := d.reconciler.claim.load(); err != nil {
		return err
	}
	d.remember()
	if adopted, err := d.adopt(ctx); err != nil || !adopted {
		return err
	}
	d.begin(ctx)

	timer := time.NewTimer(d.wait())
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return d.leave(ctx)
		case <-d.inbox.ready:
			d.observe(ctx)
		case <-d.moved:
			d.relocate(ctx)
		case <-timer.C:
			d.wake(ctx)
		case u := <-d.updates:
			u.answer(d.update(ctx, u.cfg))
		case order := <-d.orders:
			order(ctx)
		}
		timer.Reset(d.wait())
	}
}

// adopt reads the table, as often as it takes. It reports false if ctx was
// done before.
func (d *Director) adopt(ctx context.Context) (bool, error) {
	for {
		err := d.reconciler.adopt(ctx)
		switch {
		case err == nil:
			return true, nil
		case ctx.Err() != nil:
			return false, nil
		case errors.Is(err, fs.ErrPermission), errors.Is(err, ipvs.ErrNoModule):
			return false, err
		}
		d.finish(ctx, err, d.agenda.retry)
		d.publish(nil)
		if !d.pause(ctx, d.agenda.wait()) {
			return false, nil
		}
	}
}

// pause waits, answering meanwhile, and reports false if ctx is done before.
func (d *Director) pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-timer.C:
			return true
		}
	}
}

// begin makes the first pass over the adopted table, then starts the probes,
// which would compete with it for the processor.
func (d *Director) begin(ctx context.Context) {
	r := d.reconciler
	r.pool.locate(d.addresses())
	adopted := len(r.have) - len(r.claim.leftover) - len(r.claim.foreign(r.have))
	d.log.Info("IPVS services adopted",
		"adopted", adopted, "created", len(r.claim.configured)-adopted, "removed", len(r.claim.leftover))
	err := r.converge(ctx)
	d.checker.Set(r.pool.checks())
	d.finish(ctx, err, d.agenda.retry)
	d.tell(ctx, r.pool.opening())
	d.publish(d.everything())
	close(d.ready)
}

// wait is how long there is nothing to do but to wait for news.
func (d *Director) wait() time.Duration {
	wait := d.agenda.wait()
	if at, some := d.reconciler.pool.nextStep(); some {
		wait = min(wait, time.Until(at))
	}
	if at, some := d.reconciler.pool.nextCount(); some {
		wait = min(wait, time.Until(at))
	}
	return wait
}

// wake does what is due.
func (d *Director) wake(ctx context.Context) {
	if at, some := d.reconciler.pool.nextCount(); some && !at.After(time.Now()) {
		d.drain(ctx)
	}
	stepped := d.reconciler.pool.advance(time.Now())
	if d.agenda.wait() <= 0 {
		d.resync(ctx)
		return
	}
	d.publish(d.rewrite(ctx, stepped))
}

// resync is the periodic pass, and the retry after an error.
func (d *Director) resync(ctx context.Context) {
	r := d.reconciler
	before := r.news
	_ = d.record.save(r.pool.orders()) // what could not be written before
	err := r.resync(ctx)
	d.finish(ctx, err, d.agenda.retry)
	d.tellFound()
	if err == nil && r.news == before {
		d.publish(nil)
		return
	}
	d.publish(d.everything())
}

// observe acts on probe results.
func (d *Director) observe(ctx context.Context) {
	touched, events := d.reconciler.pool.observe(d.inbox.take())
	touched = d.rewrite(ctx, touched)
	d.tell(ctx, events)
	d.noteProbed()
	d.publish(touched)
}

// rewrite writes the touched services. It returns all those of which something
// else may be known now.
func (d *Director) rewrite(ctx context.Context, touched []int) []int {
	if d.reconciler.stale { // the retry, which reads the table first, does it
		return touched
	}
	if err := d.reconciler.update(ctx, touched); err != nil {
		d.finish(ctx, err, d.agenda.retrySoon)
		return d.everything() // read anew
	}
	return touched
}

// noteProbed says once that the first round of probes is over.
func (d *Director) noteProbed() {
	if d.probed {
		return
	}
	if up, down, all := d.reconciler.pool.probed(); all {
		d.probed = true
		d.log.Info("all real servers probed", "up", up, "down", down)
	}
}

// finish plans the next pass after one that ended with err; retry says how to
// plan it if there is an error.
func (d *Director) finish(ctx context.Context, err error, retry func()) {
	if err == nil {
		d.agenda.success()
	} else {
		retry()
	}
	if ctx.Err() != nil {
		return // errors are those of being interrupted
	}
	wait := d.agenda.wait()
	d.kernel.note(d.log, d.reconciler.err, wait, "IPVS table not in step", "IPVS table in step again")
	d.ledger.note(d.log, d.reconciler.claim.err, wait, "ledger not saved", "ledger saved again")
}

// leave ends the director's work as the configuration says.
func (d *Director) leave(ctx context.Context) error {
	if d.onExit == KeepOnExit || d.keep.Load() {
		if err := d.record.saveVerdicts(d.reconciler.pool.verdicts()); err != nil {
			d.log.Warn("states of real servers are not there for the next run", "err", err)
		}
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	d.tell(ctx, d.reconciler.pool.farewell())
	var again agenda // the back-off for earlier errors would take too long
	for {
		err := d.reconciler.clear(ctx)
		if err == nil {
			d.publish(d.everything())
			return nil
		}
		again.retry()
		if !d.pause(ctx, again.wait()) {
			return fmt.Errorf("remove services: %w", err)
		}
	}
}
