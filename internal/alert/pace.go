package alert

import "time"

// A limiter lets so many deliveries through in any hour: half of them at once if
// it has to be, the others in equal steps. The zero value lets all through.
type limiter struct {
	most   int // per hour
	budget float64
	at     time.Time // when budget was right; zero: it has never been used
}

// burst is how many deliveries may follow each other at once.
func (l *limiter) burst() float64 { return max(float64(l.most)/2, 1) }

// rate is how fast the budget grows, per hour. With the burst it is one more than
// an hour may have, and less than that within the hour.
func (l *limiter) rate() float64 { return float64(l.most) - l.burst() + 1 }

// fill brings the budget to now.
func (l *limiter) fill(now time.Time) {
	if l.at.IsZero() {
		l.budget = l.burst()
	} else {
		l.budget = min(l.burst(), l.budget+now.Sub(l.at).Hours()*l.rate())
	}
	l.at = now
}

// wait is how long the next delivery has to.
func (l *limiter) wait(now time.Time) time.Duration {
	if l.most == 0 {
		return 0
	}
	l.fill(now)
	if l.budget >= 1 {
		return 0
	}
	// A millisecond more than is right: a rounded budget must suffice then.
	return time.Duration((1-l.budget)/l.rate()*float64(time.Hour)) + time.Millisecond
}

// take notes a delivery.
func (l *limiter) take(now time.Time) {
	if l.most > 0 {
		l.fill(now)
		l.budget--
	}
}

// A backoff is how long attempts wait that follow one that has failed: first,
// and then twice as long each time.
type backoff struct{ first, longest time.Duration }

// wait is the pause after so many attempts that have failed.
func (b backoff) wait(failed int) time.Duration {
	pause := b.first
	for range failed - 1 {
		if pause *= 2; pause >= b.longest {
			return b.longest
		}
	}
	return min(pause, b.longest)
}
