package director

import (
	"maps"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/ldirector/ldirector/healthcheck"
)

func TestInboxKeepsTheLatest(t *testing.T) {
	b := newInbox()
	for _, u := range probes("1+ 2+ 1-") { // nobody takes: put must not block
		b.put(u)
	}
	<-b.ready
	got := b.take()
	if len(got) != 2 || got[check(server(1))].State != healthcheck.Down || got[check(server(2))].State != healthcheck.Up {
		t.Errorf("took %v, want 1 down and 2 up", got)
	}
	select {
	case <-b.ready:
		t.Error("ready, but everything has been taken")
	default:
	}
	if again := b.take(); len(again) != 0 {
		t.Errorf("took %v a second time", again)
	}
}

func TestInboxLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const writers, checks = 4, 100
		b := newInbox()
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for n := range checks {
					b.put(up(healthcheck.Spec{Prober: prober{"tcp_check"}, Timing: healthcheck.Timing{Retry: w*checks + n}}.Check()))
				}
			})
		}
		seen := make(results)
		for len(seen) < writers*checks { // the bubble reports a deadlock if a token is lost
			<-b.ready
			maps.Copy(seen, b.take())
		}
		wg.Wait()
	})
}
