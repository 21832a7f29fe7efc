package notify

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEventsOfOneObjectRunInOrderOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, j := New(Config{Queue: 100}, discard()), &journal{took: time.Second}
		stop := j.serve(t, n)
		var want []string
		for i := range 50 {
			n.Send(event("VI_1", i))
			want = append(want, fmt.Sprintf("start VI_1 %d", i), fmt.Sprintf("end VI_1 %d", i))
			time.Sleep(time.Duration(i) * 40 * time.Millisecond) // at first faster than they run, then slower
		}
		time.Sleep(time.Minute)
		j.expect(t, want)
		stop()
	})
}

func TestEventsOfDifferentObjectsRunAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, j := New(Config{}, discard()), &journal{took: time.Second}
		stop := j.serve(t, n)
		start := time.Now()
		for i := range 100 {
			n.Send(event(fmt.Sprint("VI_", i), 0))
		}
		stop()
		if d := time.Since(start); d != time.Second {
			t.Errorf("100 objects took %v, want as long as one", d)
		}
		if got := len(j.take()); got != 200 {
			t.Errorf("%d journal lines, want 200", got)
		}
	})
}

func TestEventsBeforeRunWaitForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, j := New(Config{}, discard()), &journal{}
		n.Send(event("VI_1", 0))
		n.Send(event("VI_1", 1))
		stop := j.serve(t, n)
		stop()
		j.expect(t, []string{"start VI_1 0", "end VI_1 0", "start VI_1 1", "end VI_1 1"})
	})
}

func TestOverflowDropsTheEventAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		n, j := New(Config{Queue: 2}, slog.New(slog.NewTextHandler(&log, nil))), &journal{took: time.Second}
		stop := j.serve(t, n)
		n.Send(event("VI_1", 0))
		synctest.Wait() // it runs
		for i := 1; i <= 4; i++ {
			n.Send(event("VI_1", i))
		}
		n.Send(event("VI_2", 0)) // has a queue of its own
		if got := n.Dropped(); got != 2 {
			t.Errorf("%d events dropped, want 2", got)
		}
		stop()
		got := j.take()
		slices.Sort(got)
		want := []string{
			"end VI_1 0", "end VI_1 1", "end VI_1 2", "end VI_2 0",
			"start VI_1 0", "start VI_1 1", "start VI_1 2", "start VI_2 0",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("journal (-want +got):\n%s", diff)
		}
		for _, want := range []string{`command="[VI_1 3]" reason="queue full"`, `command="[VI_1 4]" reason="queue full"`} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("log lacks %s:\n%s", want, &log)
			}
		}
	})
}

func TestExitFinishesWhatIsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, j := New(Config{Drain: 10 * time.Second}, discard()), &journal{took: time.Second}
		stop := j.serve(t, n)
		for i := range 5 {
			n.Send(event("VI_1", i))
		}
		start := time.Now()
		stop() // returns when serve has
		if d := time.Since(start); d != 5*time.Second {
			t.Errorf("serve took %v to end, want the 5s of the commands", d)
		}
		if got := j.take(); len(got) != 10 || got[9] != "end VI_1 4" {
			t.Errorf("journal %q, want all five", got)
		}
		n.Send(event("VI_1", 5))
		if n.Dropped() != 1 {
			t.Errorf("%d events dropped after the end, want 1", n.Dropped())
		}
	})
}

func TestExitIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, j := New(Config{Drain: 10 * time.Second}, discard()), &journal{took: time.Hour}
		stop := j.serve(t, n)
		for i := range 3 {
			n.Send(event("VI_1", i))
			n.Send(event("VI_2", i))
		}
		start := time.Now()
		stop()
		if d := time.Since(start); d != 10*time.Second {
			t.Errorf("serve took %v to end, want 10s", d)
		}
		if n.Dropped() != 4 {
			t.Errorf("%d events dropped, want the 4 that waited", n.Dropped())
		}
	})
}

func TestNoCommandIsNoEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, j := New(Config{}, discard()), &journal{}
		n.Send(Event{Object: "VI_1"})
		stop := j.serve(t, n)
		stop()
		j.expect(t, nil)
		if n.Dropped() != 0 {
			t.Errorf("%d events dropped, want none", n.Dropped())
		}
	})
}

func TestIdleObjectsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, j := New(Config{}, discard()), &journal{}
		stop := j.serve(t, n)
		for i := range 10 {
			n.Send(event(fmt.Sprint("VI_", i), 0))
		}
		synctest.Wait()
		n.mu.Lock()
		left := len(n.queues)
		n.mu.Unlock()
		if left != 0 {
			t.Errorf("%d queues left, want none", left)
		}
		stop()
	})
}

func TestRunNeedsAKnownUser(t *testing.T) {
	n := New(Config{User: "no-such-user"}, discard())
	err := n.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "no-such-user") {
		t.Errorf("got error %v, want one that names the user", err)
	}
}

// journal notes when commands start and end; it stands in for the runner.
type journal struct {
	took time.Duration // by a command

	mu    sync.Mutex
	lines []string
}

// serve starts n; stop ends it and waits until it has returned.
func (j *journal) serve(t *testing.T, n *Notifier) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		n.serve(ctx, func(ctx context.Context, ev Event) error {
			j.run(ctx, ev)
			return nil
		})
	}()
	return func() {
		cancel()
		<-done
	}
}

func (j *journal) run(ctx context.Context, ev Event) {
	j.note("start", ev)
	select {
	case <-time.After(j.took):
	case <-ctx.Done():
	}
	j.note("end", ev)
}

func (j *journal) note(what string, ev Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, what+" "+strings.Join(ev.Command, " "))
}

func (j *journal) take() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	lines := j.lines
	j.lines = nil
	return lines
}

func (j *journal) expect(t *testing.T, want []string) {
	t.Helper()
	if diff := cmp.Diff(want, j.take()); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}
}

func event(object string, i int) Event {
	return Event{Object: object, Command: []string{object, fmt.Sprint(i)}}
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
