package fwmark

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiff(t *testing.T) {
	rule := func(mark uint32, address string) Rule { return Rule{Mark: mark, Addresses: spans(address)} }
	loaded := []Rule{rule(7, "192.0.2.7"), rule(7, "2001:db8::7"), rule(8, "192.0.2.8")}
	tests := []struct {
		name   string
		have   state
		want   []Rule
		expect []string
	}{
		{"nothing", state{}, nil, nil},
		{"the same", stateOf(matches(loaded)), loaded, nil},
		{"all new", state{}, loaded, []string{"add mark 7", "add mark 8"}},
		{"all gone", stateOf(matches(loaded)), nil, []string{"remove mark 7", "remove mark 8"}},
		{"one of each", stateOf(matches(loaded)), []Rule{rule(9, "192.0.2.9"), rule(7, "192.0.2.7")}, []string{"change mark 7", "remove mark 8", "add mark 9"}},
		{"without base chains", state{chainMarks: stateOf(matches(loaded))[chainMarks]}, loaded, []string{"change mark 7", "change mark 8"}},
		{"a foreign rule", state{
			chainPrerouting: {layoutComment()}, chainOutput: {layoutComment()},
			chainMarks: append([]string{"mark X", ""}, stateOf(matches(loaded))[chainMarks]...),
		}, loaded, []string{"change mark 7", "change mark 8"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, d := range diff(tt.have, matches(tt.want)) {
				got = append(got, d.String())
			}
			if diff := cmp.Diff(tt.expect, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
