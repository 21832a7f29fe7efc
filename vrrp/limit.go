package vrrp

import (
	"sync"
	"time"
)

// logInterval is the least time between two log lines about the same trouble. RFC 9568 section 7.1 asks for a limit, as
// the sender of a bad packet decides how often it comes.
const logInterval = time.Minute

// A limiter keeps log lines about repeated trouble apart. It is safe for concurrent use.
type limiter struct {
	mu     sync.Mutex
	topics map[string]*topic
}

type topic struct {
	last       time.Time
	suppressed int
}

// allow reports whether a line about subject may be logged now, and how many were not since the last one.
func (l *limiter) allow(now time.Time, subject string) (suppressed int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.topics[subject]
	if t == nil {
		if l.topics == nil {
			l.topics = make(map[string]*topic)
		}
		l.topics[subject] = &topic{last: now}
		return 0, true
	}
	if now.Sub(t.last) < logInterval {
		t.suppressed++
		return 0, false
	}
	suppressed = t.suppressed
	*t = topic{last: now}
	return suppressed, true
}
