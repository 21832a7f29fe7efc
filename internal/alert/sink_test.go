package alert

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/internal/api"
)

// A fakeTransport answers as it is told, and writes down what it gets and when.
type fakeTransport struct {
	start time.Time

	mu      sync.Mutex
	answers []error       // to the next batches; nil after that
	took    time.Duration // by a delivery
	hangs   bool          // until its context is done
	lines   []string
}

func (f *fakeTransport) deliver(ctx context.Context, b batch) error {
	f.mu.Lock()
	var texts []string
	for _, e := range b.events {
		texts = append(texts, e.Text)
	}
	line := fmt.Sprintf("%v %s", time.Since(f.start), strings.Join(texts, " "))
	if len(b.left) > 0 {
		line += " without " + summary(b.left)
	}
	var err error
	if len(f.answers) > 0 {
		err, f.answers = f.answers[0], f.answers[1:]
	}
	if err != nil {
		line += ": " + err.Error()
	}
	f.lines = append(f.lines, line)
	hangs, took := f.hangs, f.took
	f.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	select {
	case <-time.After(took):
	case <-ctx.Done():
		return ctx.Err()
	}
	return err
}

func (f *fakeTransport) check(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	if diff := cmp.Diff(want, f.lines); diff != "" {
		t.Errorf("deliveries (-want +got):\n%s", diff)
	}
}

// A stage is a sink that runs with a fake transport.
type stage struct {
	*fakeTransport
	sink *sink
	log  bytes.Buffer
	stop func()
}

// startSink runs a sink. Its time begins at 0.
func startSink(t *testing.T, r route) *stage {
	s := &stage{fakeTransport: &fakeTransport{start: time.Now()}}
	r.transport, r.config = s.fakeTransport, new(int)
	if r.wants == nil {
		r.wants = Selection{All}.wants
	}
	if r.most == 0 {
		r.most = 100
	}
	if r.backoff == (backoff{}) {
		r.backoff = backoff{5 * time.Second, 5 * time.Minute}
	}
	s.sink = newSink("webhook", "w", r, slog.New(slog.NewTextHandler(&s.log, nil)))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.sink.run(ctx)
	}()
	s.stop = func() {
		cancel()
		<-done
	}
	return s
}

func (s *stage) send(texts ...string) {
	for _, text := range texts {
		s.sink.send(api.Event{Time: time.Now(), Kind: "real_server_down", Text: text})
	}
}

// checkStatus compares the sink's status, with times from the start.
func (s *stage) checkStatus(t *testing.T, want string) {
	t.Helper()
	synctest.Wait()
	st := s.sink.status()
	got := fmt.Sprintf("delivered %d, dropped %d, waiting %d", st.Delivered, st.Dropped, st.Waiting)
	if st.FailingSince != nil {
		got += fmt.Sprintf(", failing since %v: %s", st.FailingSince.Sub(s.start), st.Error)
	}
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestDigestGathersChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startSink(t, route{digest: 10 * time.Second})
		defer s.stop()
		s.send("a")
		time.Sleep(9 * time.Second)
		s.send("b", "c")
		s.check(t)
		time.Sleep(2 * time.Second)
		s.send("d")
		s.check(t, "10s a b c")
		time.Sleep(time.Minute)
		s.check(t, "10s a b c", "21s d")
		s.checkStatus(t, "delivered 4, dropped 0, waiting 0")
	})
}

func TestDigestOfAClockThatIsSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startSink(t, route{digest: 10 * time.Second})
		defer s.stop()
		s.sink.send(api.Event{Time: time.Now().Add(time.Hour), Text: "a"})
		time.Sleep(11 * time.Second)
		s.check(t, "10s a")
	})
}

func TestUnwantedEventsAreNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startSink(t, route{wants: Selection{"quorum_lost"}.wants})
		defer s.stop()
		s.send("a")
		s.check(t)
		s.checkStatus(t, "delivered 0, dropped 0, waiting 0")
	})
}

func TestFailuresAreTriedAgainWithLongerPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startSink(t, route{})
		defer s.stop()
		down := errors.New("connection refused")
		s.answers = []error{down, down, down, errors.New("busy")}
		s.send("a")
		time.Sleep(6 * time.Second)
		s.send("b")
		s.checkStatus(t, "delivered 0, dropped 0, waiting 2, failing since 0s: connection refused")
		time.Sleep(5 * time.Minute)
		s.check(t, "0s a: connection refused", "5s a: connection refused", "15s a b: connection refused", "35s a b: busy", "1m15s a b")
		s.checkStatus(t, "delivered 2, dropped 0, waiting 0")
		if n := strings.Count(s.log.String(), "alerts cannot be delivered"); n != 2 {
			t.Errorf("%d lines of the log say so, want one for each reason:\n%s", n, s.log.String())
		}
		if !strings.Contains(s.log.String(), "alerts are delivered again") {
			t.Errorf("the log does not say that it is over:\n%s", s.log.String())
		}
	})
}

func TestRefusedBatchesAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startSink(t, route{})
		defer s.stop()
		s.answers = []error{&refusal{errors.New("404")}}
		s.send("a")
		s.check(t, "0s a: 404")
		s.checkStatus(t, "delivered 0, dropped 1, waiting 0, failing since 0s: 404")
		time.Sleep(time.Second)
		s.send("b")
		s.check(t, "0s a: 404", "1s b without 1 real server down")
		s.checkStatus(t, "delivered 1, dropped 1, waiting 0")
	})
}

func TestPartlyDeliveredIsDeliveredAndSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startSink(t, route{})
		defer s.stop()
		s.answers = []error{&partly{errors.New("nobody@example.com: 550")}}
		s.send("a")
		s.check(t, "0s a: nobody@example.com: 550")
		s.checkStatus(t, "delivered 1, dropped 0, waiting 0, failing since 0s: nobody@example.com: 550")
	})
}

func TestTheOtherSideMaySayWhen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startSink(t, route{})
		defer s.stop()
		s.answers = []error{&later{errors.New("429"), time.Minute}}
		s.send("a")
		time.Sleep(time.Hour)
		s.check(t, "0s a: 429", "1m0s a")
	})
}

func TestRateIsLimitedAndNothingLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startSink(t, route{digest: time.Second, perHour: 4})
		defer s.stop()
		for i := range 4 * 3600 / 10 {
			s.send(fmt.Sprint(i))
			time.Sleep(10 * time.Second)
		}
		synctest.Wait()
		st := s.sink.status()
		if n := len(s.lines); n < 12 || n > 16 {
			t.Errorf("%d deliveries in 4 hours:\n%s", n, strings.Join(s.lines, "\n"))
		}
		if st.Dropped != 0 || st.Delivered+uint64(st.Waiting) != 1440 {
			t.Errorf("%+v", st)
		}
		if !strings.HasPrefix(s.lines[0], "1s 0") || !strings.HasPrefix(s.lines[1], "11s 1") {
			t.Errorf("the first were held back:\n%s", strings.Join(s.lines, "\n"))
		}
	})
}

// TestFullQueueCountsWhatItLoses has a transport that hangs: whoever sends
// events does not notice.
func TestFullQueueCountsWhatItLoses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startSink(t, route{})
		s.hangs = true
		for range queueSize + 10 {
			s.send("a")
		}
		s.checkStatus(t, fmt.Sprintf("delivered 0, dropped 10, waiting %d", queueSize))
		s.stop()
	})
}

func TestShutdownFlushes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startSink(t, route{digest: time.Minute, most: 2})
		s.send("a", "b", "c")
		s.check(t)
		s.stop()
		s.check(t, "0s a b", "0s c")
		s.checkStatus(t, "delivered 3, dropped 0, waiting 0")
	})
}

func TestShutdownLetsADeliveryEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startSink(t, route{})
		s.took = time.Second
		s.send("a")
		synctest.Wait()
		s.stop()
		s.check(t, "0s a")
		s.checkStatus(t, "delivered 1, dropped 0, waiting 0")
	})
}

func TestShutdownIsBounded(t *testing.T) {
	for _, tt := range []struct {
		name string
		set  func(*stage)
	}{
		{"hangs", func(s *stage) { s.hangs = true }},
		{"fails", func(s *stage) { s.answers = []error{errors.New("x"), errors.New("x"), errors.New("x")} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := startSink(t, route{})
				tt.set(s)
				s.send("a")
				synctest.Wait()
				before := time.Now()
				s.stop()
				if took := time.Since(before); took > flushTime {
					t.Errorf("the end takes %v", took)
				}
				if !strings.Contains(s.log.String(), `"alerts not delivered before the end"`) {
					t.Errorf("the log does not say what is lost:\n%s", s.log.String())
				}
			})
		})
	}
}

func TestSetTriesTheNewWayAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startSink(t, route{})
		defer s.stop()
		s.answers = []error{errors.New("x"), errors.New("x"), errors.New("x"), errors.New("x")}
		s.send("a")
		time.Sleep(40 * time.Second) // the next attempt is at 75 s
		s.check(t, "0s a: x", "5s a: x", "15s a: x", "35s a: x")
		other := &fakeTransport{start: s.start}
		r := s.sink.route
		s.sink.set(r) // the same: nothing changes
		r.transport, r.config = other, "another"
		s.sink.set(r)
		other.check(t, "40s a")
		s.checkStatus(t, "delivered 1, dropped 0, waiting 0")
	})
}
