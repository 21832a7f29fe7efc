package director

import "time"

// After an error the next attempt comes after minRetry, then after twice the
// time, and so on until maxRetry.
const (
	minRetry = 100 * time.Millisecond
	maxRetry = 30 * time.Second
)

// An agenda is when the next pass over the whole table is due.
type agenda struct {
	interval time.Duration // between passes while all is well
	delay    time.Duration // before the next retry; zero: minRetry
	due      time.Time
}

// success plans the regular pass.
func (a *agenda) success() {
	a.delay = 0
	a.due = time.Now().Add(a.interval)
}

// retry plans the next attempt after a pass that failed.
func (a *agenda) retry() {
	delay := max(a.delay, minRetry)
	a.delay = min(2*delay, maxRetry)
	a.due = time.Now().Add(delay)
}

// retrySoon plans a first attempt after a change that failed, however long the
// back-off for older errors has become.
func (a *agenda) retrySoon() {
	a.delay = 0
	a.retry()
}

// wait is the time until the pass is due.
func (a *agenda) wait() time.Duration {
	return time.Until(a.due)
}

// soon brings the regular pass forward to now.
func (a *agenda) soon() {
	a.due = time.Now()
}
