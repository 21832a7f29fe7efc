package guardian

import "sync"

// Bounds for what waits for a slow reader.
const (
	maxDirect  = 256
	maxNotices = 4096
	maxRecords = 1024
)

// An outbox holds messages until they are written: first requests and replies,
// then notices, then log records. Putting something in never blocks; what is
// beyond the bounds is dropped, and news are counted then.
type outbox struct {
	filled chan struct{} // has room for one

	mu      sync.Mutex
	closed  bool
	direct  []message
	notices []message
	records []message
	lost    lost
}

func newOutbox() *outbox { return &outbox{filled: make(chan struct{}, 1)} }

// put takes a message over. It reports false if a request or reply has no room,
// or the outbox is closed.
func (o *outbox) put(m message) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.closed:
		return false
	case m.Call == newsNotice && len(o.notices) >= maxNotices:
		o.lost.Notices++
	case m.Call == newsNotice:
		o.notices = append(o.notices, m)
	case m.Call == newsRecord && len(o.records) >= maxRecords:
		o.lost.Records++
	case m.Call == newsRecord:
		o.records = append(o.records, m)
	case len(o.direct) >= maxDirect:
		return false
	default:
		o.direct = append(o.direct, m)
	}
	select {
	case o.filled <- struct{}{}:
	default:
	}
	return true
}

// take returns the next message; ok is false if there is none.
func (o *outbox) take() (m message, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, queue := range []*[]message{&o.direct, &o.notices, &o.records} {
		if len(*queue) > 0 {
			m, *queue = (*queue)[0], (*queue)[1:]
			return m, true
		}
	}
	if o.lost != (lost{}) {
		m = message{Call: newsLost, Body: o.lost}
		o.lost = lost{}
		return m, true
	}
	return message{}, false
}

func (o *outbox) empty() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.direct)+len(o.notices)+len(o.records) == 0 && o.lost == (lost{})
}

// close takes nothing more and returns the log records that were not written.
func (o *outbox) close() []message {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	records := o.records
	o.direct, o.notices, o.records = nil, nil, nil
	return records
}
