package vrrp

import "time"

// A group is virtual routers that change their state together (keepalived: vrrp_sync_group); a router without a group
// is one by itself. It is pure, as its machines are.
//
//   - A member becomes master only when all others would, too: the last one that has waited long enough promotes all.
//   - A member that is made backup by a better master takes all others along.
//   - A member in Fault puts all others there.
type group struct {
	name    string
	members []*Machine
	state   State       // that all members have had last
	steps   []groupStep // of the last step, for their capacity
}

// A groupStep is what one member is to do.
type groupStep struct {
	member  int
	actions []Action
}

// newGroup groups machines that have not started.
func newGroup(name string, members ...*Machine) *group {
	for _, m := range members {
		m.grouped = len(members) > 1
	}
	return &group{name: name, members: members}
}

// step feeds an event to one member and passes on what it means for the others. What it returns is valid until the next
// call.
func (g *group) step(now time.Time, member int, ev Event) []groupStep {
	before := g.members[member].State()
	steps := append(g.steps[:0], groupStep{member, g.members[member].Step(now, ev)})
	defer func() { g.steps = steps }()
	if len(g.members) == 1 {
		return steps
	}
	if _, ok := ev.(Release); ok {
		steps = append(steps, g.others(now, member, ev)...)
	}
	if before == Master && g.members[member].State() == Backup {
		steps = append(steps, g.others(now, member, Demote{})...)
	}
	steps = append(steps, g.spreadFaults(now)...)
	if g.ready() {
		for i, m := range g.members {
			if m.State() == Backup {
				steps = append(steps, groupStep{i, m.Step(now, Promote{})})
			}
		}
	}
	return steps
}

// others feeds an event to all members but one.
func (g *group) others(now time.Time, member int, ev Event) []groupStep {
	var steps []groupStep
	for i, m := range g.members {
		if i != member {
			steps = append(steps, groupStep{i, m.Step(now, ev)})
		}
	}
	return steps
}

// spreadFaults tells each member whether another one cannot take part.
func (g *group) spreadFaults(now time.Time) []groupStep {
	var steps []groupStep
	for i, m := range g.members {
		fault := false
		for j, other := range g.members {
			fault = fault || j != i && other.started && other.ownFault()
		}
		if fault != m.groupFault {
			steps = append(steps, groupStep{i, m.Step(now, GroupFault{Fault: fault})})
		}
	}
	return steps
}

// ready reports whether all members would be master and not all are.
func (g *group) ready() bool {
	wanting := false
	for _, m := range g.members {
		switch {
		case m.State() == Master:
		case m.State() == Backup && m.wants:
			wanting = true
		default:
			return false
		}
	}
	return wanting
}

// deadline returns the first of the members' deadlines.
func (g *group) deadline() time.Time {
	var first time.Time
	for _, m := range g.members {
		first = earliest(first, m.Deadline())
	}
	return first
}

// changed returns the state that all members have, if it is news. As for a router, that a group is not master any more is
// told when its addresses have been handed over.
func (g *group) changed() (from, to State, ok bool) {
	if g.name == "" {
		return 0, 0, false
	}
	to = g.members[0].State()
	for _, m := range g.members {
		if m.State() != to || m.handover.running() {
			return 0, 0, false
		}
	}
	if to == g.state {
		return 0, 0, false
	}
	from, g.state = g.state, to
	return from, to, true
}
