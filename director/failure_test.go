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

func TestRetryBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kernel := newFakeTable()
		kernel.writeErr = syscall.ENOBUFS
		begin := time.Now()
		b := start(t, kernel, &fakeLedger{}, services(virtual(1, "1=1", withoutAlpha)))
		time.Sleep(time.Minute + 52*time.Second)
		synctest.Wait()
		var at []int64
		for _, w := range kernel.writes {
			at = append(at, w.Sub(begin).Milliseconds())
		}
		want := []int64{0, 100, 300, 700, 1500, 3100, 6300, 12700, 25500, 51100, 81100, 111100}
		if !slices.Equal(at, want) {
			t.Errorf("attempts at %v ms, want %v", at, want)
		}
		if s := b.Status(); s.Error != "no buffer space available" || !s.Synced.IsZero() {
			t.Errorf("status has error %q, synced %s", s.Error, s.Synced)
		}

		kernel.set(func(t *fakeTable) { t.writeErr = nil })
		time.Sleep(maxRetry)
		synctest.Wait()
		b.expectTable("TCP 192.0.2.1:80 wrr\n  -> 10.0.0.1:80 DR 1\n")
		if s := b.Status(); s.Error != "" || s.Synced.Sub(begin) != 141100*time.Millisecond || s.Drift != 0 {
			t.Errorf("status has error %q, synced after %s, drift %d", s.Error, s.Synced.Sub(begin), s.Drift)
		}
		b.expectLog(`
level=INFO msg="IPVS services adopted" adopted=0 created=1 removed=0
level=ERROR msg="IPVS table not in step" err="no buffer space available" retry_in=100ms
level=INFO msg="IPVS table in step again"
`)
		b.expectStop()
	})
}

// A service that can never be written must not delay the others, also when
// its own retries have become rare.
func TestBackOffDelaysNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kernel := newFakeTable()
		kernel.refuse = refuse("192.0.2.1:80")
		b := start(t, kernel, &fakeLedger{}, services(virtual(1, "1=1"), virtual(2, "2=1 3=1")))
		time.Sleep(time.Hour)
		b.probe("2+ 3+")
		b.probe("2-")
		b.expectTable("TCP 192.0.2.2:80 wrr\n  -> 10.0.0.3:80 DR 1\n")
		if b.Status().Error == "" {
			t.Error("status has no error")
		}

		// A new failure starts the back-off anew.
		kernel.set(func(t *fakeTable) { t.refuse = refuse("192.0.2.1:80", "delete real server 10.0.0.3:80") })
		b.probe("3-")
		kernel.set(func(t *fakeTable) { t.refuse = refuse("192.0.2.1:80") })
		time.Sleep(minRetry)
		synctest.Wait()
		b.expectTable("TCP 192.0.2.2:80 wrr\n")
		b.expectStop()
	})
}

// What the kernel refuses of one service is an error of that one; the others
// are neither rewritten nor said to have trouble.
func TestRefusalBelongsToItsService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kernel := newFakeTable()
		kernel.refuse = refuse("change virtual server TCP 192.0.2.1:80 mh", "10.0.0.2:80")
		b := start(t, kernel, &fakeLedger{}, services(
			virtual(1, "1=1", withScheduler("mh"), withoutAlpha), virtual(2, "1=1 2=1", withoutAlpha), virtual(3, "1=1", withoutAlpha)))
		b.kernel.log()
		time.Sleep(time.Hour)
		synctest.Wait()
		b.expectChanges()
		want := []string{
			"change virtual server TCP 192.0.2.1:80 mh (flag-1): cannot allocate memory",
			"add real server 10.0.0.2:80 DR 1 to TCP 192.0.2.2:80: cannot allocate memory",
			"",
		}
		for i, v := range b.Status().VirtualServers {
			if v.Error != want[i] {
				t.Errorf("error of %s is %q, want %q", v.Name, v.Error, want[i])
			}
		}
		b.probe("1-")
		if got := b.kernel.destinations(3); got != "" {
			t.Errorf("the healthy service has %q", got)
		}

		b.kernel.set(func(t *fakeTable) { t.refuse = nil })
		time.Sleep(maxRetry)
		synctest.Wait()
		for _, v := range b.Status().VirtualServers {
			if v.Error != "" {
				t.Errorf("error of %s stays: %s", v.Name, v.Error)
			}
		}
		b.expectStop()
	})
}

// While nothing can be read it is not known what to write: results wait for
// the retry.
func TestResultsWaitForAReadableTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(), &fakeLedger{}, services(virtual(1, "1=1 2=1")))
		b.kernel.set(func(t *fakeTable) { t.readErr, t.writeErr = syscall.ENOBUFS, syscall.ENOBUFS })
		b.probe("1+")
		b.kernel.set(func(t *fakeTable) { t.writes, t.writeErr = nil, nil })
		b.probe("2+")
		if n := len(b.kernel.writes); n > 0 {
			t.Errorf("wrote %d times into a table that could not be read", n)
		}
		b.kernel.set(func(t *fakeTable) { t.readErr = nil })
		time.Sleep(minRetry)
		synctest.Wait()
		b.expectTable("TCP 192.0.2.1:80 wrr\n  -> 10.0.0.1:80 DR 1\n  -> 10.0.0.2:80 DR 1\n")
		b.expectStop()
	})
}

func TestStartWaitsForAReadableTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kernel := newFakeTable(existing(1, "1=1"))
		kernel.readErr = syscall.ENOBUFS
		b := start(t, kernel, &fakeLedger{}, services(virtual(1, "1=1 2=1")))
		b.Report(up(check(server(2)))) // waits in the inbox
		if s := b.Status(); s.Error != "read IPVS table: no buffer space available" {
			t.Errorf("status has error %q", s.Error)
		}
		kernel.set(func(t *fakeTable) { t.readErr = nil })
		time.Sleep(minRetry)
		synctest.Wait()
		b.expectTable("TCP 192.0.2.1:80 wrr\n  -> 10.0.0.1:80 DR 1\n  -> 10.0.0.2:80 DR 1\n")
		b.expectStop()
	})
}

func TestStopBeforeAdoption(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kernel := newFakeTable(existing(1, "1=1"))
		kernel.readErr = syscall.ENOBUFS
		b := start(t, kernel, &fakeLedger{}, services(virtual(1, "1=1")))
		b.expectStop()
		b.expectChanges()
	})
}

func TestRunEndsWithADiagnostic(t *testing.T) {
	for name, tt := range map[string]struct {
		readErr, loadErr error
		want             error
	}{
		"no permission":  {readErr: syscall.EPERM, want: syscall.EPERM},
		"no module":      {readErr: ipvs.ErrNoModule, want: ipvs.ErrNoModule},
		"corrupt ledger": {loadErr: ErrLedgerCorrupt, want: ErrLedgerCorrupt},
	} {
		t.Run(name, func(t *testing.T) {
			kernel := newFakeTable(existing(1, "1=1"))
			kernel.readErr = tt.readErr
			d := New(services(virtual(1, "2=1")), kernel, &fakeChecker{}, &fakeLedger{loadErr: tt.loadErr, table: kernel}, nil, nil, quiet())
			if err := d.Run(t.Context()); !errors.Is(err, tt.want) {
				t.Errorf("Run: %v, want %v", err, tt.want)
			}
			if done := kernel.log(); len(done) > 0 {
				t.Errorf("changed all the same: %q", done)
			}
		})
	}
}

func TestServesWithoutALedger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger := &fakeLedger{saveErr: syscall.ENOSPC}
		b := start(t, newFakeTable(), ledger, services(virtual(1, "1=1")))
		b.probe("1+")
		b.expectTable("TCP 192.0.2.1:80 wrr\n  -> 10.0.0.1:80 DR 1\n")
		if s := b.Status(); s.Error != "" || s.LedgerError != "no space left on device" {
			t.Errorf("status has error %q and ledger error %q", s.Error, s.LedgerError)
		}
		b.kernel.set(func(*fakeTable) { ledger.saveErr = nil })
		time.Sleep(minRetry)
		synctest.Wait()
		if s := b.Status(); s.LedgerError != "" || len(ledger.keys) != 1 {
			t.Errorf("ledger error %q, ledger %v", s.LedgerError, ledger.keys)
		}
		b.expectLog(`
level=INFO msg="IPVS services adopted" adopted=0 created=1 removed=0
level=ERROR msg="ledger not saved" err="no space left on device" retry_in=100ms
level=INFO msg="all real servers probed" up=1 down=0
level=INFO msg="ledger saved again"
`)
		b.expectStop()
	})
}
