package fwmark

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiff(t *testing.T) {
	rule := func(mark uint32, address string) Rule { return Rule{Mark: mark, Addresses: spans(address)} }
	of := func(rules ...Rule) []group { return groups(matches(rules)) }
	old := []Rule{rule(7, "192.0.2.7"), rule(7, "2001:db8::7"), rule(8, "192.0.2.8")}
	loaded := stateOf(of(old...))
	tests := []struct {
		name   string
		have   state
		want   []Rule
		expect []string
	}{
		{"the same", loaded, old, nil},
		{"all gone", loaded, nil, []string{"remove mark 7", "remove mark 8"}},
		{"one of each", loaded, []Rule{rule(9, "192.0.2.9"), rule(7, "192.0.2.7")}, []string{"change mark 7", "remove mark 8", "add mark 9"}},
		{"an address moves", loaded, []Rule{rule(7, "192.0.2.7-192.0.2.8"), rule(7, "2001:db8::7"), rule(8, "192.0.2.9")}, []string{"change mark 7", "change mark 8"}},
		{"without base chains", state{chainMarks: loaded[chainMarks]}, old, []string{"change mark 7", "change mark 8"}},
		{"a foreign rule", state{
			chainPrerouting: {layoutComment()}, chainOutput: {layoutComment()},
			chainMarks: append([]string{""}, loaded[chainMarks]...),
		}, old, []string{"change mark 7", "change mark 8"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var markings []marking
			for _, g := range of(old...) {
				markings = append(markings, g.markings()...)
			}
			var got []string
			for _, d := range diff(tt.have, markings, of(tt.want...)) {
				got = append(got, d.String())
			}
			if diff := cmp.Diff(tt.expect, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	if got := diff(state{}, nil, of(old...)); len(got) != 2 || got[0].String() != "add mark 7" {
		t.Errorf("from nothing: %v", got)
	}
}
