package healthcheck

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// A forker is a fake that counts as a process.
type forker struct{ *fake }

func (forker) Kind() string { return "fork" }
func (forker) Forks()       {}
func (p forker) Probe(ctx context.Context, t Target, was State) (Result, error) {
	return fakeProber(p).Probe(ctx, t, was)
}

// hangUntilDeadline is the probe of a script that does not end.
func hangUntilDeadline(ctx context.Context, _ Target) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestScriptsThatTimeOutAtOnceDelayNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		scripts := &fake{probe: hangUntilDeadline}
		others := &fake{probe: func(context.Context, Target) error { time.Sleep(time.Millisecond); return nil }}
		e, stop := startEngine(t, Config{}, func(Update) {})
		timing := Timing{Interval: 6 * time.Second, Timeout: 5 * time.Second}
		checks := append(targets(1000, forker{scripts}, timing), targets(1000, fakeProber{others}, timing)...)
		e.Set(checks)
		time.Sleep(2 * time.Minute)
		if got := e.Stats().Processes; got.InFlight > maxProcesses {
			t.Errorf("processes: %+v", got)
		}
		stop()
		if scripts.most != maxProcesses {
			t.Errorf("%d scripts at once, want %d", scripts.most, maxProcesses)
		}
		if len(scripts.asked) != 1000 {
			t.Errorf("%d of 1,000 scripts had a turn", len(scripts.asked))
		}
		for target, times := range others.asked {
			for i := range times[1:] {
				if gap := times[i+1].Sub(times[i]); gap > timing.Interval {
					t.Fatalf("%v was asked %v after the time before", target.Addr, gap)
				}
			}
		}
	})
}

// TestScriptsThatHoldAllProcessesHoldNothingElse is about sockets, which a
// synctest bubble cannot have.
func TestScriptsThatHoldAllProcessesHoldNothingElse(t *testing.T) {
	release := make(chan struct{})
	scripts := &fake{probe: func(context.Context, Target) error { <-release; return nil }}
	e, stop := startEngine(t, Config{}, func(Update) {})
	before := runtime.NumGoroutine()
	timing := Timing{Interval: time.Hour, Timeout: time.Hour}
	checks := targets(1000, forker{scripts}, timing)
	e.Set(checks)
	eventually(t, e, "all processes are taken", func(s Stats) bool {
		return s.Processes == Load{InFlight: maxProcesses, Waiting: 1000 - maxProcesses, Limit: maxProcesses}
	})
	if got := runtime.NumGoroutine(); got > before+maxProcesses {
		t.Errorf("%d goroutines, before %d", got, before)
	}
	tcp := loopbackChecks(100, listenEverywhere(t), timing)
	talks := Spec{Prober: hello(), Target: Target{Addr: echoServer(t)}, Timing: timing}.Check()
	e.Set(append(append(checks, tcp...), talks))
	eventually(t, e, "others are asked", func(s Stats) bool { return s.Done == 101 && s.Failed == 0 })
	close(release)
	eventually(t, e, "the scripts are asked", func(s Stats) bool { return s.Done == 1101 })
	stop()
}
