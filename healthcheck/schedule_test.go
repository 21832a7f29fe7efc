package healthcheck

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestNextOnGrid(t *testing.T) {
	const s = time.Second
	tests := []struct {
		name                string
		now, grid, interval time.Duration
		want                time.Duration
	}{
		{"before the grid's origin", 1 * s, 4 * s, 6 * s, 4 * s},
		{"long before the grid's origin", 0, 14 * s, 6 * s, 2 * s},
		{"on a point: the next one", 10 * s, 4 * s, 6 * s, 16 * s},
		{"between points", 11 * s, 4 * s, 6 * s, 16 * s},
		{"just before a point", 16*s - 1, 4 * s, 6 * s, 16 * s},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := nextOnGrid(tt.now, tt.grid, tt.interval); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestNextOnGridProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		year := int64(365 * 24 * time.Hour)
		now := time.Duration(rapid.Int64Range(0, 10*year).Draw(t, "now"))
		grid := time.Duration(rapid.Int64Range(0, 10*year).Draw(t, "grid"))
		interval := time.Duration(rapid.Int64Range(int64(slot), int64(24*time.Hour)).Draw(t, "interval"))
		next := nextOnGrid(now, grid, interval)
		if next <= now || next > now+interval {
			t.Fatalf("next %v is not in (%v, %v]", next, now, now+interval)
		}
		if (next-grid)%interval != 0 {
			t.Fatalf("next %v is not on the grid", next)
		}
	})
}

func TestBegin(t *testing.T) {
	const s = time.Second
	tests := []struct {
		name        string
		place       float64
		t           Timing
		first, grid time.Duration
	}{
		{"warmup as long as the interval", 0.5, Timing{Interval: 6 * s, Warmup: 6 * s}, 13 * s, 13 * s},
		{"shorter warmup", 0.5, Timing{Interval: 6 * s, Warmup: s}, 10*s + s/2, 13 * s},
		{"no warmup: the grid is spread all the same", 0.5, Timing{Interval: 6 * s}, 10 * s, 13 * s},
		{"starts are on slots", 0.12345, Timing{Interval: s, Warmup: s}, 10*s + 120*time.Millisecond, 10*s + 120*time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			first, grid := begin(10*s, tt.place, tt.t)
			if first != tt.first || grid != tt.grid {
				t.Errorf("got first %v grid %v, want %v %v", first, grid, tt.first, tt.grid)
			}
		})
	}
}

func TestSpreadIsEvenAndShuffled(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	places := spread(1000, r)
	if slices.IsSorted(places) {
		t.Error("places are in order")
	}
	slices.Sort(places)
	for i, p := range places {
		if lo, hi := float64(i)/1000, float64(i+1)/1000; p < lo || p >= hi {
			t.Fatalf("place %d is %v, want one in [%v, %v)", i, p, lo, hi)
		}
	}
	if got := spread(0, r); len(got) != 0 {
		t.Errorf("spread(0) = %v", got)
	}
}

// TestScheduleIsASortedSet walks at random over a schedule and beside it over
// a plain list that is searched.
func TestScheduleIsASortedSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s schedule
		var model []*entry
		forget := func(en *entry) {
			model = slices.DeleteFunc(model, func(m *entry) bool { return m == en })
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				en := &entry{at: time.Duration(rapid.IntRange(0, 20).Draw(t, "at")), pos: outside}
				s.add(en)
				model = append(model, en)
			},
			"remove": func(t *rapid.T) {
				if len(model) == 0 {
					t.Skip("empty")
				}
				en := rapid.SampledFrom(model).Draw(t, "entry")
				s.remove(en)
				s.remove(en) // nothing to do
				forget(en)
			},
			"pop": func(t *rapid.T) {
				now := time.Duration(rapid.IntRange(0, 20).Draw(t, "now"))
				en := s.pop(now)
				if en == nil {
					if slices.ContainsFunc(model, func(m *entry) bool { return m.at <= now }) {
						t.Fatalf("nothing popped at %v", now)
					}
					return
				}
				if en.at > now || en.pos != outside || !slices.Contains(model, en) {
					t.Fatalf("popped %+v at %v", en, now)
				}
				forget(en)
			},
			"": func(t *rapid.T) {
				at, ok := s.next()
				if ok != (len(model) > 0) {
					t.Fatalf("next: %v with %d entries", ok, len(model))
				}
				for _, m := range model {
					if m.at < at || s.heap[m.pos] != m {
						t.Fatalf("next is %v, entry %+v", at, m)
					}
				}
			},
		})
	})
}

func TestOnSlot(t *testing.T) {
	for at, want := range map[time.Duration]time.Duration{
		0:        0,
		1:        slot,
		slot:     slot,
		slot + 1: 2 * slot,
	} {
		if got := onSlot(at); got != want {
			t.Errorf("%v: got %v, want %v", at, got, want)
		}
	}
}
