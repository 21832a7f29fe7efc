package api

import (
	"sync"
	"time"
)

// keptEvents is how many events an EventLog holds.
const keptEvents = 2048

// Event is a piece of news. Its JSON form is stable, as that of [Status] is.
type Event struct {
	// Seq grows by one from event to event. It begins with the microseconds of the
	// daemon's start, so that it grows over restarts, too.
	Seq           uint64    `json:"seq"`
	Time          time.Time `json:"time"`
	Kind          string    `json:"kind"`    // real_server_down, vrrp_state, command …
	Warning       bool      `json:"warning"` // somebody should look
	VirtualServer string    `json:"virtual_server"`
	RealServer    string    `json:"real_server"` // also a sorry server
	Instance      string    `json:"instance"`    // VRRP instance or sync group
	Text          string    `json:"text"`        // a sentence for people
	By            string    `json:"by"`          // of a command: who gave it, "uid 0, pid 4711"
}

// Events are those that an EventLog has after one of them.
type Events struct {
	// Missed says that there were more before, which are not kept any more.
	Missed bool    `json:"missed"`
	Events []Event `json:"events"`
}

// An EventLog keeps the latest events. Its methods may be called from any
// goroutine and do not block. Readers have a place in it and nothing else, so
// that a slow one costs nobody anything.
type EventLog struct {
	mu    sync.Mutex
	ring  []Event // that with the number n is at n % keptEvents, once there are so many
	first uint64  // number of the first event ever
	next  uint64  // number of the next one
	news  chan struct{}
	hear  func(Event) // nil: nobody
}

// NewEventLog returns an empty log whose numbers begin with the time.
func NewEventLog(now time.Time) *EventLog {
	n := uint64(now.UnixMicro())
	return &EventLog{first: n, next: n, news: make(chan struct{})}
}

// Tell makes hear get every event from now on, in order. It must not block, nor
// call the log.
func (l *EventLog) Tell(hear func(Event)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hear = hear
}

// Add gives an event its number, and its time if it has none, and keeps it.
func (l *EventLog) Add(e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.Seq = l.next
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	if len(l.ring) < keptEvents {
		l.ring = append(l.ring, e)
	} else {
		l.ring[(l.next-l.first)%keptEvents] = e
	}
	l.next++
	if l.hear != nil {
		l.hear(e)
	}
	close(l.news)
	l.news = make(chan struct{})
}

// After returns the events with numbers after seq, at most the newest of them,
// and a channel that is closed when there are more. A number of an earlier run
// of the daemon means all.
func (l *EventLog) After(seq uint64, most int) (Events, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	oldest := l.next - uint64(len(l.ring))
	from := max(seq+1, oldest)
	if seq >= l.next { // nobody has seen that yet
		from = oldest
	}
	out := Events{Missed: seq+1 < oldest && oldest > l.first, Events: []Event{}}
	if n := l.next - from; n > uint64(most) {
		from = l.next - uint64(most)
	}
	for n := from; n < l.next; n++ {
		out.Events = append(out.Events, l.ring[(n-l.first)%keptEvents])
	}
	return out, l.news
}

// Last is the number of the latest event, or that before the first.
func (l *EventLog) Last() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.next - 1
}
