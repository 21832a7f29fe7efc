package fwmark

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/director/ipvs"
)

func TestMissingSets(t *testing.T) {
	want := sets(groups(matches(web())))
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
	f.Add([]byte("\x00\x0aldirector\x00"))
	f.Add([]byte{0, 200, 'm'})
	f.Fuzz(func(t *testing.T, data []byte) {
		if c := comment(data); len(c) > len(data) {
			t.Errorf("comment %q of %q", c, data)
		}
	})
}

// What is read back is what was written, in whatever order the kernel lists it.
func TestTargetsOfElements(t *testing.T) {
	for _, text := range []string{"0.0.0.0", "::"} {
		first := netip.MustParseAddr(text)
		second := first.Next()
		want := []target{
			{Range{first, first}, 1},
			{Range{second, second.Next()}, 2}, // a neighbour
			{Range{last(first).Prev(), last(first)}, 3},
		}
		s := markMap(group{family: map[bool]ipvs.Family{true: ipvs.INET, false: ipvs.INET6}[first.Is4()], targets: want})
		slices.Reverse(s.elements)
		if diff := cmp.Diff(want, targets(s.elements), cmp.AllowUnexported(target{}), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
}
