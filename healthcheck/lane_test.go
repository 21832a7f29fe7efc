package healthcheck

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestLaneServesInOrderOfDueTime(t *testing.T) {
	l := lane{limit: 4}
	a, b, c := &entry{at: 1}, &entry{at: 2, slow: true}, &entry{at: 3}
	for _, en := range []*entry{a, b, c} {
		l.push(en)
	}
	for i, want := range []*entry{a, b, c, nil} {
		if got := l.pop(); got != want {
			t.Errorf("pop %d: got %+v, want %+v", i, got, want)
		}
	}
}

func TestLaneGivesSlowEntriesHalfOfItsSlots(t *testing.T) {
	l := lane{limit: 4}
	for i := range 4 {
		l.push(&entry{at: time.Duration(i), slow: true})
	}
	first := l.pop()
	if l.pop() == nil || l.pop() != nil {
		t.Fatalf("%d of 4 slots are held by slow entries, want 2", l.slow)
	}
	quick := &entry{at: 9}
	l.push(quick)
	if got := l.pop(); got != quick {
		t.Fatalf("got %+v, want the quick entry", got)
	}
	first.slow = false // as its answer may make it, before the slot is given back
	l.release(first)
	if got := l.pop(); got == nil || !got.slow {
		t.Fatalf("got %+v, want a slow entry in the slot that became free", got)
	}
}

func TestLaneWithOneSlotServesSlowEntriesToo(t *testing.T) {
	l := lane{limit: 1}
	l.push(&entry{slow: true})
	if l.pop() == nil {
		t.Error("the slow entry never gets the only slot")
	}
}

func TestLaneSkipsDroppedEntries(t *testing.T) {
	l := lane{limit: 4}
	l.push(&entry{dropped: true})
	l.push(&entry{dropped: true, slow: true})
	if got := l.pop(); got != nil || l.busy != 0 {
		t.Errorf("got %+v with %d busy, want nothing", got, l.busy)
	}
}

func TestLaneNeverExceedsItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := lane{limit: rapid.IntRange(1, 9).Draw(t, "limit")}
		var held []*entry
		var at time.Duration
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				at++
				l.push(&entry{at: at, slow: rapid.Bool().Draw(t, "slow")})
			},
			"pop": func(t *rapid.T) {
				if en := l.pop(); en != nil {
					held = append(held, en)
				}
			},
			"release": func(t *rapid.T) {
				if len(held) == 0 {
					t.Skip("nothing held")
				}
				l.release(held[0])
				held = held[1:]
			},
			"": func(t *rapid.T) {
				if l.busy != len(held) || l.busy > l.limit || l.slow > max(1, l.limit/2) || l.slow < 0 {
					t.Fatalf("%d held, lane %+v", len(held), l)
				}
			},
		})
	})
}
