package fwmark

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
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

// stateOf returns the state after matches were loaded.
func stateOf(want []match) state {
	s := state{chainPrerouting: {layoutComment()}, chainOutput: {layoutComment()}}
	for _, m := range want {
		s[chainMarks] = append(s[chainMarks], m.comment())
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

// markPrefix begins the comment of a rule that sets a mark.
const markPrefix = "mark "

func (m match) comment() string { return fmt.Sprintf("%s%d %s", markPrefix, m.mark, m.digest()) }

// byMark groups the comments of rules that set marks; others are left out.
func byMark(comments []string) map[uint32][]string {
	marks := make(map[uint32][]string)
	for _, c := range comments {
		rest, found := strings.CutPrefix(c, markPrefix)
		number, _, _ := strings.Cut(rest, " ")
		if n, err := strconv.ParseUint(number, 10, 32); found && err == nil {
			marks[uint32(n)] = append(marks[uint32(n)], c)
		}
	}
	return marks
}

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

// diff compares mark by mark. If a table differs otherwise, no mark in it can be
// relied on, and all differ.
func diff(have state, want []match) []Difference {
	target := stateOf(want)
	if have.equal(target) {
		return nil
	}
	old, fresh := byMark(have[chainMarks]), byMark(target[chainMarks])
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
