package alert

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ldirector/ldirector/internal/api"
)

// A queue has the events that wait for their delivery. Once it is full it loses
// the oldest: the newest say how things are.
type queue struct {
	size   int
	events []api.Event
	first  uint64         // number of events[0]; the numbers are its own
	left   map[string]int // events that were lost since the last delivery, by kind
	lost   uint64         // since the start
}

// add appends an event.
func (q *queue) add(e api.Event) {
	if len(q.events) == q.size {
		q.leave(q.events[0])
		q.events = q.events[1:]
		q.first++
	}
	q.events = append(q.events, e)
}

// leave counts an event that is lost.
func (q *queue) leave(e api.Event) {
	if q.left == nil {
		q.left = make(map[string]int)
	}
	q.left[e.Kind]++
	q.lost++
}

// A batch is what becomes one delivery.
type batch struct {
	events []api.Event
	left   map[string]int // events that were lost before these, by kind
	next   uint64         // number of the event after these
}

// batch returns the oldest events, which stay in the queue.
func (q *queue) batch(most int) batch {
	n := min(most, len(q.events))
	return batch{slices.Clone(q.events[:n]), maps.Clone(q.left), q.first + uint64(n)}
}

// done takes a batch out, of which some may have been lost meanwhile.
func (q *queue) done(b batch) {
	if b.next > q.first {
		q.events = slices.Clone(q.events[b.next-q.first:]) // nothing holds on to the old ones
		q.first = b.next
	}
	for kind, n := range b.left {
		if q.left[kind] -= n; q.left[kind] <= 0 {
			delete(q.left, kind)
		}
	}
}

// refuse takes a batch out as lost, which nobody will want later either.
func (q *queue) refuse(b batch) {
	if b.next <= q.first {
		return
	}
	n := b.next - q.first
	gone := q.events[:n]
	q.events, q.first = slices.Clone(q.events[n:]), b.next
	for _, e := range gone {
		q.leave(e)
	}
}

// summary counts events by kind, the most frequent first: "12 real server down,
// 1 quorum lost".
func summary(counts map[string]int) string {
	kinds := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	parts := make([]string, len(kinds))
	for i, kind := range kinds {
		parts[i] = fmt.Sprintf("%d %s", counts[kind], strings.NewReplacer("_", " ", "vrrp", "VRRP").Replace(kind))
	}
	return strings.Join(parts, ", ")
}

// count counts events by kind.
func count(events []api.Event) map[string]int {
	counts := make(map[string]int)
	for _, e := range events {
		counts[e.Kind]++
	}
	return counts
}

// total is the sum of counts.
func total(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}
