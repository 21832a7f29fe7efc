package fwmark

import (
	"fmt"
	"maps"
	"slices"
)

// Names in nftables.
const (
	tableName       = "ldirector"
	chainMarks      = "marks"
	chainPrerouting = "prerouting"
	chainOutput     = "output"
)

// A state is what is loaded: the comments of all rules of the table, in order,
// by chain.
type state map[string][]string

// stateOf returns the state after groups were loaded.
func stateOf(want []group) state {
	s := state{chainPrerouting: {layoutComment()}, chainOutput: {layoutComment()}}
	for _, g := range want {
		s[chainMarks] = append(s[chainMarks], g.comment())
	}
	return s
}

func (s state) equal(o state) bool { return maps.EqualFunc(s, o, slices.Equal[[]string]) }

// laidOut reports whether the chains are there as this version of the program
// makes them and no others, so that rules can be replaced within them.
func (s state) laidOut() bool {
	s = maps.Clone(s)
	delete(s, chainMarks)
	return s.equal(state{chainPrerouting: {layoutComment()}, chainOutput: {layoutComment()}})
}

func layoutComment() string { return fmt.Sprintf("ldirector, layout %d", layout) }

// A Difference is a mark that does not go to the packets that it should go to.
type Difference struct {
	Mark uint32
	Have bool // some packets get it
	Want bool // some packets should
}

// String returns "add mark 7", "change mark 7" or "remove mark 7".
func (d Difference) String() string {
	verb := "change"
	switch {
	case !d.Have:
		verb = "add"
	case !d.Want:
		verb = "remove"
	}
	return fmt.Sprintf("%s mark %d", verb, d.Mark)
}

// diff compares a state, in which the markings are loaded, with the groups that
// are wanted, mark by mark. If a table differs in more than its marks, none of
// them can be relied on, and all differ.
func diff(have state, loaded []marking, want []group) []Difference {
	if have.equal(stateOf(want)) {
		return nil
	}
	var wanted []marking
	for _, g := range want {
		wanted = append(wanted, g.markings()...)
	}
	old, fresh := byMark(loaded), byMark(wanted)
	differences := unequal(old, fresh, slices.Equal[[]string])
	if len(differences) == 0 || len(want) > 0 && !have.laidOut() {
		differences = unequal(old, fresh, func(a, b []string) bool { return false })
	}
	return differences
}

func unequal(old, fresh map[uint32][]string, equal func(a, b []string) bool) []Difference {
	all := maps.Clone(old)
	maps.Copy(all, fresh)
	var differences []Difference
	for _, mark := range slices.Sorted(maps.Keys(all)) {
		d := Difference{Mark: mark, Have: len(old[mark]) > 0, Want: len(fresh[mark]) > 0}
		if !d.Have || !d.Want || !equal(old[mark], fresh[mark]) {
			differences = append(differences, d)
		}
	}
	return differences
}
