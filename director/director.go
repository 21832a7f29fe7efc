package director

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
)

// stopTimeout bounds the removal of the services when Run ends.
const stopTimeout = 10 * time.Second

// ErrStopped is returned by Counters after the end of Run.
var ErrStopped = errors.New("director has stopped")

// A Director keeps the kernel's IPVS table as a Config and probe results say.
// Make one with New, start it with Run. The other methods may be called from
// any goroutine at any time.
type Director struct {
	cfg     Config
	checker Checker
	log     *slog.Logger

	inbox  *inbox
	asks   chan func() // run by the owner between two passes
	done   chan struct{}
	status atomic.Pointer[Status]

	// The rest belongs to the goroutine in Run.
	reconciler *reconciler
	agenda     agenda
	kernel     trouble
	ledger     trouble
	probed     bool // every real server has had a result
}

// New returns a Director that does nothing until Run.
func New(cfg Config, kernel Table, checker Checker, ledger Ledger, log *slog.Logger) *Director {
	if cfg.Resync <= 0 {
		cfg.Resync = DefaultResync
	}
	cfg.VirtualServers = slices.Clone(cfg.VirtualServers)
	for i := range cfg.VirtualServers {
		keys := slices.Clone(cfg.VirtualServers[i].Keys)
		for j := range keys {
			keys[j] = keys[j].Canonical()
		}
		cfg.VirtualServers[i].Keys = keys
	}
	d := &Director{
		cfg:     cfg,
		checker: checker,
		log:     log,
		inbox:   newInbox(),
		asks:    make(chan func()),
		done:    make(chan struct{}),
		reconciler: &reconciler{
			pool:   newPool(cfg.VirtualServers),
			claim:  newClaim(ledger, cfg.VirtualServers),
			kernel: kernel,
			log:    log,
			have:   make(table),
		},
		agenda: agenda{interval: cfg.Resync},
	}
	d.publish(d.everything())
	return d
}

// Report hands a probe result in. It never blocks; of several results of one
// check only the latest counts if they come faster than they can be used.
func (d *Director) Report(u healthcheck.Update) {
	d.inbox.put(u)
}

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
	if adopted, err := d.adopt(ctx); err != nil || !adopted {
		return err
	}
	d.begin(ctx)

	timer := time.NewTimer(d.agenda.wait())
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return d.leave(ctx)
		case <-d.inbox.ready:
			d.observe(ctx)
		case <-timer.C:
			d.resync(ctx)
		case ask := <-d.asks:
			ask()
		}
		timer.Reset(d.agenda.wait())
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
		case ask := <-d.asks:
			ask()
		}
	}
}

// begin starts the probes and makes the first pass over the adopted table.
func (d *Director) begin(ctx context.Context) {
	d.checker.Set(d.cfg.checks())
	r := d.reconciler
	adopted := len(r.have) - len(r.claim.leftover)
	d.log.Info("IPVS services adopted",
		"adopted", adopted, "created", len(r.claim.configured)-adopted, "removed", len(r.claim.leftover))
	err := r.converge(ctx)
	d.finish(ctx, err, d.agenda.retry)
	d.publish(d.everything())
}

// resync is the periodic pass, and the retry after an error.
func (d *Director) resync(ctx context.Context) {
	err := d.reconciler.resync(ctx)
	d.finish(ctx, err, d.agenda.retry)
	d.publish(d.everything())
}

// observe acts on probe results.
func (d *Director) observe(ctx context.Context) {
	r := d.reconciler
	touched, events := r.pool.observe(d.inbox.take())
	if !r.stale { // else the retry, which reads the table first, does it
		if err := r.update(ctx, touched); err != nil {
			d.finish(ctx, err, d.agenda.retrySoon)
			touched = d.everything() // read anew
		}
	}
	for _, e := range events {
		e.log(ctx, d.log)
	}
	d.noteProbed()
	d.publish(touched)
}

// noteProbed says once that the first round of probes is over.
func (d *Director) noteProbed() {
	if d.probed {
		return
	}
	if n := d.reconciler.pool.count(); n[healthcheck.Unknown] == 0 {
		d.probed = true
		d.log.Info("all real servers probed", "up", n[healthcheck.Up], "down", n[healthcheck.Down])
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
	if d.cfg.OnExit == KeepOnExit {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
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

// Status returns the latest snapshot. It does not block.
func (d *Director) Status() Status {
	return *d.status.Load()
}

// publish makes a new snapshot, in which the touched services are new.
func (d *Director) publish(touched []int) {
	r := d.reconciler
	s := &Status{Synced: r.synced, Error: summary(r.err), LedgerError: summary(r.claim.err), Drift: r.drift}
	if old := d.status.Load(); old != nil {
		s.VirtualServers = slices.Clone(old.VirtualServers)
	} else {
		s.VirtualServers = make([]VirtualServerStatus, len(d.cfg.VirtualServers))
	}
	for _, i := range touched {
		model := r.pool.services[i]
		s.VirtualServers[i] = model.status(r.have[model.cfg.Keys[0]])
	}
	d.status.Store(s)
}

// Counters is Status with the connection counts of this moment. After an error
// the Status comes without them.
func (d *Director) Counters(ctx context.Context) (Status, error) {
	type answer struct {
		counters map[ipvs.Key]map[netip.AddrPort]ipvs.Counters
		err      error
	}
	reply := make(chan answer, 1)
	ask := func() {
		counters, err := d.reconciler.kernel.Counters(ctx)
		reply <- answer{counters, err}
	}
	select {
	case d.asks <- ask:
	case <-ctx.Done():
		return d.Status(), ctx.Err()
	case <-d.done:
		return d.Status(), ErrStopped
	}
	a := <-reply
	if a.err != nil {
		return d.Status(), a.err
	}
	return d.Status().with(a.counters), nil
}

// everything names all services.
func (d *Director) everything() []int {
	all := make([]int, len(d.cfg.VirtualServers))
	for i := range all {
		all[i] = i
	}
	return all
}
