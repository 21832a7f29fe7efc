package director

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
)

// anyPort returns server n with port 0.
func anyPort(n int) netip.AddrPort { return netip.AddrPortFrom(server(n).Addr(), 0) }

// withKeys gives the service these keys, its real servers and sorry server
// port 0.
func withKeys(keys ...ipvs.Key) func(*VirtualServer) {
	return func(v *VirtualServer) {
		v.Keys = keys
		for i := range v.RealServers {
			d := &v.RealServers[i].Destination
			d.Addr = netip.AddrPortFrom(d.Addr.Addr(), 0)
		}
		if v.SorryServer != nil {
			v.SorryServer.Addr = anyPort(9)
		}
	}
}

func tcp(addr string) ipvs.Key { return ipvs.NewKey(ipvs.TCP, netip.MustParseAddrPort(addr)) }

func TestSeveralKeysAreOneService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keys := []ipvs.Key{tcp("192.0.2.1:80"), tcp("192.0.2.1:443"), ipvs.NewKey(ipvs.UDP, netip.MustParseAddrPort("192.0.2.2:443")), ipvs.NewMarkKey(7, ipvs.INET)}
		b := start(t, newFakeTable(), &fakeLedger{}, services(virtual(1, "1=1 2=3", withSorry, withKeys(keys...))))
		b.expectTable(`
TCP 192.0.2.1:80 wrr
  -> 10.0.0.9:80 DR 1
TCP 192.0.2.1:443 wrr
  -> 10.0.0.9:443 DR 1
UDP 192.0.2.2:443 wrr
  -> 10.0.0.9:443 DR 1
FWM 7 wrr
  -> 10.0.0.9:0 DR 1
`)
		b.probe("2+")
		b.expectTable(`
TCP 192.0.2.1:80 wrr
  -> 10.0.0.2:80 DR 3
TCP 192.0.2.1:443 wrr
  -> 10.0.0.2:443 DR 3
UDP 192.0.2.2:443 wrr
  -> 10.0.0.2:443 DR 3
FWM 7 wrr
  -> 10.0.0.2:0 DR 3
`)
		s := b.counted()
		if v := s.VirtualServers[0]; len(s.VirtualServers) != 1 || v.LiveWeight != 3 || v.RealServers[1].Addr != anyPort(2) ||
			v.RealServers[1].Weight != 3 || v.RealServers[1].Active != 4*2 || v.RealServers[0].Active != 0 {
			t.Errorf("status is %+v", s)
		}
		b.kernel.log()

		// A key comes, a key goes: the others are left alone.
		plan := b.update(virtual(1, "1=1 2=3", withSorry, withKeys(keys[0], tcp("192.0.2.3:80"), keys[1], keys[2])))
		b.expectChanges(
			"ledger [TCP 192.0.2.1:80 TCP 192.0.2.1:443 UDP 192.0.2.2:443 TCP 192.0.2.3:80 FWM 7]",
			"add virtual server TCP 192.0.2.3:80 wrr",
			"add real server 10.0.0.2:80 DR 3 to TCP 192.0.2.3:80",
			"delete virtual server FWM 7",
			"ledger [TCP 192.0.2.1:80 TCP 192.0.2.1:443 UDP 192.0.2.2:443 TCP 192.0.2.3:80]",
		)
		if got, want := planText(plan), "web1 +TCP 192.0.2.3:80 wrr: +2=3\nweb1 -FWM 7 wrr: -2=3\n"; got != want {
			t.Errorf("plan is %q, want %q", got, want)
		}
		b.expectStop()
		b.expectTable("")
	})
}

func TestAdoptionOfSeveralKeys(t *testing.T) {
	a, c := tcp("192.0.2.1:80"), tcp("192.0.2.2:80")
	kernel := newFakeTable(existing(1, "1=1 2=0"), existing(2, "2=1 3=0"))
	r := newReconciler(t.Context(), kernel, virtual(1, "1=1 2=1 3=1 4=1", withKeys(a, c), withInhibit))
	want := "TCP 192.0.2.1:80 wrr\n  -> 10.0.0.1:80 DR 1\n  -> 10.0.0.2:80 DR 1\n  -> 10.0.0.3:80 DR 0\n  -> 10.0.0.4:80 DR 0\n" +
		"TCP 192.0.2.2:80 wrr\n  -> 10.0.0.1:80 DR 1\n  -> 10.0.0.2:80 DR 1\n  -> 10.0.0.3:80 DR 0\n  -> 10.0.0.4:80 DR 0\n"
	if got := kernel.String(); got != want || r.err != nil {
		t.Errorf("table is\n%swant\n%serror %v", got, want, r.err)
	}
}

func TestSettingsReachTheTable(t *testing.T) {
	kernel := newFakeTable()
	newReconciler(t.Context(), kernel, virtual(1, "1=1", withoutAlpha, func(v *VirtualServer) {
		v.Flags = ipvs.OnePacket | ipvs.SchedFlag3
		v.PersistenceTimeout, v.PrefixLen, v.PersistenceEngine = time.Minute, 24, "sip"
		v.RealServers[0].Destination.UpperThreshold = 100
		v.RealServers[0].Destination.Forward = ipvs.Tunnel
		v.RealServers[0].Destination.Tunnel = ipvs.Encapsulation{Type: ipvs.GUE, Port: 6080}
	}))
	s := kernel.services[key(1)]
	if s.Flags&(ipvs.OnePacket|ipvs.SchedFlag3) == 0 || s.Timeout != time.Minute || s.PrefixLen != 24 || s.PersistenceEngine != "sip" {
		t.Errorf("service is %+v", s)
	}
	if d := s.Destinations[0]; d.UpperThreshold != 100 || d.Tunnel.Port != 6080 {
		t.Errorf("destination is %+v", d)
	}
}

func TestSorryServerWithItsOwnWay(t *testing.T) {
	kernel := newFakeTable()
	newReconciler(t.Context(), kernel, virtual(1, "1=1", withSorry, func(v *VirtualServer) {
		v.SorryServer.Forward = ipvs.Tunnel
		v.SorryServer.Tunnel = ipvs.Encapsulation{Type: ipvs.GRE}
	}))
	if d := kernel.services[key(1)].Destinations[0]; d.Forward != ipvs.Tunnel || d.Tunnel.Type != ipvs.GRE || d.Weight != 1 {
		t.Errorf("sorry server is %+v", d)
	}
}

// Two spellings of one destination are one.
func TestPortZeroMayMeetAPort(t *testing.T) {
	v := virtual(1, "1=1 1=5", withoutAlpha)
	v.RealServers[0].Destination.Addr = anyPort(1)
	kernel := newFakeTable()
	r := newReconciler(t.Context(), kernel, v)
	if err := r.resync(t.Context()); err != nil || r.drift > 0 || short(kernel.services[key(1)]) != "1=1" {
		t.Errorf("%v, drift %d, table has %s", err, r.drift, short(kernel.services[key(1)]))
	}
}

// manyKeys is one virtual server with thousands of services.
func manyKeys(n int) VirtualServer {
	v := virtual(1, "1=1 2=1 3=1 4=1 5=1 6=1 7=1 8=1 9=1 10=1", withoutAlpha)
	keys := make([]ipvs.Key, n)
	for i := range keys {
		keys[i] = tcp(fmt.Sprintf("192.0.%d.%d:80", i/250, 1+i%250))
	}
	withKeys(keys...)(&v)
	return v
}

func BenchmarkUpdateOfManyKeys(b *testing.B) {
	kernel := newFakeTable()
	r := newReconciler(b.Context(), kernel, manyKeys(5000))
	r.kernel = deafTable{kernel}
	for i := 0; b.Loop(); i++ {
		if err := r.probe(b.Context(), [2]string{"1-", "1+"}[i%2]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStatusOfManyKeys(b *testing.B) {
	r := newReconciler(b.Context(), newFakeTable(), manyKeys(5000))
	for b.Loop() {
		r.pool.services[0].status(r.have, r.refused)
	}
}

// A deafTable takes every change without doing anything.
type deafTable struct{ *fakeTable }

func (deafTable) Apply(_ context.Context, _ []ipvs.Change) error { return nil }
