package healthcheck

import (
	"cmp"
	"errors"
	"slices"
	"sync/atomic"
	"time"
)

// KindStats are what probes of one kind have said since the engine was made.
type KindStats struct {
	Kind   string // the configuration's word, see Prober
	Passed uint64 // that found their target healthy
	Failed uint64 // that did not
	Local  uint64 // that said nothing about it: local trouble
	// Durations of all of them, from the start to the answer or the deadline.
	Durations Histogram
}

// buckets is the number of DurationBounds.
const buckets = 14

// DurationBounds returns the upper bounds of the buckets of a Histogram, which
// belong to them; the last bucket has none.
func DurationBounds() [buckets]time.Duration {
	const us, ms = time.Microsecond, time.Millisecond
	return [buckets]time.Duration{
		250 * us, 500 * us, ms, 2500 * us, 5 * ms, 10 * ms, 25 * ms, 50 * ms, 100 * ms, 250 * ms, 500 * ms,
		time.Second, 2500 * ms, 5 * time.Second,
	}
}

// A Histogram says how many durations fell into which bucket.
type Histogram struct {
	Counts [buckets + 1]uint64
	Sum    time.Duration
}

// A tally counts for KindStats. The goroutine in Run writes it, others read.
type tally struct {
	passed, failed, local atomic.Uint64
	counts                [buckets + 1]atomic.Uint64
	sum                   atomic.Int64
}

// count takes in the answer of a probe and how long it took.
func (t *tally) count(err error, took time.Duration) {
	switch {
	case err == nil:
		t.passed.Add(1)
	case errors.Is(err, ErrLocal):
		t.local.Add(1)
	default:
		t.failed.Add(1)
	}
	bounds := DurationBounds()
	i := 0
	for i < buckets && took > bounds[i] {
		i++
	}
	t.counts[i].Add(1)
	t.sum.Add(int64(took))
}

// stats returns what has been counted.
func (t *tally) stats(kind string) KindStats {
	k := KindStats{Kind: kind, Passed: t.passed.Load(), Failed: t.failed.Load(), Local: t.local.Load()}
	for i := range t.counts {
		k.Durations.Counts[i] = t.counts[i].Load()
	}
	k.Durations.Sum = time.Duration(t.sum.Load())
	return k
}

// tally returns the one of a kind. It is called by Run.
func (e *Engine) tally(kind string) *tally {
	t := e.tallies[kind] // nobody else writes the map
	if t == nil {
		t = new(tally)
		e.mu.Lock()
		defer e.mu.Unlock()
		e.tallies[kind] = t
	}
	return t
}

// Kinds returns what the probes of every kind that was asked have said, sorted
// by kind.
func (e *Engine) Kinds() []KindStats {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := make([]KindStats, 0, len(e.tallies))
	for kind, t := range e.tallies {
		all = append(all, t.stats(kind))
	}
	slices.SortFunc(all, func(a, b KindStats) int { return cmp.Compare(a.Kind, b.Kind) })
	return all
}
