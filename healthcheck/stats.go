package healthcheck

import "time"

// Stats are counters of an engine. They start at 0 with it.
type Stats struct {
	Checks int // that are asked

	// What is in flight. Sockets bounds TCP connects, UDP questions and pings,
	// Workers goroutines, Processes those of Forkers.
	Sockets, Workers, Processes Load

	Done   uint64 // answers, whatever they were, and deadlines that passed without
	Failed uint64 // of these, those that say that the target is not healthy
	Local  uint64 // of these, local trouble
	Late   uint64 // probes begun more than 100 milliseconds after they were due

	LateMax time.Duration // the longest that one was late
}

// A Load is what one kind of probes takes of what it may.
type Load struct {
	InFlight int // slots that are taken
	Waiting  int // checks that wait for one of them to become free
	Limit    int // slots
}

// Stats returns the engine's counters.
func (e *Engine) Stats() Stats {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.stats
}

// publish makes the counters visible to Stats.
func (e *Engine) publish() {
	s := e.counters
	s.Checks = len(e.entries)
	s.Sockets, s.Workers, s.Processes = e.sockets.load(), e.workers.load(), e.processes.load()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stats = s
}
