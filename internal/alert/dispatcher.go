package alert

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ldirector/ldirector/internal/api"
)

// A Dispatcher has the sinks that the configuration wants. Its methods but Run
// may be called from any goroutine and do not block.
type Dispatcher struct {
	services func() []Service
	log      *slog.Logger
	wake     chan struct{} // holds one token after a change

	mu    sync.Mutex
	sinks []*sink // in the configuration's order
}

// A Service is the state of a virtual server, for the end of a mail.
type Service struct {
	Name        string
	QuorumUp    bool
	LiveWeight  int
	Quorum      int
	SorryActive bool
}

// New returns a Dispatcher without sinks. services says how virtual servers are;
// it must not block.
func New(services func() []Service, log *slog.Logger) *Dispatcher {
	return &Dispatcher{services: services, log: log, wake: make(chan struct{}, 1)}
}

// Set says what sinks there are from now on. Those that were there before keep
// what waits in them.
func (d *Dispatcher) Set(cfg Config) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var sinks []*sink // a new list: Run may look at the old one
	for _, w := range d.wishes(cfg) {
		i := slices.IndexFunc(d.sinks, func(s *sink) bool { return s.kind == w.kind && s.name == w.name })
		if i < 0 {
			sinks = append(sinks, newSink(w.kind, w.name, w.route, d.log))
			continue
		}
		d.sinks[i].set(w.route)
		sinks = append(sinks, d.sinks[i])
	}
	d.sinks = sinks
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Send puts an event into the queues of those that want it.
func (d *Dispatcher) Send(e api.Event) {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.sinks {
		s.send(e)
	}
}

// Status says how the sinks are.
func (d *Dispatcher) Status() []api.Sink {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]api.Sink, len(d.sinks))
	for i, s := range d.sinks {
		all[i] = s.status()
	}
	return all
}

// Run delivers until ctx is done, and what waits then if that can be done within
// 2.5 s. End ctx after the senders have ended.
func (d *Dispatcher) Run(ctx context.Context) error {
	running := make(map[*sink]context.CancelFunc)
	var all sync.WaitGroup
	for {
		wanted := make(map[*sink]bool)
		for _, s := range d.current() {
			wanted[s] = true
			if running[s] == nil {
				own, cancel := context.WithCancel(ctx)
				running[s] = cancel
				all.Go(func() { s.run(own) })
			}
		}
		for s, cancel := range running {
			if !wanted[s] { // it may say its last
				cancel()
				delete(running, s)
			}
		}
		select {
		case <-d.wake:
		case <-ctx.Done():
			all.Wait()
			for _, cancel := range running {
				cancel()
			}
			return nil
		}
	}
}

func (d *Dispatcher) current() []*sink {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sinks
}
