package track

import (
	"context"
	"log/slog"
	"slices"
	"sync"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/internal/trackfile"
	"github.com/ldirector/ldirector/vrrp"
)

// A Tracker finds out what virtual routers depend on. Its methods may be called
// from any goroutine.
type Tracker struct {
	report    func([]vrrp.Track)
	log       *slog.Logger
	engine    *healthcheck.Engine
	files     *files
	processes *processes
	wake      chan struct{} // holds a token while there are tidings

	mu      sync.Mutex
	tidings tidings
	known   []vrrp.Track // see All

	board *board // belongs to the goroutine in Run
}

// tidings are what Run has not taken in yet.
type tidings struct {
	config    *Config
	repeat    bool
	checks    map[healthcheck.Check]healthcheck.Status
	files     map[string]int
	processes map[string]bool // all, if not nil
	services  map[string]bool
}

// New returns a Tracker that tracks nothing until Set and Run. Run calls report
// with everything that has become known and everything that has changed, in the
// configuration's order. report must not block.
func New(report func([]vrrp.Track), log *slog.Logger) *Tracker {
	t := &Tracker{report: report, log: log, wake: make(chan struct{}, 1), board: newBoard()}
	t.engine = healthcheck.NewEngine(healthcheck.Config{}, t.probed, log)
	t.files = &files{
		follow: trackfile.Watch, report: t.read, log: log, sets: make(chan []string, 1),
		values: make(map[string]int), troubles: make(map[string]string),
	}
	t.processes = &processes{
		proc: "/proc", open: openConnector, report: t.counted, log: log, sets: make(chan []Process, 1),
	}
	return t
}

// Set replaces what is tracked. What stays keeps its state; what is said of a
// tracker that has changed stands until something else is known. Set does not
// block, and may be called before Run.
func (t *Tracker) Set(cfg Config) {
	cfg.Probes = slices.Clone(cfg.Probes)
	for i, p := range cfg.Probes {
		checks := make([]healthcheck.Check, len(p.Checks))
		for j, check := range p.Checks {
			spec := check.Spec()
			spec.Timing.Warmup = 0
			checks[j] = spec.Check()
		}
		cfg.Probes[i].Checks = checks
	}
	t.tell(func(n *tidings) { n.config = &cfg })
}

// SetVirtualServer says whether a virtual server has its quorum. One of which
// nothing was said is not known. It does not block, and may be called before Run
// and for virtual servers that are not tracked.
func (t *Tracker) SetVirtualServer(name string, up bool) {
	t.tell(func(n *tidings) { n.services = with(n.services, name, up) })
}

// All returns everything that is known, in the configuration's order, as it was
// reported.
func (t *Tracker) All() []vrrp.Track {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.known
}

// Probes returns what the engine of its probes counts.
func (t *Tracker) Probes() (healthcheck.Stats, []healthcheck.KindStats) {
	return t.engine.Stats(), t.engine.Kinds()
}

// Repeat makes Run report everything that is known once more, for somebody who
// has come late.
func (t *Tracker) Repeat() {
	t.tell(func(n *tidings) { n.repeat = true })
}

// Run tracks until ctx is done, and then returns nil. It is called once.
func (t *Tracker) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var parts sync.WaitGroup
	defer parts.Wait()
	defer cancel()
	parts.Go(func() { _ = t.engine.Run(ctx) }) // returns nil
	parts.Go(func() { t.files.run(ctx) })
	parts.Go(func() { t.processes.run(ctx) })
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.wake:
			t.take(ctx, t.taken())
		}
	}
}

// tell changes the tidings and wakes Run.
func (t *Tracker) tell(change func(*tidings)) {
	t.mu.Lock()
	change(&t.tidings)
	t.mu.Unlock()
	select {
	case t.wake <- struct{}{}:
	default: // Run will look anyway
	}
}

// probed, read and counted are told by the parts.

func (t *Tracker) probed(u healthcheck.Update) {
	t.tell(func(n *tidings) { n.checks = with(n.checks, u.Check, u.Status) })
}

func (t *Tracker) read(path string, value int) {
	t.tell(func(n *tidings) { n.files = with(n.files, path, value) })
}

func (t *Tracker) counted(up map[string]bool) {
	t.tell(func(n *tidings) { n.processes = up })
}

// taken returns the tidings, of which there are none then.
func (t *Tracker) taken() tidings {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.tidings
	t.tidings = tidings{}
	return n
}

// take takes tidings in and reports what they change.
func (t *Tracker) take(ctx context.Context, n tidings) {
	if n.config != nil {
		t.apply(ctx, *n.config)
	}
	t.board.learn(n)
	news, all := t.board.news(), t.board.all()
	for _, track := range news {
		attrs := []slog.Attr{slog.String("kind", string(track.Kind)), slog.String("name", track.Name), slog.Int("value", track.Value)}
		if reason := t.board.reason(track); reason != "" {
			attrs = append(attrs, slog.String("reason", reason))
		}
		t.log.LogAttrs(ctx, slog.LevelInfo, "tracker changed", attrs...)
	}
	t.mu.Lock()
	t.known = all
	t.mu.Unlock()
	if n.repeat {
		news = all
	}
	if len(news) > 0 {
		t.report(news)
	}
}

// apply makes the parts track what a configuration says.
func (t *Tracker) apply(ctx context.Context, cfg Config) {
	t.board.set(cfg)
	var checks []healthcheck.Check
	for _, p := range cfg.Probes {
		checks = append(checks, p.Checks...)
	}
	t.engine.Set(checks)
	// Of a check that was gone until now and comes back before the engine has
	// noticed, it says nothing of its own accord.
	t.board.learn(tidings{checks: t.engine.Status(ctx)})
	var paths []string
	for _, f := range cfg.Files {
		paths = append(paths, f.Path)
	}
	slices.Sort(paths)
	offer(t.files.sets, slices.Compact(paths))
	offer(t.processes.sets, cfg.Processes)
}

// with returns a map with one more entry.
func with[K comparable, V any](m map[K]V, key K, value V) map[K]V {
	if m == nil {
		m = make(map[K]V)
	}
	m[key] = value
	return m
}

// offer puts a value into a channel with room for one, in place of one that
// waits there. Nobody else puts anything in.
func offer[T any](to chan T, value T) {
	select {
	case <-to: // out of date now
	default:
	}
	to <- value
}
