package alert

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ldirector/ldirector/internal/api"
)

// show writes a queue as the texts of its events and what was left out.
func (q *queue) show() string {
	text := ""
	for _, e := range q.events {
		text += e.Text + " "
	}
	return fmt.Sprintf("%s| %s | %d", text, summary(q.left), q.lost)
}

func TestQueueLosesTheOldest(t *testing.T) {
	q := queue{size: 3}
	for _, text := range []string{"a", "b", "c", "d"} {
		q.add(api.Event{Kind: "real_server_" + text, Text: text})
	}
	want := "b c d | 1 real server a | 1"
	if got := q.show(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	b := q.batch(2)
	q.add(api.Event{Kind: "x", Text: "e"}) // b is lost while it is delivered
	q.add(api.Event{Kind: "x", Text: "f"}) // and c
	q.add(api.Event{Kind: "x", Text: "g"}) // and d, which is not part of it
	if diff := cmp.Diff(map[string]int{"real_server_a": 1}, b.left); diff != "" {
		t.Error(diff)
	}
	q.done(b)
	want = "e f g | 1 real server b, 1 real server c, 1 real server d | 4"
	if got := q.show(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	q.refuse(q.batch(2))
	want = "g | 2 x, 1 real server b, 1 real server c, 1 real server d | 6"
	if got := q.show(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestQueueCountsEverything: whatever happens, each event is delivered, lost or
// waits.
func TestQueueCountsEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := queue{size: rapid.IntRange(1, 5).Draw(t, "size")}
		added, delivered := 0, 0
		for range rapid.IntRange(1, 50).Draw(t, "steps") {
			for range rapid.IntRange(0, 4).Draw(t, "before") {
				q.add(api.Event{Kind: "x", Text: fmt.Sprint(added)})
				added++
			}
			b := q.batch(rapid.IntRange(1, 4).Draw(t, "most"))
			for range rapid.IntRange(0, 4).Draw(t, "meanwhile") {
				q.add(api.Event{Kind: "x", Text: fmt.Sprint(added)})
				added++
			}
			switch rapid.IntRange(0, 2).Draw(t, "end") {
			case 0:
				before := len(q.events)
				q.done(b)
				delivered += before - len(q.events)
			case 1:
				q.refuse(b)
			}
			if got := delivered + int(q.lost) + len(q.events); got != added {
				t.Fatalf("%d of %d events are known of", got, added)
			}
			for i := 1; i < len(q.events); i++ {
				if q.events[i-1].Text == q.events[i].Text {
					t.Fatalf("%s is there twice", q.events[i].Text)
				}
			}
		}
	})
}

func TestSummary(t *testing.T) {
	for want, counts := range map[string]map[string]int{
		"":                                   nil,
		"12 real server down, 1 quorum lost": {"quorum_lost": 1, "real_server_down": 12},
		"1 a, 1 b":                           {"b": 1, "a": 1},
	} {
		if got := summary(counts); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestLimiterKeepsToTheHour asks for deliveries as fast as it may, and looks at
// every hour that begins with one.
func TestLimiterKeepsToTheHour(t *testing.T) {
	for _, most := range []int{1, 2, 3, 30, 3600} {
		l := limiter{most: most}
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		var sent []time.Time
		for range 3 * most {
			now = now.Add(l.wait(now))
			if wait := l.wait(now); wait != 0 {
				t.Fatalf("%d: waits %v after it has waited", most, wait)
			}
			l.take(now)
			sent = append(sent, now)
		}
		for i := most; i < len(sent); i++ {
			if d := sent[i].Sub(sent[i-most]); d < time.Hour {
				t.Fatalf("%d: %d deliveries within %v", most, most+1, d)
			}
		}
		if first := sent[most/2]; most > 1 && first.Sub(sent[0]) > time.Hour/time.Duration(most/2) {
			t.Errorf("%d: half of them take %v", most, first.Sub(sent[0]))
		}
		l.take(now)
		if wait := l.wait(now.Add(24 * time.Hour)); wait != 0 {
			t.Errorf("%d: waits %v after a day", most, wait)
		}
	}
	var none limiter
	none.take(time.Now())
	if wait := none.wait(time.Now()); wait != 0 {
		t.Errorf("without a limit it waits %v", wait)
	}
}

func TestBackoffDoubles(t *testing.T) {
	b := backoff{2 * time.Second, 15 * time.Second}
	for failed, want := range map[int]time.Duration{1: 2 * time.Second, 2: 4 * time.Second, 3: 8 * time.Second, 4: 15 * time.Second, 1000: 15 * time.Second} {
		if got := b.wait(failed); got != want {
			t.Errorf("after %d: %v, want %v", failed, got, want)
		}
	}
}
