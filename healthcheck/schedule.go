package healthcheck

import (
	"container/heap"
	"math/rand/v2"
	"time"
)

// slot is the step on which probes start, so that one wake-up serves many.
const slot = 10 * time.Millisecond

// A schedule holds the entries that wait for a time: for their next probe, or
// for the deadline of the one in flight. Times are counted from the start of
// the engine, so setting the system's clock moves nothing.
type schedule struct {
	heap entryHeap
}

// add puts en into the schedule at en.at. It is not in there yet.
func (s *schedule) add(en *entry) {
	heap.Push(&s.heap, en)
}

// remove takes en out, if it is in there.
func (s *schedule) remove(en *entry) {
	if en.pos != outside {
		heap.Remove(&s.heap, int(en.pos))
	}
}

// move gives en another time. It is in there.
func (s *schedule) move(en *entry, at time.Duration) {
	en.at = at
	heap.Fix(&s.heap, int(en.pos))
}

// next returns the earliest time in the schedule.
func (s *schedule) next() (at time.Duration, ok bool) {
	if len(s.heap) == 0 {
		return 0, false
	}
	return s.heap[0].at, true
}

// pop takes out the earliest entry whose time has come. It returns nil if
// there is none.
func (s *schedule) pop(now time.Duration) *entry {
	if len(s.heap) == 0 || s.heap[0].at > now {
		return nil
	}
	return heap.Pop(&s.heap).(*entry)
}

// outside is the position of an entry that is in no schedule.
const outside = -1

// entryHeap orders entries by time; it implements heap.Interface.
type entryHeap []*entry

func (h entryHeap) Len() int           { return len(h) }
func (h entryHeap) Less(i, j int) bool { return h[i].at < h[j].at }

func (h entryHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].pos, h[j].pos = int32(i), int32(j)
}

func (h *entryHeap) Push(x any) {
	en := x.(*entry)
	en.pos = int32(len(*h))
	*h = append(*h, en)
}

func (h *entryHeap) Pop() any {
	last := len(*h) - 1
	en := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	en.pos = outside
	return en
}

// spread returns n places in [0, 1) in random order, one in each n-th, so that
// they are even and yet each is as good as random.
func spread(n int, r *rand.Rand) []float64 {
	places := make([]float64, n)
	for i, p := range r.Perm(n) {
		places[i] = (float64(p) + r.Float64()) / float64(n)
	}
	return places
}

// begin returns when a check added at now is probed first, and the grid point
// from which its later probes count. place is its share of both spreads.
func begin(now time.Duration, place float64, t Timing) (first, grid time.Duration) {
	first = now + time.Duration(place*float64(t.Warmup))
	grid = now + time.Duration(place*float64(t.Interval))
	return first.Truncate(slot), grid.Truncate(slot)
}

// onSlot returns the first step that is not before at.
func onSlot(at time.Duration) time.Duration {
	return (at + slot - 1).Truncate(slot)
}

// nextOnGrid returns the first point after now that is a whole number of
// intervals away from grid.
func nextOnGrid(now, grid, interval time.Duration) time.Duration {
	past := (now - grid) % interval
	if past < 0 {
		past += interval
	}
	return now - past + interval
}
