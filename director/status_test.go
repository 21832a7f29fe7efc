package director

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/ldirector/ldirector/director/ipvs"
)

func TestStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kernel := newFakeTable()
		kernel.refuse = refuse("10.0.0.2:80")
		unnamed := virtual(2, "")
		unnamed.Name = ""
		b := start(t, kernel, &fakeLedger{}, services(virtual(1, "1=5 2=2 3=1", withSorry, withInhibit), unnamed))
		begin := time.Now()
		first := b.Status()
		time.Sleep(time.Second)
		b.probe("1+ 2-")

		want := Status{ // never synced: server 2 was refused from the start
			Error: "add real server 10.0.0.2:80 DR 0 to TCP 192.0.2.1:80: cannot allocate memory",
			VirtualServers: []VirtualServerStatus{
				{
					Name: "web1", Keys: []ipvs.Key{key(1)}, Scheduler: "wrr", Quorum: 1, QuorumUp: true, LiveWeight: 5,
					Changed: begin.Add(time.Second), Error: "add real server 10.0.0.2:80 DR 0 to TCP 192.0.2.1:80: cannot allocate memory",
					RealServers: []RealServerStatus{
						{Addr: server(1), Forward: ipvs.DR, State: "up", Health: "up", Weight: 5, ConfiguredWeight: 5, EffectiveWeight: 5, Since: begin.Add(time.Second), LastProbe: begin.Add(time.Second)},
						{Addr: server(2), Forward: ipvs.DR, State: "down", Health: "down", ConfiguredWeight: 2, EffectiveWeight: 2, Since: begin.Add(time.Second), LastProbe: begin.Add(time.Second), Reason: "tcp_check: connection refused"},
						{Addr: server(3), Forward: ipvs.DR, State: "unknown", Health: "unknown", ConfiguredWeight: 1, EffectiveWeight: 1},
					},
				},
				{Name: "TCP 192.0.2.2:80", Keys: []ipvs.Key{key(2)}, Scheduler: "wrr", Quorum: 1, Changed: begin, RealServers: []RealServerStatus{}},
			},
			Work: Work{Services: Edits{Created: 2}, Destinations: Edits{Created: 3, Updated: 1, Deleted: 1}, Failed: 5, Reads: 10},
		}
		opts := cmp.Options{cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{})}
		if diff := cmp.Diff(want, b.Status(), opts); diff != "" {
			t.Errorf("status (-want +got):\n%s", diff)
		}
		if v := first.VirtualServers[0]; !v.SorryActive || v.QuorumUp || v.RealServers[0].State != "unknown" {
			t.Errorf("the first snapshot has changed: %+v", v)
		}
		b.expectStop()
	})
}

// What a failed write has done shows as soon as the table can be read again,
// also if nothing is left to do.
func TestStatusAfterABlindWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(), &fakeLedger{}, services(virtual(1, "1=1 2=1")))
		b.kernel.set(func(k *fakeTable) { k.refuse, k.readErr = refuse("10.0.0.2:80"), syscall.ENOBUFS })
		b.probe("1+ 2+")
		b.kernel.set(func(k *fakeTable) {
			k.refuse, k.readErr = nil, nil
			k.services[key(1)] = existing(1, "1=1 2=1") // somebody else does the rest
		})
		time.Sleep(maxRetry)
		synctest.Wait()
		for _, r := range b.Status().VirtualServers[0].RealServers {
			if r.Weight != 1 {
				t.Errorf("%s has weight %d in the status", r.Addr, r.Weight)
			}
		}
		b.expectStop()
	})
}

// After an error the table has been read anew, and status shows what was found.
func TestStatusAfterAnErrorIsTheKernels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(), &fakeLedger{}, services(virtual(1, "1=1"), virtual(2, "2=1", withoutAlpha)))
		b.kernel.set(func(t *fakeTable) {
			t.services[key(2)] = existing(2, "2=7")
			t.refuse = refuse("10.0.0.1:80")
		})
		b.probe("1+")
		if got := b.Status().VirtualServers[1].RealServers[0].Weight; got != 7 {
			t.Errorf("weight of server 2 is %d, but the kernel has 7", got)
		}
		b.expectStop()
	})
}

func TestStatusBeforeRun(t *testing.T) {
	d := New(services(virtual(1, "1=1")), newFakeTable(), &fakeChecker{}, &fakeLedger{}, nil, nil, quiet())
	if s := d.Status(); len(s.VirtualServers) != 1 || s.VirtualServers[0].RealServers[0].State != "unknown" {
		t.Errorf("status before Run: %+v", s)
	}
}

func TestSummary(t *testing.T) {
	var many []error
	for n := range 7 {
		many = append(many, fmt.Errorf("error %d", n))
	}
	for _, tt := range []struct {
		err  error
		want string
	}{
		{nil, ""},
		{errors.New("one"), "one"},
		{errors.Join(errors.New("one"), errors.New("two")), "one; two"},
		{fmt.Errorf("change: %w", errors.Join(many...)), "change: error 0; error 1; error 2; error 3; error 4; and 2 more"},
	} {
		if got := summary(tt.err); got != tt.want {
			t.Errorf("summary of %q is %q, want %q", tt.err, got, tt.want)
		}
	}
}
