package healthcheck

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Config adjusts an Engine. The zero value is right for production.
type Config struct {
	// MaxInFlight bounds the probes in flight of each kind: TCP connects, UDP
	// questions and pings together; goroutines, which are at most 512 in any
	// case; and processes, at most 128. 0 means a quarter of the descriptors
	// that the process may have (RLIMIT_NOFILE), but at most 4096.
	MaxInFlight int

	// Rand spreads the checks. Nil means a generator with a random seed.
	Rand *rand.Rand
}

const (
	maxSockets   = 4096 // in flight, unless Config says otherwise
	maxWorkers   = 512
	maxProcesses = 128
)

// An Engine asks a set of checks again and again. Its methods may be called
// from any goroutine.
type Engine struct {
	report func(Update)
	log    *slog.Logger

	sets  chan []Check // the last set that was asked for, until Run takes it
	asked chan chan map[Check]Status
	pasts chan historyQuestion
	hurry chan struct{} // tells Run of hurried
	ended chan struct{} // closed when Run has ended

	mu      sync.Mutex
	stats   Stats
	hurried []func(Check) bool // until Run takes them
	tallies map[string]*tally  // by kind; Run alone writes it

	// The rest belongs to the goroutine in Run.

	rand       *rand.Rand
	epoch      time.Time // when Run began; times are counted from here
	entries    map[Check]*entry
	generation uint32 // of the set in entries
	schedule   schedule
	counters   Stats

	sockets  lane
	poller   *poller // nil until it is needed
	happened chan []event
	watchers sync.WaitGroup
	spares   spares
	bySocket []*entry // that ask through a socket of their own: index is the descriptor
	pings    map[pingRoute]*pingSocket
	scratch  []byte // for one packet; nil without poller

	workers   lane
	processes lane
	answers   chan answer

	nextLocalLog time.Duration // until then local trouble is not logged again
}

// NewEngine returns an engine without checks. Its Run calls report whenever
// the State of a check changes, and when the Reason of one that is not up
// does. report must not block and must not call the engine's Status.
func NewEngine(cfg Config, report func(Update), log *slog.Logger) *Engine {
	sockets := cfg.MaxInFlight
	if sockets <= 0 {
		sockets = defaultInFlight()
	}
	workers, processes := min(sockets, maxWorkers), min(sockets, maxProcesses)
	r := cfg.Rand
	if r == nil {
		r = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	return &Engine{
		report: report,
		log:    log,
		sets:   make(chan []Check, 1),
		asked:  make(chan chan map[Check]Status),
		pasts:  make(chan historyQuestion),
		hurry:  make(chan struct{}, 1),
		ended:  make(chan struct{}),

		rand:      r,
		tallies:   make(map[string]*tally),
		entries:   make(map[Check]*entry),
		sockets:   lane{limit: sockets},
		happened:  make(chan []event),
		pings:     make(map[pingRoute]*pingSocket),
		workers:   lane{limit: workers},
		processes: lane{limit: processes},
		answers:   make(chan answer, workers+processes), // a goroutine never waits to deliver
	}
}

// defaultInFlight returns the bound that leaves most descriptors to others.
func defaultInFlight() int {
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil {
		return 256 // a quarter of the usual limit
	}
	return int(max(1, min(files.Cur/4, maxSockets)))
}

// Set replaces the checks that are asked. Equal ones are asked once. Checks
// that stay keep their state and their times; new ones begin spread over their
// Warmup. Of a check that is dropped nothing is reported any more. Set does
// not block, and may be called before Run.
func (e *Engine) Set(checks []Check) {
	own := append([]Check(nil), checks...)
	for {
		select {
		case e.sets <- own:
			return
		default:
		}
		select {
		case <-e.sets: // out of date now
		default:
		}
	}
}

// Status returns the status of every check. It returns nil if ctx is done or
// Run has ended before there is an answer.
func (e *Engine) Status(ctx context.Context) map[Check]Status {
	reply := make(chan map[Check]Status, 1)
	select {
	case e.asked <- reply:
		return <-reply
	case <-e.ended:
		return nil
	case <-ctx.Done():
		return nil
	}
}

// Hurry makes the checks that match due now. One that is being asked
// is asked again after that: its answer may be out of date. Hurry does not
// block, and may be called before Run; match is called by Run, once for each
// check, and must not block.
func (e *Engine) Hurry(match func(Check) bool) {
	e.mu.Lock()
	e.hurried = append(e.hurried, match)
	e.mu.Unlock()
	select {
	case e.hurry <- struct{}{}:
	default: // Run knows already
	}
}

// Run asks the checks until ctx is done, and then returns nil. It is called
// once.
func (e *Engine) Run(ctx context.Context) error {
	defer close(e.ended)
	ctx, cancel := context.WithCancel(ctx)
	defer e.shutdown()
	defer cancel()

	e.epoch = time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		e.startDue(ctx)
		e.publish()
		if at, ok := e.schedule.next(); ok {
			timer.Reset(at - e.now())
		} else {
			timer.Stop()
		}
		select {
		case <-ctx.Done():
		case <-timer.C:
		case checks := <-e.sets:
			e.apply(checks)
		case <-e.hurry:
			e.hurryUp()
		case events := <-e.happened:
			e.take(ctx, events)
		case a := <-e.answers:
			e.answered(a)
			for range len(e.answers) {
				e.answered(<-e.answers)
			}
		case reply := <-e.asked:
			reply <- e.snapshot()
		case q := <-e.pasts:
			q.reply <- e.history(q.checks)
		}
	}
	return nil
}

// now returns the time since Run began. It is monotonic.
func (e *Engine) now() time.Duration {
	return time.Since(e.epoch)
}

// snapshot returns the status of every check.
func (e *Engine) snapshot() map[Check]Status {
	all := make(map[Check]Status, len(e.entries))
	for check, en := range e.entries {
		all[check] = en.status
	}
	return all
}

// apply replaces the checks that are asked.
func (e *Engine) apply(checks []Check) {
	e.generation++
	if len(e.entries) == 0 {
		e.entries = make(map[Check]*entry, len(checks)) // growing to 10,000 takes longer than filling
	}
	var added []*entry
	for _, check := range checks {
		en := e.entries[check]
		if en == nil {
			en = newEntry(check)
			e.entries[check] = en
			added = append(added, en)
		}
		en.seen = e.generation
	}
	for check, en := range e.entries {
		if en.seen != e.generation {
			delete(e.entries, check)
			e.drop(en)
		}
	}
	e.closeIdlePings()
	now := e.now()
	for i, place := range spread(len(added), e.rand) {
		en := added[i]
		en.at, en.grid = begin(now, place, en.check.Spec().Timing)
		e.schedule.add(en)
	}
}

// hurryUp makes the checks due that Hurry was called for since the last time.
// Those of a Set before it are meant too.
func (e *Engine) hurryUp() {
	select {
	case checks := <-e.sets:
		e.apply(checks)
	default:
	}
	e.mu.Lock()
	matches := e.hurried
	e.hurried = nil
	e.mu.Unlock()
	now := e.now()
	for _, en := range e.entries {
		if !slices.ContainsFunc(matches, func(match func(Check) bool) bool { return match(en.check) }) {
			continue
		}
		switch en.phase {
		case resting:
			if !en.stuck {
				e.schedule.move(en, now)
			}
		case waiting: // it is due
		case asking, connected, working:
			en.hurried = true
		}
	}
}
