package director

import (
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
)

func withSuspend(v *VirtualServer) { v.HASuspend = true }

func TestSuspend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here := key(1).Addr
		marked := virtual(3, "3=1", withSuspend, withKeys(ipvs.NewMarkKey(7, ipvs.INET)))
		cfg := services(virtual(1, "1=1 2=1", withSuspend), virtual(2, "2=1"), marked)
		b := start(t, newFakeTable(), &fakeLedger{}, cfg)
		expect := func(what string, suspended bool, servers ...int) {
			t.Helper()
			synctest.Wait()
			var want []healthcheck.Check
			for _, n := range servers {
				want = append(want, check(server(n)))
			}
			if !slices.Equal(b.checker.checks, want) {
				t.Errorf("%s: asks %v, want %v", what, b.checker.checks, want)
			}
			for i, v := range b.Status().VirtualServers {
				if v.Suspended != (suspended && i == 0) {
					t.Errorf("%s: %s is suspended: %t", what, v.Name, v.Suspended)
				}
			}
		}
		expect("nothing is known of this host", false, 1, 2, 3)
		b.probe("1- 2+")
		b.SetAddresses([]netip.Addr{netip.MustParseAddr("127.0.0.1")})
		expect("the address is elsewhere", true, 2, 3)
		b.expectTable("TCP 192.0.2.1:80 wrr\n  -> 10.0.0.2:80 DR 1\nTCP 192.0.2.2:80 wrr\n  -> 10.0.0.2:80 DR 1\nFWM 7 wrr\n")
		b.probe("2-") // asked for the other, and true for both
		b.expectTable("TCP 192.0.2.1:80 wrr\nTCP 192.0.2.2:80 wrr\nFWM 7 wrr\n")

		if _, err := b.Update(t.Context(), cfg); err != nil {
			t.Error(err)
		}
		expect("after a reload", true, 2, 3)
		b.SetAddresses([]netip.Addr{netip.MustParseAddr("::ffff:" + here.String())})
		expect("the address is here", false, 1, 2, 3)
		if s := b.Status().VirtualServers[0].RealServers[0]; s.State != "down" {
			t.Errorf("server 1 is %s, want down until it has been asked", s.State)
		}
		b.SetAddresses(nil)
		expect("no address at all", true, 2, 3)
		time.Sleep(time.Hour)
		b.expectLog(`
level=INFO msg="IPVS services adopted" adopted=0 created=3 removed=0
level=WARN msg="real server down" service=web1 real_server=10.0.0.1:80 reason="tcp_check: connection refused"
level=INFO msg="probes suspended, no address of the service is on this host" service=web1
level=WARN msg="real server down" service=web1 real_server=10.0.0.2:80 reason="tcp_check: connection refused"
level=WARN msg="quorum lost" service=web1
level=WARN msg="real server down" service=web2 real_server=10.0.0.2:80 reason="tcp_check: connection refused"
level=WARN msg="quorum lost" service=web2
level=INFO msg="configuration changed" virtual_servers=3 services_changed=0
level=INFO msg="probes resumed" service=web1
level=INFO msg="probes suspended, no address of the service is on this host" service=web1
`)
		b.expectStop()
	})
}

func TestSuspendedFromTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := New(services(virtual(1, "1=1", withSuspend)), newFakeTable(), &fakeChecker{}, &fakeLedger{table: newFakeTable()}, nil, nil, quiet())
		for range 3 {
			d.SetAddresses(nil) // does not block though nobody listens yet
		}
		checker := d.checker.(*fakeChecker)
		stop := run(t, d)
		synctest.Wait()
		if len(checker.checks) > 0 || !d.Status().VirtualServers[0].Suspended {
			t.Errorf("asks %v, status %+v", checker.checks, d.Status())
		}
		d.SetAddresses([]netip.Addr{key(1).Addr})
		synctest.Wait()
		if len(checker.checks) != 1 {
			t.Errorf("asks %v", checker.checks)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}
