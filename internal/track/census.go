package track

import (
	"reflect"
	"slices"
	"time"
)

// A census knows which processes are those that are tracked, and so whether there
// are enough. It does no I/O and reads no clock. Its methods for what happens
// report whether a tracker has changed.
type census struct {
	tallies []*tally
}

// A tally is the count of one tracker.
type tally struct {
	process Process
	pids    map[int]bool // that match
	counted bool         // all processes have been looked at
	up      bool         // as told to others
	due     time.Time    // when up changes if nothing else happens; zero: not
}

// set replaces the trackers; those that stay keep their state. It reports
// whether there are new ones, for which scan is to be called.
func (c *census) set(processes []Process) (fresh bool) {
	before := c.tallies
	c.tallies = make([]*tally, 0, len(processes))
	for _, p := range processes {
		i := slices.IndexFunc(before, func(t *tally) bool { return reflect.DeepEqual(t.process, p) })
		if i >= 0 {
			c.tallies = append(c.tallies, before[i])
			continue
		}
		c.tallies = append(c.tallies, &tally{process: p, pids: make(map[int]bool)})
		fresh = true
	}
	return fresh
}

// asksArguments reports whether programs need their args.
func (c *census) asksArguments() bool {
	return slices.ContainsFunc(c.tallies, func(t *tally) bool { return t.process.asksArguments() })
}

// values returns which trackers are up.
func (c *census) values() map[string]bool {
	up := make(map[string]bool, len(c.tallies))
	for _, t := range c.tallies {
		if t.counted {
			up[t.process.Name] = t.up
		}
	}
	return up
}

// scan takes all processes in.
func (c *census) scan(now time.Time, running map[int]program) (changed bool) {
	for _, t := range c.tallies {
		before := len(t.pids)
		clear(t.pids)
		for pid, is := range running {
			if t.process.matches(is) {
				t.pids[pid] = true
			}
		}
		switch {
		case !t.counted:
			t.counted, t.up = true, t.process.enough(len(t.pids))
			changed = true
		case len(t.pids) > before:
			changed = t.settle(now, t.process.ForkDelay) || changed
		case len(t.pids) < before:
			changed = t.settle(now, t.process.TerminateDelay) || changed
		}
	}
	return changed
}

// examine takes in what a process is now, after an exec or a change of its name.
func (c *census) examine(now time.Time, pid int, is program) (changed bool) {
	for _, t := range c.tallies {
		matches := t.process.matches(is)
		if matches == t.pids[pid] {
			continue
		}
		t.note(pid, matches)
		changed = t.settle(now, 0) || changed
	}
	return changed
}

// fork takes a new process in, which is the same program as its parent until it
// becomes another.
func (c *census) fork(now time.Time, parent, child int) (changed bool) {
	for _, t := range c.tallies {
		if t.pids[parent] && !t.pids[child] {
			t.note(child, true)
			changed = t.settle(now, t.process.ForkDelay) || changed
		}
	}
	return changed
}

// exit takes in that a process has ended.
func (c *census) exit(now time.Time, pid int) (changed bool) {
	for _, t := range c.tallies {
		if t.pids[pid] {
			t.note(pid, false)
			changed = t.settle(now, t.process.TerminateDelay) || changed
		}
	}
	return changed
}

// advance makes the changes that are due.
func (c *census) advance(now time.Time) (changed bool) {
	for _, t := range c.tallies {
		if !t.due.IsZero() && !t.due.After(now) {
			changed = t.settle(now, 0) || changed
		}
	}
	return changed
}

// next is when the next change is due; zero: never.
func (c *census) next() time.Time {
	var first time.Time
	for _, t := range c.tallies {
		if !t.due.IsZero() && (first.IsZero() || t.due.Before(first)) {
			first = t.due
		}
	}
	return first
}

// note counts a process or does so no more.
func (t *tally) note(pid int, matches bool) {
	if matches {
		t.pids[pid] = true
	} else {
		delete(t.pids, pid)
	}
}

// settle compares the count with what was told and reports whether that changes
// now. If there is a delay it changes later, unless the count is again as it was
// by then.
func (t *tally) settle(now time.Time, delay time.Duration) (changed bool) {
	switch up := t.process.enough(len(t.pids)); {
	case up == t.up:
		t.due = time.Time{}
	case delay <= 0:
		t.up, t.due = up, time.Time{}
		return true
	case t.due.IsZero():
		t.due = now.Add(delay)
	}
	return false
}
