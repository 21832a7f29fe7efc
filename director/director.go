package director

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
)

// stopTimeout bounds the removal of the services when Run ends.
const stopTimeout = 10 * time.Second

// ErrStopped is matched by the errors of Update and Override once Run ends.
var ErrStopped = errors.New("director has stopped")

// A Director keeps the kernel's IPVS table as a Config and probe results say.
// Make one with New, start it with Run. The other methods may be called from
// any goroutine at any time.
type Director struct {
	checker Checker
	events  func(Event)
	log     *slog.Logger

	inbox   *inbox
	local   atomic.Pointer[addresses]
	moved   chan struct{}              // holds a token while local is news
	updates chan update                // taken by the owner once it has made the first pass
	orders  chan func(context.Context) // as updates
	ready   chan struct{}
	done    chan struct{}
	status  snapshot
	keep    atomic.Bool // whatever the configuration says: KeepOnExit

	// The rest belongs to the goroutine in Run.
	onExit     OnExit
	reconciler *reconciler
	record     record
	agenda     agenda
	kernel     trouble
	ledger     trouble
	probed     bool // every real server has had a result
}

// New returns a Director that does nothing until Run. memory may be nil: then a
// restart forgets what operators have said. events, which may be nil, is told
// the news one after the other, from the goroutine of Run: it must not block,
// and must not call Update or Override.
func New(cfg Config, kernel Table, checker Checker, ledger Ledger, memory Memory, events func(Event), log *slog.Logger) *Director {
	cfg = cfg.normal()
	if events == nil {
		events = func(Event) {}
	}
	d := &Director{
		checker: checker,
		events:  events,
		log:     log,
		inbox:   newInbox(),
		moved:   make(chan struct{}, 1),
		updates: make(chan update),
		orders:  make(chan func(context.Context)),
		record:  record{memory: memory},
		ready:   make(chan struct{}),
		done:    make(chan struct{}),
		onExit:  cfg.OnExit,
		reconciler: &reconciler{
			pool:      newPool(cfg.VirtualServers),
			claim:     newClaim(ledger, cfg.VirtualServers),
			kernel:    kernel,
			log:       log,
			exclusive: cfg.Exclusive,
			have:      make(table),
			refused:   make(refusals),
		},
		agenda: agenda{interval: cfg.Resync},
	}
	d.publish(d.everything())
	return d
}

// Report hands a probe result in. It never blocks; of several results of one
// check only the latest counts if they come faster than they can be used.
// Results of checks that no real server has any more are ignored.
func (d *Director) Report(u healthcheck.Update) {
	d.inbox.put(u)
}

// Ready returns a channel that is closed when the first pass over the kernel's
// table is over, whether or not all of it could be written.
func (d *Director) Ready() <-chan struct{} {
	return d.ready
}

// Keep makes Run leave the services in the kernel at its end, for the next run to
// adopt, whatever Config.OnExit says.
func (d *Director) Keep() { d.keep.Store(true) }

// Status returns the latest snapshot. It waits for nothing but another one.
func (d *Director) Status() Status {
	return d.status.get()
}

// publish makes a new snapshot, in which the touched services are new.
func (d *Director) publish(touched []int) {
	r := d.reconciler
	s := Status{Synced: r.synced, Error: summary(r.err), LedgerError: summary(r.claim.err), OverridesError: summary(d.record.err), Drift: r.drift, Work: r.work}
	if len(touched) == 0 && len(r.pool.services) > 0 {
		d.status.set(s, 0, false, nil)
		return
	}
	d.status.set(s, r.pool.visible, len(touched) == len(r.pool.services), func(servers []VirtualServerStatus) {
		for _, i := range touched {
			if i < r.pool.visible {
				servers[i] = r.pool.services[i].status(r.have, r.refused)
			}
		}
	})
}

// everything names all services.
func (d *Director) everything() []int {
	all := make([]int, len(d.reconciler.pool.services))
	for i := range all {
		all[i] = i
	}
	return all
}

// tellFound hands on what the last passes over the table have found.
func (d *Director) tellFound() {
	for _, e := range d.reconciler.found {
		d.events(e)
	}
	d.reconciler.found = nil
}

// tell logs events and hands them on.
func (d *Director) tell(ctx context.Context, events []Event) {
	for _, e := range events {
		e.log(ctx, d.log)
		d.events(e)
	}
}
