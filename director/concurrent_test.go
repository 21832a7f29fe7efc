package director

import (
	"errors"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestEverythingAtOnce calls every method from many goroutines, for the race
// detector; some of them outlive the director.
func TestEverythingAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfgs := []Config{
			services(virtual(1, "1=1 2=1", withSuspend), virtual(2, "3=1", withSorry)),
			services(virtual(1, "1=2 3=1", withSlowStart(time.Second))),
		}
		b := start(t, newFakeTable(), &fakeLedger{}, cfgs[0])
		b.kernel.set(func(t *fakeTable) { t.slow = time.Millisecond })
		var calls sync.WaitGroup
		again := func(call func(i int)) {
			calls.Go(func() {
				for i := range 100 {
					call(i)
					time.Sleep(10 * time.Millisecond)
				}
			})
		}
		for range 2 {
			again(func(i int) {
				if _, err := b.Update(t.Context(), cfgs[i%2]); err != nil && !errors.Is(err, ErrStopped) {
					t.Errorf("Update: %v", err)
				}
			})
			again(func(i int) {
				for _, u := range probes([]string{"1+ 2- 3+", "1- 2+ 3-"}[i%2]) {
					b.Report(u)
				}
			})
			again(func(i int) {
				o := Override{Kind: OverrideKind(i % 4), Weight: 5, Until: time.Now().Add(time.Second)}
				if err := b.Override(t.Context(), "web1", server(1), o); err != nil && !errors.Is(err, ErrStopped) {
					t.Errorf("Override: %v", err)
				}
			})
			again(func(i int) { b.SetAddresses([]netip.Addr{key(1 + i%2).Addr}) })
			again(func(int) { b.counted() })
			again(func(int) {
				for _, v := range b.Status().VirtualServers {
					if v.Name == "" || len(v.RealServers) == 0 {
						t.Errorf("half a status: %+v", v)
					}
				}
			})
		}
		time.Sleep(800 * time.Millisecond)
		b.expectStop()
		calls.Wait()
		b.expectTable("")
	})
}
