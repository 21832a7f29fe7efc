package vrrp

import (
	"log/slog"
	"net/netip"
	"testing"
	"time"
)

// A sink is a network that takes everything and has nothing.
type sink struct{ sent int }

func (*sink) Wait(time.Time)                 {}
func (*sink) Wake()                          {}
func (*sink) Receive() (Packet, bool, error) { return Packet{}, false, nil }
func (*sink) Attach(int, int) error          { return nil }
func (*sink) Close() error                   { return nil }

func (s *sink) Send([]byte, netip.Addr, netip.Addr) error {
	s.sent++
	return nil
}

// newMaster returns a driver of a master, and the master, at rest.
func newMaster(tb testing.TB, network *sink) (*Driver, *router) {
	tb.Helper()
	d := NewDriver(network, func(Notice) {}, slog.New(slog.DiscardHandler))
	d.SetInterfaces(Interfaces{"eth0": {Index: 1, Up: true, Addresses: addrs("10.0.0.1")}})
	cfg := testConfig(100)
	cfg.Trackers = []Tracker{{Kind: TrackScript, Name: "s", Weight: -10}}
	d.Set(Set{Routers: []Router{{Config: cfg, Conn: network, Host: &memHost{lan: newLAN(nil)}}}, Resume: Legacy{Routers: []Resumption{{Name: cfg.Name, State: Master}}}})
	d.take(epoch())
	tb.Cleanup(func() {
		for _, r := range d.routers {
			r.worker.leave()
		}
		d.workers.Wait()
	})
	d.fire(epoch().Add(time.Hour)) // whatever comes after a takeover
	d.fire(epoch().Add(2 * time.Hour))
	return d, d.routers[0]
}

// TestAdvertisingMakesNoGarbage: an advertisement must not wait for the collector because of those before it.
func TestAdvertisingMakesNoGarbage(t *testing.T) {
	network := &sink{}
	d, r := newMaster(t, network)
	now := epoch().Add(3 * time.Hour)
	network.sent = 0
	if n := testing.AllocsPerRun(100, func() {
		now = now.Add(r.cfg.AdvertInterval)
		d.fire(now)
	}); n != 0 {
		t.Errorf("%v allocations for an advertisement", n)
	}
	if network.sent != 101 { // one to warm up
		t.Errorf("%d advertisements", network.sent)
	}
}

func BenchmarkAdvertise(b *testing.B) {
	d, r := newMaster(b, &sink{})
	now := epoch().Add(3 * time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(r.cfg.AdvertInterval)
		d.fire(now)
	}
}
