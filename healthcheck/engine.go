package healthcheck

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Config adjusts an Engine. The zero value is right for production.
type Config struct {
	// MaxInFlight bounds the TCP connects in flight and, counted by
	// themselves, the other probes in flight. Those cost a goroutine each, and
	// there are never more than 512 of them. 0 means a quarter of the
	// descriptors that the process may have (RLIMIT_NOFILE), but at most 4096.
	MaxInFlight int

	// Rand spreads the checks. Nil means a generator with a random seed.
	Rand *rand.Rand
}

const (
	maxConnects = 4096 // in flight, unless Config says otherwise
	maxWorkers  = 512  // other probes in flight
)

// Stats are counters of an engine. They start at 0 with it.
type Stats struct {
	Checks   int // that are asked
	InFlight int // probes that have begun and not ended
	Waiting  int // checks that are due and wait for one of the probes in flight to end

	Done  uint64 // answers, whatever they were, and deadlines that passed without
	Local uint64 // of these, local trouble
	Late  uint64 // probes begun more than 100 milliseconds after they were due

	LateMax time.Duration // the longest that one was late
}

// An Engine asks a set of checks again and again. Its methods may be called
// from any goroutine.
type Engine struct {
	report func(Update)
	log    *slog.Logger

	sets  chan []Check // the last set that was asked for, until Run takes it
	asked chan chan map[Check]Status
	ended chan struct{} // closed when Run has ended
	stats atomic.Pointer[Stats]

	// The rest belongs to the goroutine in Run.

	rand       *rand.Rand
	epoch      time.Time // when Run began; times are counted from here
	entries    map[Check]*entry
	generation uint64 // of the set in entries
	schedule   schedule
	counters   Stats

	connects   lane
	connector  *connector // nil until the first connect
	connecting map[int32]*entry
	lastID     int32
	over       chan []int32 // ids of connects that are over
	watchers   sync.WaitGroup

	workers lane
	answers chan answer

	nextLocalLog time.Duration // until then local trouble is not logged again
}

// An entry is a check with its state.
type entry struct {
	check   Check
	status  Status
	verdict hysteresis
	seen    uint64 // generation of the last set with this check

	at   time.Duration // the next start; in flight, the deadline
	grid time.Duration // starts are whole intervals away from this
	pos  int           // in the schedule

	inFlight bool
	slow     bool // the last probe ran into its deadline
	heldSlow bool // slow when it took its slot
	stuck    bool // its goroutine has not come back; the slot stays taken
	dropped  bool // no longer wanted; only its slot is of interest

	id     int32              // TCP in flight: key in connecting
	fd     int                // TCP in flight: socket
	cancel context.CancelFunc // other probe in flight
}

// NewEngine returns an engine without checks. Its Run calls report whenever
// the State of a check changes, and when the Reason of one that is not up
// does. report must not block and must not call the engine's Status.
func NewEngine(cfg Config, report func(Update), log *slog.Logger) *Engine {
	connects := cfg.MaxInFlight
	if connects <= 0 {
		connects = defaultInFlight()
	}
	workers := min(connects, maxWorkers)
	r := cfg.Rand
	if r == nil {
		r = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	e := &Engine{
		report: report,
		log:    log,
		sets:   make(chan []Check, 1),
		asked:  make(chan chan map[Check]Status),
		ended:  make(chan struct{}),

		rand:       r,
		entries:    make(map[Check]*entry),
		connects:   lane{limit: connects},
		connecting: make(map[int32]*entry),
		over:       make(chan []int32),
		workers:    lane{limit: workers},
		answers:    make(chan answer, workers), // a goroutine never waits to deliver
	}
	e.stats.Store(&Stats{})
	return e
}

// defaultInFlight returns the bound that leaves most descriptors to others.
func defaultInFlight() int {
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil {
		return 256 // a quarter of the usual limit
	}
	return int(max(1, min(files.Cur/4, maxConnects)))
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

// Stats returns the engine's counters.
func (e *Engine) Stats() Stats {
	return *e.stats.Load()
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
		case ids := <-e.over:
			e.connected(ids)
		case a := <-e.answers:
			e.answered(a)
			for range len(e.answers) {
				e.answered(<-e.answers)
			}
		case reply := <-e.asked:
			reply <- e.snapshot()
		}
	}
	return nil
}

// now returns the time since Run began. It is monotonic.
func (e *Engine) now() time.Duration {
	return time.Since(e.epoch)
}

// publish makes the counters visible to Stats.
func (e *Engine) publish() {
	s := e.counters
	s.Checks = len(e.entries)
	s.InFlight = e.connects.busy + e.workers.busy
	s.Waiting = e.connects.queued() + e.workers.queued()
	e.stats.Store(&s)
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
			en = &entry{check: check, status: Status{Since: time.Now()}, pos: outside}
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
	now := e.now()
	for i, place := range spread(len(added), e.rand) {
		en := added[i]
		en.at, en.grid = begin(now, place, en.check.Spec().Timing)
		e.schedule.add(en)
	}
}
