package notify

import (
	"sync"
	"time"
)

// A Health says how well somebody hears of events.
type Health struct {
	Delivered uint64 // events that were heard
	Dropped   uint64 // events that never will be
	Waiting   int    // events that have not been heard yet
	Since     time.Time
	Trouble   string // why they are not heard since Since; "" if they are
}

// An outcome is how the latest of many attempts have ended.
type outcome struct {
	mu        sync.Mutex
	delivered uint64
	since     time.Time // of the first failure after the last success; zero: none
	trouble   string
}

// note notes the end of an attempt.
func (o *outcome) note(now time.Time, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err == nil {
		o.delivered++
		o.since, o.trouble = time.Time{}, ""
		return
	}
	if o.since.IsZero() {
		o.since = now
	}
	o.trouble = err.Error()
}

// fill puts what is known into h.
func (o *outcome) fill(h *Health) {
	o.mu.Lock()
	defer o.mu.Unlock()
	h.Delivered, h.Since, h.Trouble = o.delivered, o.since, o.trouble
}
