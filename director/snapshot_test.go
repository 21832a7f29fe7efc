package director

import (
	"testing"
	"testing/synctest"
	"time"
)

// Most passes find nothing: 10,000 real servers must not get a new Status each
// time.
func TestPassThatFindsNothingKeepsTheStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := services(virtual(1, "1=1 2=1", withoutAlpha))
		cfg.Resync = time.Minute
		b := start(t, newFakeTable(), &fakeLedger{}, cfg)
		pass := func() Status {
			time.Sleep(cfg.Resync)
			synctest.Wait()
			return b.Status()
		}
		before := b.Status()
		after := pass()
		if &after.VirtualServers[0] != &before.VirtualServers[0] {
			t.Error("nothing was found, and the status is another one")
		}
		if !after.Synced.After(before.Synced) {
			t.Errorf("synced at %v, before at %v", after.Synced, before.Synced)
		}
		b.kernel.set(func(t *fakeTable) { t.services[key(1)] = existing(1, "1=1") })
		drift := pass()
		if before.VirtualServers[0].Repairs != 0 || drift.VirtualServers[0].Repairs != 1 {
			t.Errorf("%d repairs, before the drift %d", drift.VirtualServers[0].Repairs, before.VirtualServers[0].Repairs)
		}
		b.expectStop()
	})
}
