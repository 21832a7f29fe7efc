package vrrp

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A workbench is a worker in a bubble, with a host that records its calls.
type workbench struct {
	*worker
	start time.Time
	done  chan struct{}

	mu    sync.Mutex
	delay time.Duration // of each call
	fail  int           // calls still to fail
	calls []string
}

func newWorkbench(*testing.T) *workbench {
	b := &workbench{start: time.Now(), done: make(chan struct{})}
	b.worker = newWorker(b, func(n Notice) { b.note("told of " + n.To.String()) }, func(verb string, _ error) {
		b.note(verb + " failed")
	})
	go func() {
		defer close(b.done)
		b.run()
	}()
	return b
}

func (b *workbench) AddAddresses() error    { return b.call("add") }
func (b *workbench) RemoveAddresses() error { return b.call("remove") }
func (b *workbench) Announce() error        { return b.call("announce") }
func (b *workbench) Probe() error           { return b.call("probe") }
func (b *workbench) Close() error           { return nil }

func (b *workbench) call(name string) error {
	time.Sleep(b.delay)
	b.note(name)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail > 0 {
		b.fail--
		return errors.New("no such device")
	}
	return nil
}

func (b *workbench) note(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = append(b.calls, fmt.Sprintf("%v %s", time.Since(b.start), what))
}

// want compares the calls so far.
func (b *workbench) want(t *testing.T, calls ...string) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if diff := cmp.Diff(calls, slices.Clone(b.calls)); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func (b *workbench) finish() {
	b.stop()
	<-b.done
}

func TestWorkerKeepsTheOrderOfATakeover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newWorkbench(t)
		for _, a := range []Action{AddAddresses{}, Announce{Rounds: 2}, Notify{Notice{To: Master}}} {
			b.do(a)
		}
		b.finish()
		b.want(t, "0s add", "0s announce", "0s announce", "0s told of MASTER")
	})
}

func TestWorkerDoesNotDoWhatIsNoLongerWanted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newWorkbench(t)
		b.delay = time.Second
		b.do(AddAddresses{})
		b.do(Announce{Rounds: 5})
		pass(500 * time.Millisecond)
		// Meanwhile the machine flaps.
		for range 10 {
			b.do(RemoveAddresses{})
			b.do(Notify{Notice{To: Backup}})
			b.do(AddAddresses{})
			b.do(Announce{Rounds: 5})
			b.do(Notify{Notice{To: Master}})
		}
		b.do(RemoveAddresses{})
		b.finish()
		calls := []string{"1s add", "2s remove"}
		for range 10 {
			calls = append(calls, "2s told of BACKUP", "2s told of MASTER")
		}
		b.want(t, calls...)
	})
}

func TestWorkerJoinsBursts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newWorkbench(t)
		b.delay = time.Second
		b.do(AddAddresses{})
		for range 1000 {
			b.do(Announce{Rounds: 2})
		}
		b.finish()
		b.want(t, "1s add", "2s announce", "3s announce")
	})
}

func TestWorkerRetriesWithBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newWorkbench(t)
		b.fail = 3
		b.do(AddAddresses{})
		b.do(Notify{Notice{To: Master}})
		pass(time.Minute)
		b.want(t,
			"0s add", "0s add addresses failed", "0s told of MASTER",
			"100ms add", "100ms add addresses failed",
			"300ms add", "300ms add addresses failed",
			"700ms add")
		b.finish()
	})
}

func TestWorkerBackOffIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newWorkbench(t)
		b.fail = 1000
		b.do(AddAddresses{})
		pass(time.Hour)
		b.mu.Lock()
		n := len(b.calls) / 2
		b.mu.Unlock()
		if most, least := int(time.Hour/hostRetryMost)+10, int(time.Hour/hostRetryMost)-10; n > most || n < least {
			t.Errorf("%d attempts in an hour", n)
		}
		b.finish()
	})
}

func TestWorkerTriesANewWishAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newWorkbench(t)
		b.fail = 8
		b.do(AddAddresses{})
		pass(13 * time.Second) // within a long back-off
		b.mu.Lock()
		b.calls = nil
		b.mu.Unlock()
		b.do(RemoveAddresses{})
		synctest.Wait()
		b.want(t, "13s remove")
		b.finish()
	})
}

func TestWorkerGivesUpWhenStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newWorkbench(t)
		b.fail = 1000
		b.do(RemoveAddresses{})
		b.do(Notify{Notice{To: Initialize}})
		b.finish()
		b.want(t,
			"0s remove", "0s remove addresses failed", "0s told of INIT",
			"100ms remove", "100ms remove addresses failed",
			"300ms remove", "300ms remove addresses failed",
			"700ms remove", "700ms remove addresses failed")
	})
}

func TestSlowHostDelaysNoAdvertisement(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		r := l.router("10.0.0.1", testConfig(100))
		r.host.set(func() { r.host.delay = 250 * time.Millisecond })
		pass(700 * time.Millisecond)
		l.expect(`
			0s 10.0.0.1 is BACKUP
			360.93ms 10.0.0.1 advertises 100
			460.93ms 10.0.0.1 advertises 100
			560.93ms 10.0.0.1 advertises 100
			610.93ms 10.0.0.1 adds addresses
			610.93ms 10.0.0.1 announces
			610.93ms 10.0.0.1 is MASTER
			660.93ms 10.0.0.1 advertises 100
		`)
		r.stop() // waits until nobody has come, and for the addresses to be removed
		l.expect(`
			700ms 10.0.0.1 advertises 0
			1.25s 10.0.0.1 removes addresses
			1.25s 10.0.0.1 is INIT
		`)
	})
}

func TestWorkerRepairsAndProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newWorkbench(t)
		b.do(AddAddresses{})
		synctest.Wait()
		b.do(AddAddresses{})
		b.do(Probe{})
		b.finish()
		b.want(t, "0s add", "0s add", "0s probe")
	})
}

func TestWorkerReplacesItsHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newWorkbench(t)
		b.do(AddAddresses{})
		synctest.Wait()
		other := &workbench{start: b.start}
		b.replace(other)
		synctest.Wait()
		b.do(RemoveAddresses{})
		b.finish()
		b.want(t, "0s add")
		other.want(t, "0s add", "0s remove")
	})
}

func TestWorkerLeavesTheHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newWorkbench(t)
		b.delay = time.Second
		b.do(AddAddresses{})
		synctest.Wait()
		b.do(RemoveAddresses{})
		b.leave()
		<-b.done
		b.want(t, "1s add")
	})
}
