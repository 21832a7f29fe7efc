package director

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func withSlowStart(d time.Duration) func(*VirtualServer) {
	return func(v *VirtualServer) {
		for i := range v.RealServers {
			v.RealServers[i].SlowStart = d
		}
	}
}

func TestSlowStart(t *testing.T) {
	for _, tt := range []struct {
		weight uint32
		total  time.Duration
		want   string
	}{
		{100, 10 * time.Second, "10@0s 19@1s 28@2s 37@3s 46@4s 55@5s 64@6s 73@7s 82@8s 91@9s 100@10s"},
		{10, 9 * time.Second, "1@0s 2@1s 3@2s 4@3s 5@4s 6@5s 7@6s 8@7s 9@8s 10@9s"},
		{3, time.Second, "1@0s 2@500ms 3@1s"},
		{2, time.Second, "1@0s 2@1s"},
		{1, time.Second, "1@0s"},
		{0, time.Second, "0@0s"},
		{7, 0, "7@0s"},
		{7, 3, "1@0s 3@1ns 5@2ns 7@3ns"},
		{1<<31 - 1, time.Hour, "214748364@0s 408021892@6m0s 601295420@12m0s 794568948@18m0s 987842477@24m0s 1181116005@30m0s " +
			"1374389533@36m0s 1567663062@42m0s 1760936590@48m0s 1954210118@54m0s 2147483647@1h0m0s"},
	} {
		var steps []string
		for at := time.Duration(0); ; {
			weight, next := slowStart(tt.weight, at, tt.total)
			steps = append(steps, fmt.Sprintf("%d@%s", weight, at))
			if next == 0 {
				break
			}
			at += next
		}
		if got := strings.Join(steps, " "); got != tt.want {
			t.Errorf("weight %d over %s: %s, want %s", tt.weight, tt.total, got, tt.want)
		}
	}
}

func TestSlowStartRises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weight := rapid.Uint32Range(0, 1<<31-1).Draw(t, "weight")
		total := time.Duration(rapid.Int64Range(0, int64(1000*time.Hour)).Draw(t, "total"))
		at := time.Duration(rapid.Int64Range(0, int64(1001*time.Hour)).Draw(t, "at"))
		now, next := slowStart(weight, at, total)
		if now > weight || now < min(weight, max(1, weight/10)) || (next == 0) != (now == weight && (at >= total || weight <= 1)) {
			t.Fatalf("%d of %d at %s of %s, next in %s", now, weight, at, total, next)
		}
		if next == 0 {
			return
		}
		if same, _ := slowStart(weight, at+next-1, total); same != now {
			t.Fatalf("%d before the step is due, want %d", same, now)
		}
		if then, _ := slowStart(weight, at+next, total); then <= now {
			t.Fatalf("%d when the step is due, %d before", then, now)
		}
	})
}

func TestSlowStartOfARecoveredServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(), &fakeLedger{}, services(virtual(1, "1=4 2=20", withSorry, withQuorum(4), withSlowStart(30*time.Second))))
		expect := func(what, want string) {
			t.Helper()
			synctest.Wait()
			if got := b.kernel.destinations(1); got != want {
				t.Errorf("%s: %q, want %q", what, got, want)
			}
		}
		b.probe("1+")
		expect("the first good probe is no recovery", "1=4")
		b.probe("1-")
		time.Sleep(time.Minute)
		b.probe("1+")
		expect("the quorum counts the configured weight", "1=1")
		time.Sleep(10*time.Second - 1)
		expect("before the first step", "1=1")
		time.Sleep(time.Nanosecond)
		expect("first step", "1=2")
		if r := b.Status().VirtualServers[0].RealServers[0]; r.Weight != 2 || r.ConfiguredWeight != 4 {
			t.Errorf("status is %+v", r)
		}

		b.update(virtual(1, "1=10 2=20", withSorry, withQuorum(4), withSlowStart(30*time.Second)))
		expect("a reload goes on, with the new weight", "1=4")
		time.Sleep(30*time.Second/9*4 - 10*time.Second)
		expect("and in its time", "1=4")
		time.Sleep(4 * time.Nanosecond) // the third of a second is cut off
		expect("and in its time", "1=5")
		b.probe("1-")
		expect("down ends it", "9=1")
		b.probe("2- 1+")
		b.probe("2+")
		expect("both begin", "1=1 2=2")
		b.kernel.log()
		time.Sleep(30*time.Second - 1)
		expect("nearly done", "1=9 2=18")
		time.Sleep(time.Nanosecond)
		expect("done", "1=10 2=20")
		if n := len(b.kernel.log()); n != 19 {
			t.Errorf("%d operations, want 9 and 10", n)
		}
		time.Sleep(time.Hour)
		b.expectChanges()

		b.probe("2-")
		b.probe("2+")
		b.update(virtual(1, "1=10 2=20", withSorry, withQuorum(4)))
		expect("without slow_start it is over", "1=10 2=20")
		b.expectStop()
	})
}

func TestRestartIsNoSlowStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(existing(1, "1=3")), &fakeLedger{}, services(virtual(1, "1=10", withSlowStart(time.Minute))))
		b.probe("1+")
		b.expectTable("TCP 192.0.2.1:80 wrr\n  -> 10.0.0.1:80 DR 10\n")
		b.expectStop()
	})
}

// While the table cannot be written no step is made, and none is made up for
// in a hurry.
func TestSlowStartDuringAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(), &fakeLedger{}, services(virtual(1, "1=10", withSlowStart(90*time.Second))))
		b.probe("1+")
		b.probe("1-")
		b.kernel.set(func(t *fakeTable) { t.readErr, t.writeErr = syscall.ENOBUFS, syscall.ENOBUFS })
		b.probe("1+")
		b.kernel.set(func(t *fakeTable) { t.reads, t.writes = nil, nil })
		time.Sleep(45 * time.Second)
		synctest.Wait()
		if n := len(b.kernel.reads) + len(b.kernel.writes); n > 10 {
			t.Errorf("%d attempts in 45 seconds", n)
		}
		b.kernel.set(func(t *fakeTable) { t.readErr, t.writeErr = nil, nil })
		time.Sleep(maxRetry)
		synctest.Wait()
		if got := b.kernel.destinations(1); got != "1=8" && got != "1=9" {
			t.Errorf("table has %q", got)
		}
		b.expectStop()
	})
}
