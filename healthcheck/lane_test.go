package healthcheck

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestLaneServesInOrderOfArrival(t *testing.T) {
	l := lane{limit: 4}
	a, b, c := &entry{}, &entry{slowIn: &l}, &entry{}
	for i, en := range []*entry{a, b, c} {
		l.push(en, time.Duration(i))
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
		l.push(&entry{slowIn: &l}, time.Duration(i))
	}
	first := l.pop()
	if l.pop() == nil || l.pop() != nil {
		t.Fatalf("%d of 4 slots are held by slow entries, want 2", l.slow)
	}
	quick := &entry{}
	l.push(quick, 9)
	if got := l.pop(); got != quick {
		t.Fatalf("got %+v, want the quick entry", got)
	}
	first.slowIn = nil // as its answer may make it, before the slot is given back
	first.release()
	if got := l.pop(); got == nil || got.slowIn != &l {
		t.Fatalf("got %+v, want a slow entry in the slot that became free", got)
	}
}

func TestLaneWithOneSlotServesSlowEntriesToo(t *testing.T) {
	l := lane{limit: 1}
	l.push(&entry{slowIn: &l}, 0)
	if l.pop() == nil {
		t.Error("the slow entry never gets the only slot")
	}
}

func TestEntryMovesFromLaneToLane(t *testing.T) {
	a, b := lane{limit: 1}, lane{limit: 1}
	en := &entry{slowIn: &a}
	a.push(en, 0)
	a.pop()
	b.push(en, 1)
	if got := b.pop(); got != en || a.busy != 0 || a.slow != 0 || b.busy != 1 || b.slow != 0 {
		t.Errorf("got %+v, lanes %+v and %+v", got, a, b)
	}
}

func TestLaneNeverExceedsItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := lane{limit: rapid.IntRange(1, 9).Draw(t, "limit")}
		var waiting, held []*entry
		var at time.Duration
		pick := func(t *rapid.T, from *[]*entry) *entry {
			if len(*from) == 0 {
				t.Skip("nobody")
			}
			i := rapid.IntRange(0, len(*from)-1).Draw(t, "which")
			en := (*from)[i]
			*from = slices.Delete(*from, i, i+1)
			return en
		}
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				at++
				en := &entry{}
				if rapid.Bool().Draw(t, "slow") {
					en.slowIn = &l
				}
				l.push(en, at)
				waiting = append(waiting, en)
			},
			"pop": func(t *rapid.T) {
				en := l.pop()
				if en == nil {
					return
				}
				i := slices.Index(waiting, en)
				for _, earlier := range waiting[:i] {
					if earlier.slowIn == en.slowIn {
						t.Fatalf("%+v came before %+v", en, earlier)
					}
				}
				waiting = slices.Delete(waiting, i, i+1)
				held = append(held, en)
			},
			"leave":   func(t *rapid.T) { en := pick(t, &waiting); en.queue.remove(en) },
			"release": func(t *rapid.T) { pick(t, &held).release() },
			"": func(t *rapid.T) {
				if l.busy != len(held) || l.busy > l.limit || l.slow > max(1, l.limit/2) || l.slow < 0 {
					t.Fatalf("%d held, lane %+v", len(held), l)
				}
				if got := l.load(); got != (Load{len(held), len(waiting), l.limit}) {
					t.Fatalf("%d held, %d wait, load %+v", len(held), len(waiting), got)
				}
			},
		})
	})
}
