package director

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/ldirector/ldirector/director/ipvs"
)

// update reloads and waits until all is quiet.
func (b *bench) update(v ...VirtualServer) Plan {
	b.t.Helper()
	plan, err := b.Update(b.t.Context(), services(v...))
	if err != nil {
		b.t.Errorf("Update: %v", err)
	}
	synctest.Wait()
	return plan
}

func TestUpdateKeepsWhatIsTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(), &fakeLedger{}, services(virtual(1, "1=1 2=2 3=1"), virtual(2, "1=1", withSorry)))
		b.probe("1+ 2- 3+")
		since := b.Status().VirtualServers[0].RealServers[1]
		b.kernel.log()
		time.Sleep(time.Second)

		plan := b.update(virtual(1, "1=1 2=2 3=1"), virtual(2, "1=1", withSorry))
		b.expectChanges()
		if len(plan.Services) > 0 {
			t.Errorf("plan of nothing: %+v", plan)
		}
		if diff := cmp.Diff(since, b.Status().VirtualServers[0].RealServers[1], equatable); diff != "" {
			t.Errorf("server 2 (-before +after):\n%s", diff)
		}

		b.update(virtual(1, "1=5 2=2 4=1"), virtual(3, "1=1"))
		b.expectChanges(
			"ledger [TCP 192.0.2.1:80 TCP 192.0.2.2:80 TCP 192.0.2.3:80]",
			"add virtual server TCP 192.0.2.3:80 wrr",
			"add real server 10.0.0.1:80 DR 1 to TCP 192.0.2.3:80", // known to be up
			"change real server 10.0.0.1:80 DR 5 of TCP 192.0.2.1:80",
			"delete real server 10.0.0.3:80 from TCP 192.0.2.1:80",
			"delete virtual server TCP 192.0.2.2:80",
			"ledger [TCP 192.0.2.1:80 TCP 192.0.2.3:80]",
		)
		b.probe("4+ 3-") // 3 is asked no more
		b.expectChanges("add real server 10.0.0.4:80 DR 1 to TCP 192.0.2.1:80")
		if got, want := len(b.checker.checks), 3; got != want {
			t.Errorf("%d checks, want %d", got, want)
		}
		b.expectStop()
		b.expectTable("")
	})
}

// One line of a big configuration costs one operation, and no reading.
func TestUpdateOfOneLineIsOneOperation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		big := func(weight uint32) Config {
			cfg := services(bigServers()...)
			cfg.VirtualServers[500].RealServers[5].Destination.Weight = weight
			return cfg
		}
		b := start(t, newFakeTable(), &fakeLedger{}, big(1))
		b.kernel.log()
		b.kernel.set(func(t *fakeTable) { t.reads, t.writes = nil, nil })
		plan, err := b.Update(t.Context(), big(2))
		if err != nil {
			t.Fatal(err)
		}
		b.expectChanges("change real server 10.0.0.16:80 DR 2 of TCP 192.0.2.1:1500")
		if len(b.kernel.reads) != 0 || len(b.kernel.writes) != 1 {
			t.Errorf("%d readings and %d writes", len(b.kernel.reads), len(b.kernel.writes))
		}
		if got, want := planText(plan), "web500 TCP 192.0.2.1:1500 wrr: 16=1>2\n"; got != want {
			t.Errorf("plan is %q, want %q", got, want)
		}
		b.expectStop()
	})
}

// planText writes one line for each service, as "web1 TCP 192.0.2.1:80 wrr: +1=1 -2=1 3=1>5".
func planText(p Plan) string {
	var b strings.Builder
	for _, s := range p.Services {
		fmt.Fprintf(&b, "%s ", s.Name)
		switch {
		case s.Have == nil:
			fmt.Fprintf(&b, "+%s:", s.Want)
		case s.Want == nil:
			fmt.Fprintf(&b, "-%s:", s.Have)
		case s.Have.String() != s.Want.String():
			fmt.Fprintf(&b, "%s > %s:", s.Have, s.Want)
		default:
			fmt.Fprintf(&b, "%s:", s.Have)
		}
		for _, d := range s.Destinations {
			switch {
			case d.Have == nil:
				fmt.Fprintf(&b, " +%s", short(ipvs.Service{Destinations: []ipvs.Destination{*d.Want}}))
			case d.Want == nil:
				fmt.Fprintf(&b, " -%s", short(ipvs.Service{Destinations: []ipvs.Destination{*d.Have}}))
			default:
				fmt.Fprintf(&b, " %s>%d", short(ipvs.Service{Destinations: []ipvs.Destination{*d.Have}}), d.Want.Weight)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestUpdateMatchesByNameThenKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(), &fakeLedger{}, services(virtual(1, "1=1"), virtual(2, "2=1")))
		b.probe("1+ 2+")
		b.kernel.log()

		renamed := virtual(1, "1=1")
		renamed.Name = "shop"
		moved := virtual(3, "2=1")
		moved.Name = "web2"
		plan := b.update(renamed, moved)
		want := "web2 +TCP 192.0.2.3:80 wrr: +2=1\nweb2 -TCP 192.0.2.2:80 wrr: -2=1\n"
		if diff := cmp.Diff(want, planText(plan)); diff != "" {
			t.Errorf("plan (-want +got):\n%s", diff)
		}
		for _, v := range b.Status().VirtualServers {
			if r := v.RealServers[0]; r.State != "up" || r.Since.IsZero() || !v.QuorumUp {
				t.Errorf("%s has forgotten: %+v", v.Name, v)
			}
		}
		b.expectStop()
	})
}

func TestUpdateThatTheKernelRefusesIsRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(), &fakeLedger{}, services(virtual(1, "1=1", withoutAlpha)))
		b.kernel.set(func(t *fakeTable) { t.refuse = refuse("change real server") })
		plan, err := b.Update(t.Context(), services(virtual(1, "1=7", withoutAlpha)))
		if !errors.Is(err, syscall.ENOMEM) {
			t.Errorf("Update: %v, want the kernel's error", err)
		}
		if got, want := planText(plan), "web1 TCP 192.0.2.1:80 wrr: 1=1>7\n"; got != want {
			t.Errorf("plan is %q, want %q", got, want)
		}
		if v := b.Status().VirtualServers[0]; v.Error == "" {
			t.Error("the service has no error")
		}
		b.kernel.set(func(t *fakeTable) { t.refuse = nil })
		time.Sleep(minRetry)
		synctest.Wait()
		b.expectTable("TCP 192.0.2.1:80 wrr\n  -> 10.0.0.1:80 DR 7\n")
		if v := b.Status().VirtualServers[0]; v.Error != "" {
			t.Errorf("error stays: %s", v.Error)
		}
		b.expectStop()
		if _, err := b.Update(t.Context(), Config{}); !errors.Is(err, ErrStopped) {
			t.Errorf("Update after the end: %v", err)
		}
	})
}

func TestUpdateThatTheEndInterrupts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(), &fakeLedger{}, services(virtual(1, "1=1", withoutAlpha)))
		b.kernel.set(func(t *fakeTable) { t.slow = time.Second })
		result := make(chan error, 1)
		go func() {
			_, err := b.Update(t.Context(), services(virtual(1, "1=7", withoutAlpha)))
			result <- err
		}()
		synctest.Wait()
		b.expectStop()
		if err := <-result; !errors.Is(err, ErrStopped) {
			t.Errorf("Update: %v, want ErrStopped", err)
		}
	})
}

func TestUpdateWaitsForTheFirstPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kernel := newFakeTable()
		kernel.readErr = syscall.ENOBUFS
		b := start(t, kernel, &fakeLedger{}, services(virtual(1, "1=1")))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := b.Update(ctx, services(virtual(2, "1=1"))); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Update: %v", err)
		}
		select {
		case <-b.Ready():
			t.Error("ready")
		default:
		}
		kernel.set(func(t *fakeTable) { t.readErr = nil })
		<-b.Ready()
		b.update(virtual(2, "1=1"))
		b.expectTable("TCP 192.0.2.2:80 wrr\n")
		b.expectStop()
	})
}

// BenchmarkReload is one line changed in 1000 services with 10 real servers,
// until the table is asked to change.
func BenchmarkReload(b *testing.B) {
	r := bigReconciler(b)
	cfgs := [2]Config{{VirtualServers: bigServers()}, {VirtualServers: bigServers()}}
	cfgs[1].VirtualServers[500].RealServers[5].Destination.Weight = 2
	for i := 1; b.Loop(); i++ {
		plan, _, err := r.reload(b.Context(), cfgs[i%2], func(*pool) {})
		if err != nil || len(plan.Services) != 1 {
			b.Fatal(err, planText(plan))
		}
		r.kernel.(*fakeTable).log()
	}
}
