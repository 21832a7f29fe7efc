package fwmark

import (
	"slices"
	"testing"
)

func TestMissingSets(t *testing.T) {
	want := sets(matches(web()))
	var names []string
	for _, s := range missing(want, nil) {
		names = append(names, s.name)
	}
	if len(names) != len(want) || !slices.IsSorted(names) {
		t.Errorf("missing from nothing: %v", names)
	}
	if absent := missing(want, append(names[1:], "more")); len(absent) != 1 || absent[0].name != names[0] {
		t.Errorf("missing %v, want %s", absent, names[0])
	}
}

// Whatever somebody writes at a rule of our table is read without harm.
func FuzzComment(f *testing.F) {
	f.Add([]byte("\x00\x07mark 7\x00"))
	f.Add([]byte{0, 200, 'm'})
	f.Fuzz(func(t *testing.T, data []byte) {
		if c := comment(data); len(c) > len(data) {
			t.Errorf("comment %q of %q", c, data)
		}
		byMark([]string{comment(data)})
	})
}
