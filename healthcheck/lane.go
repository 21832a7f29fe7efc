package healthcheck

// A lane bounds the probes in flight of one kind. Entries that are due wait in
// it for a free slot, first come, first served.
//
// Slow entries, those whose last probe ran into its deadline, hold at most
// half of the slots: servers that swallow packets take every probe its whole
// Timeout, and without this rule they would soon hold all slots while servers
// that answer in a millisecond wait.
type lane struct {
	limit int
	busy  int // probes in flight
	slow  int // those of slow entries among them

	waiting     []*entry
	waitingSlow []*entry
}

// push lets en wait for a slot.
func (l *lane) push(en *entry) {
	if en.slow {
		l.waitingSlow = append(l.waitingSlow, en)
	} else {
		l.waiting = append(l.waiting, en)
	}
}

// pop takes a slot for the entry that has waited longest among those that may
// start, and returns it. It returns nil if there is none.
func (l *lane) pop() *entry {
	if l.busy >= l.limit {
		return nil
	}
	l.waiting, l.waitingSlow = skipDropped(l.waiting), skipDropped(l.waitingSlow)
	queue := &l.waiting
	if l.slow < max(1, l.limit/2) && len(l.waitingSlow) > 0 &&
		(len(l.waiting) == 0 || l.waitingSlow[0].at < l.waiting[0].at) {
		queue = &l.waitingSlow
	}
	if len(*queue) == 0 {
		return nil
	}
	en := (*queue)[0]
	(*queue)[0] = nil
	*queue = (*queue)[1:]
	l.busy++
	en.heldSlow = en.slow
	if en.heldSlow {
		l.slow++
	}
	return en
}

// release gives back the slot that pop took for en.
func (l *lane) release(en *entry) {
	l.busy--
	if en.heldSlow {
		l.slow--
	}
}

// skipDropped returns queue without the dropped entries at its head.
func skipDropped(queue []*entry) []*entry {
	for len(queue) > 0 && queue[0].dropped {
		queue[0] = nil
		queue = queue[1:]
	}
	return queue
}

// queued returns how many entries wait. Dropped ones still count.
func (l *lane) queued() int {
	return len(l.waiting) + len(l.waitingSlow)
}
