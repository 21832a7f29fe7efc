package director

import (
	"net/netip"
	"testing"

	"github.com/ldirector/ldirector/director/ipvs"
)

// BenchmarkCounters puts what the kernel counts into the status of 10,000 real
// servers.
func BenchmarkCounters(b *testing.B) {
	cfg := Config{VirtualServers: manyServers(1000)}.normal()
	d := New(cfg, newFakeTable(), &fakeChecker{}, &fakeLedger{table: newFakeTable()}, &fakeMemory{}, nil, quiet())
	status := d.Status()
	counters := make(map[ipvs.Key]ipvs.ServiceCounters)
	for _, v := range status.VirtualServers {
		destinations := make(map[netip.AddrPort]ipvs.Counters)
		for _, r := range v.RealServers {
			destinations[behind(v.Keys[0], r.Addr)] = ipvs.Counters{Active: 1}
		}
		counters[v.Keys[0]] = ipvs.ServiceCounters{Destinations: destinations}
	}
	b.ReportAllocs()
	for b.Loop() {
		status.With(counters)
	}
}
