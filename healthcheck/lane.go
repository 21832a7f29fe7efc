package healthcheck

import "time"

// A lane bounds the probes in flight of one kind. Entries that are due wait in
// it for a free slot, first come, first served.
//
// Slow entries, those whose last probe ran into its deadline in this lane, hold
// at most half of the slots: servers that swallow packets take every probe its
// whole Timeout, and without this rule they would soon hold all slots while
// servers that answer in a millisecond wait.
type lane struct {
	limit int
	busy  int // slots that are taken
	slow  int // those of slow entries among them

	quickQueue, slowQueue queue
}

// push lets en wait for a slot from now on.
func (l *lane) push(en *entry, now time.Duration) {
	en.since = now
	if en.slowIn == l {
		l.slowQueue.add(en)
	} else {
		l.quickQueue.add(en)
	}
}

// pop takes a slot for the entry that has waited longest among those that may
// start, and returns it. It returns nil if there is none. An entry that has a
// slot in another lane gives that back.
func (l *lane) pop() *entry {
	if l.busy >= l.limit {
		return nil
	}
	en := l.quickQueue.head
	if late := l.slowQueue.head; late != nil && l.slow < max(1, l.limit/2) && (en == nil || late.since < en.since) {
		en = late
	}
	if en == nil {
		return nil
	}
	en.queue.remove(en)
	en.release()
	l.busy++
	en.held, en.heldSlow = l, en.slowIn == l
	if en.heldSlow {
		l.slow++
	}
	return en
}

// release gives back the slot that en holds, if it does.
func (en *entry) release() {
	l := en.held
	if l == nil {
		return
	}
	en.held = nil
	l.busy--
	if en.heldSlow {
		l.slow--
	}
}

// load returns what the lane is doing.
func (l *lane) load() Load {
	return Load{InFlight: l.busy, Waiting: l.quickQueue.n + l.slowQueue.n, Limit: l.limit}
}

// A queue has entries in order of arrival. They may leave from the middle.
type queue struct {
	head, tail *entry
	n          int
}

// add puts en, which is in no queue, at the end.
func (q *queue) add(en *entry) {
	en.queue, en.prev = q, q.tail
	if q.tail == nil {
		q.head = en
	} else {
		q.tail.next = en
	}
	q.tail = en
	q.n++
}

// remove takes out en, which is in q.
func (q *queue) remove(en *entry) {
	if en.prev == nil {
		q.head = en.next
	} else {
		en.prev.next = en.next
	}
	if en.next == nil {
		q.tail = en.prev
	} else {
		en.next.prev = en.prev
	}
	en.queue, en.next, en.prev = nil, nil, nil
	q.n--
}
