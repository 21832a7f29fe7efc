package healthcheck

import (
	"context"
	"time"
)

// An entry is a check with its state. An idle one is all that a target costs,
// so its fields are small.
type entry struct {
	check   Check
	status  Status
	verdict hysteresis
	history *history // nil before the first result

	at    time.Duration // when something is due: the next start, or the deadline
	grid  time.Duration // starts are whole intervals away from this
	since time.Duration // connected: when that began
	began time.Duration // asking, connected, working: when the probe did
	pos   int32         // in the schedule
	seen  uint32        // generation of the last set with this check

	fd   int32  // asking, connected: its socket, or the one for all
	turn int32  // asking, connected: names the watch of the socket
	seq  uint16 // asking byEcho: of the echo request

	way      way
	phase    phase
	stuck    bool // its goroutine has not come back; the slot stays taken
	dropped  bool // no longer wanted; only its slot is of interest
	hurried  bool // due again as soon as the probe in flight ends
	heldSlow bool // the slot is one of those for slow entries

	slowIn *lane // in which the last probe ran into its deadline; or nil
	held   *lane // in which it has a slot; or nil

	queue      *queue // in which it waits for a slot; or nil
	next, prev *entry // in queue

	cancel context.CancelFunc // working
}

// A phase is how far the probe of an entry has come.
type phase uint8

const (
	resting   phase = iota // until its time comes
	waiting                // it is due, and waits for a slot
	asking                 // the engine waits for an answer, or for the connection
	connected              // the connection waits for a worker
	working                // a goroutine asks
)

// newEntry returns an entry that is in no schedule yet.
func newEntry(check Check) *entry {
	return &entry{check: check, status: Status{Since: time.Now()}, pos: outside, way: wayOf(check.Spec().Prober)}
}
