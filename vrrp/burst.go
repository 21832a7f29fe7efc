package vrrp

import "time"

// burstTime is the time over which the rounds of a burst are spread. One that is lost then, on a switch port that is not
// ready yet, costs the hosts a part of a second; keepalived sends all rounds at once and the next after five seconds.
const burstTime = 960 * time.Millisecond

// maxDoubling is the number of gaps up to which they double. More would begin too close together.
const maxDoubling = 6

// A schedule knows when the virtual addresses are to be announced next. A burst is a number of rounds: the first at once,
// the others after gaps that double. It is repeated once after a delay, and all the time there is the refresh.
type schedule struct {
	began time.Time // the burst
	next  time.Time // next round of it; zero: none
	left  int       // rounds from then on
	gap   time.Duration
	grow  time.Duration // by which the gap is multiplied after each round

	again       time.Time // second burst; zero: none
	againRounds int

	refresh time.Time // zero: none
}

// burst begins a burst now, and plans the second one.
func (s *schedule) burst(now time.Time, rounds int, delay time.Duration) []Action {
	s.again = time.Time{}
	if rounds > 0 && delay > 0 {
		s.again, s.againRounds = now.Add(delay), rounds
	}
	return s.first(now, rounds)
}

// first announces once and plans the other rounds.
func (s *schedule) first(now time.Time, rounds int) []Action {
	s.began, s.next, s.left = now, time.Time{}, rounds-1
	if rounds <= 0 {
		return nil
	}
	if s.left > 0 {
		s.gap, s.grow = burstTime/time.Duration(s.left), 1
		if s.left <= maxDoubling {
			s.gap, s.grow = burstTime/(1<<s.left-1), 2
		}
		s.next = now.Add(s.gap)
	}
	return []Action{Announce{Rounds: 1}}
}

// soon makes the next round come within d.
func (s *schedule) soon(now time.Time, d time.Duration) {
	if at := now.Add(d); s.next.IsZero() || s.next.After(at) {
		s.next, s.left = at, max(s.left, 1)
	}
}

// busy reports whether a burst has just begun, so that another one would add nothing.
func (s *schedule) busy(now time.Time) bool { return now.Sub(s.began) < burstTime/10 }

// due announces what is due.
func (s *schedule) due(now time.Time, g *GARP) []Action {
	rounds := 0
	if !s.next.IsZero() && !now.Before(s.next) {
		rounds = 1
		s.left--
		s.gap *= s.grow
		s.next = now.Add(s.gap)
		if s.left == 0 {
			s.next = time.Time{}
		}
	}
	if !s.refresh.IsZero() && !now.Before(s.refresh) {
		rounds = max(rounds, g.RefreshRepeat)
		s.refresh = now.Add(g.Refresh)
	}
	if !s.again.IsZero() && !now.Before(s.again) {
		s.again = time.Time{}
		return s.first(now, s.againRounds)
	}
	if rounds == 0 {
		return nil
	}
	return []Action{Announce{Rounds: rounds}}
}

// deadline returns when due has something to do; the zero time means never.
func (s *schedule) deadline() time.Time { return earliest(s.next, s.again, s.refresh) }

// earliest returns the first of the times that are not zero.
func earliest(times ...time.Time) time.Time {
	var first time.Time
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}
