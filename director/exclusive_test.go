package director

import (
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestExclusive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ours = "TCP 192.0.2.1:80 wrr\n  -> 10.0.0.1:80 DR 1\n"
		cfg := services(virtual(1, "1=1", withoutAlpha))
		cfg.Exclusive = true
		b := start(t, newFakeTable(existing(2, "1=1"), existing(3, "")), &fakeLedger{}, cfg)
		b.expectTable(ours)
		b.expectLog(`
level=WARN msg="IPVS services that are not configured, removing" services=2 keys="TCP 192.0.2.2:80; TCP 192.0.2.3:80"
level=INFO msg="IPVS services adopted" adopted=0 created=1 removed=0
`)
		if strings.Contains(strings.Join(b.kernel.log(), " "), "192.0.2.2:80 TCP") {
			t.Error("somebody else's service is on record")
		}

		b.kernel.set(func(t *fakeTable) { t.services[key(4)] = existing(4, "1=1") })
		b.probe("1-")
		b.probe("1+")
		b.kernel.log()
		b.expectTable(ours + "TCP 192.0.2.4:80 wrr\n  -> 10.0.0.1:80 DR 1\n")
		time.Sleep(DefaultResync)
		synctest.Wait()
		b.expectTable(ours)
		if s := b.Status(); s.Drift != 0 || s.VirtualServers[0].Repairs != 0 {
			t.Errorf("a new service of others is no change of ours: %+v", s)
		}

		b.kernel.set(func(t *fakeTable) { t.services[key(5)] = existing(5, "1=1") })
		b.expectStop()
		b.expectTable("TCP 192.0.2.5:80 wrr\n  -> 10.0.0.1:80 DR 1\n")
	})
}

func TestUpdateToExclusiveAndBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := services(virtual(1, "1=1", withoutAlpha))
		b := start(t, newFakeTable(existing(2, "1=1")), &fakeLedger{}, cfg)
		b.kernel.log()
		cfg.Exclusive = true
		plan, err := b.Update(t.Context(), cfg)
		if got, want := planText(plan), " -TCP 192.0.2.2:80 wrr: -1=1\n"; err != nil || got != want {
			t.Errorf("plan is %q, want %q, error %v", got, want, err)
		}
		b.expectChanges("delete virtual server TCP 192.0.2.2:80")

		// What could not be deleted is safe when the claim is given up.
		b.kernel.set(func(t *fakeTable) {
			t.services[key(3)] = existing(3, "1=1")
			t.refuse = refuse("delete virtual server")
		})
		time.Sleep(DefaultResync)
		synctest.Wait()
		if b.Status().Error == "" {
			t.Error("no error")
		}
		b.kernel.set(func(t *fakeTable) { t.refuse = nil })
		cfg.Exclusive = false
		if plan, err = b.Update(t.Context(), cfg); err != nil || len(plan.Services) > 0 {
			t.Errorf("plan is %q, error %v", planText(plan), err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		b.expectChanges()
		if b.Status().Error != "" {
			t.Error("the error stays")
		}
		b.expectStop()
		b.expectTable("TCP 192.0.2.3:80 wrr\n  -> 10.0.0.1:80 DR 1\n")
	})
}

func TestUpdateOfTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := services(virtual(1, "1=1", withoutAlpha))
		b := start(t, newFakeTable(), &fakeLedger{}, cfg)
		cfg.Resync, cfg.OnExit = time.Second, KeepOnExit
		if _, err := b.Update(t.Context(), cfg); err != nil {
			t.Error(err)
		}
		b.kernel.set(func(t *fakeTable) { t.reads = nil })
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if n := len(b.kernel.reads); n != 11 { // one at once
			t.Errorf("%d readings in 10 s", n)
		}

		// Reloads again and again do not put off the regular pass.
		cfg.Resync = time.Minute
		b.kernel.set(func(t *fakeTable) { t.reads = nil })
		for range 60 {
			if _, err := b.Update(t.Context(), cfg); err != nil {
				t.Error(err)
			}
			time.Sleep(10 * time.Second)
		}
		synctest.Wait()
		if n := len(b.kernel.reads); n < 9 {
			t.Errorf("%d readings in 10 minutes", n)
		}
		b.expectStop()
		b.expectTable("TCP 192.0.2.1:80 wrr\n  -> 10.0.0.1:80 DR 1\n")
	})
}

// A key that is new to the configuration may be in the kernel already.
func TestUpdateAdopts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(existing(2, "1=1 2=1 7=1")), &fakeLedger{}, services(virtual(1, "3=1")))
		b.kernel.log()
		plan := b.update(virtual(1, "3=1"), virtual(2, "1=1 2=1 3=1"))
		b.expectChanges(
			"ledger [TCP 192.0.2.1:80 TCP 192.0.2.2:80]",
			"delete real server 10.0.0.7:80 from TCP 192.0.2.2:80",
		)
		if got, want := planText(plan), "web2 TCP 192.0.2.2:80 wrr: -7=1\n"; got != want {
			t.Errorf("plan is %q, want %q", got, want)
		}
		b.expectStop()
	})
}

func TestUpdateWithAnUnreadableTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(existing(2, "1=1")), &fakeLedger{}, services(virtual(1, "1=1", withoutAlpha)))
		b.kernel.set(func(t *fakeTable) { t.readErr, t.writes = syscall.ENOBUFS, nil })
		if _, err := b.Update(t.Context(), services(virtual(1, "1=1", withoutAlpha), virtual(2, "1=1"))); err == nil {
			t.Error("no error")
		}
		if len(b.kernel.writes) > 0 {
			t.Error("wrote all the same")
		}
		b.kernel.set(func(t *fakeTable) { t.readErr = nil })
		time.Sleep(minRetry)
		b.probe("1+")
		b.expectTable("TCP 192.0.2.1:80 wrr\n  -> 10.0.0.1:80 DR 1\nTCP 192.0.2.2:80 wrr\n  -> 10.0.0.1:80 DR 1\n")
		b.expectStop()
	})
}
