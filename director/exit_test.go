package director

import (
	"errors"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
)

func TestKeepOnExit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := services(virtual(1, "1=1"))
		cfg.OnExit = KeepOnExit
		b := start(t, newFakeTable(), &fakeLedger{}, cfg)
		b.probe("1+")
		b.kernel.log()
		b.expectStop()
		b.expectChanges()
		b.expectTable("TCP 192.0.2.1:80 wrr\n  -> 10.0.0.1:80 DR 1\n")
		if !slices.Equal(b.ledger.keys, []ipvs.Key{key(1)}) {
			t.Errorf("ledger has %v", b.ledger.keys)
		}
	})
}

func TestRemoveOnExit(t *testing.T) {
	t.Run("tries again", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := start(t, newFakeTable(existing(200, "1=1")), &fakeLedger{}, services(virtual(1, "1=1"), virtual(2, "1=1")))
			b.kernel.set(func(t *fakeTable) { t.refuse = refuse("delete virtual server TCP 192.0.2.2:80") })
			time.AfterFunc(time.Second, func() { b.kernel.set(func(t *fakeTable) { t.refuse = nil }) })
			b.expectStop()
			b.expectTable("TCP 192.0.2.200:80 wrr\n  -> 10.0.0.1:80 DR 1\n")
			if len(b.ledger.keys) > 0 {
				t.Errorf("ledger has %v", b.ledger.keys)
			}
			if len(b.Status().VirtualServers) != 2 {
				t.Error("status is gone")
			}
		})
	})
	t.Run("whatever was before", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			kernel := newFakeTable()
			kernel.writeErr = syscall.ENOBUFS
			b := start(t, kernel, &fakeLedger{}, services(virtual(1, "1=1")))
			time.Sleep(time.Hour) // the back-off is long by now
			b.kernel.set(func(t *fakeTable) { t.readErr = syscall.ENOBUFS })
			time.AfterFunc(time.Second, func() { b.kernel.set(func(t *fakeTable) { t.readErr, t.writeErr = nil, nil }) })
			b.expectStop()
		})
	})
	t.Run("but not for ever", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := start(t, newFakeTable(), &fakeLedger{}, services(virtual(1, "1=1")))
			b.kernel.set(func(t *fakeTable) { t.writeErr = syscall.ENOBUFS })
			begin := time.Now()
			if err := b.stop(); !errors.Is(err, syscall.ENOBUFS) {
				t.Errorf("Run: %v, want the kernel's error", err)
			}
			if got := time.Since(begin); got != stopTimeout {
				t.Errorf("stopped after %s, want %s", got, stopTimeout)
			}
			if len(b.ledger.keys) != 1 {
				t.Errorf("ledger has %v, want the service that is still there", b.ledger.keys)
			}
		})
	})
}

func TestStopInTheMiddleOfAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kernel := newFakeTable()
		kernel.slow = time.Second
		b := start(t, kernel, &fakeLedger{}, services(virtual(1, "1=1")))
		b.expectStop()
		b.expectTable("")
		b.expectLog(`
level=INFO msg="IPVS services adopted" adopted=0 created=1 removed=0
level=INFO msg="services removed" services=0
`)
	})
}
