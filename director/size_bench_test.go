package director

import (
	"context"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
)

// manyServers returns services with 10 real servers, of which each has a check
// of its own.
func manyServers(services int) []VirtualServer {
	servers := make([]VirtualServer, services)
	for n := range servers {
		v := &servers[n]
		*v = VirtualServer{Name: fmt.Sprint("web", n), Keys: []ipvs.Key{key(1)}, Scheduler: "wrr", RealServers: make([]RealServer, 10)}
		v.Keys[0].Port = uint16(1000 + n)
		for i := range v.RealServers {
			addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(n >> 8), byte(n), byte(i + 1)}), 80)
			v.RealServers[i] = RealServer{
				Destination: ipvs.Destination{Addr: addr, Forward: ipvs.DR, Weight: 1},
				Checks:      []healthcheck.Check{check(addr)}, Alpha: true,
			}
		}
	}
	return servers
}

// A sink is a Table that is empty and takes everything. It tells of each write.
type sink struct{ wrote chan time.Time }

func (*sink) Services(context.Context) ([]ipvs.Service, error) { return nil, nil }
func (s *sink) Apply(_ context.Context, changes []ipvs.Change) error {
	if len(changes) == 1 {
		s.wrote <- time.Now()
	}
	return nil
}
func (*sink) Counters(context.Context) (map[ipvs.Key]ipvs.ServiceCounters, error) {
	return nil, nil
}

// live runs a director with 1000 services of which all real servers are up. It
// returns the bytes of its heap beside the configuration and the checks.
func live(b *testing.B, table *sink, cfg Config) (d *Director, heap uint64) {
	b.Helper()
	before := heapBytes()
	d = New(cfg, table, &fakeChecker{}, &fakeLedger{table: newFakeTable()}, nil, nil, quiet())
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	b.Cleanup(func() {
		cancel()
		<-done
	})
	<-d.Ready()
	for _, v := range cfg.VirtualServers {
		for _, r := range v.RealServers {
			d.Report(up(r.Checks[0]))
		}
	}
	for d.Status().VirtualServers[len(cfg.VirtualServers)-1].LiveWeight < 10 {
		time.Sleep(time.Millisecond)
	}
	return d, heapBytes() - before
}

func heapBytes() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkLiveUpdate is the time from the report of a failed probe, in a
// director with 10,000 real servers, until the kernel is told, as the median;
// bytes are those of the heap for each of the servers.
func BenchmarkLiveUpdate(b *testing.B) {
	table := &sink{wrote: make(chan time.Time, 10000)}
	cfg := Config{VirtualServers: manyServers(1000)}
	d, heap := live(b, table, cfg)
	for len(table.wrote) > 0 {
		<-table.wrote
	}
	c := cfg.VirtualServers[500].RealServers[5].Checks[0]
	var delays []time.Duration
	for i := 0; b.Loop(); i++ {
		u := [2]healthcheck.Update{down(c), up(c)}[i%2]
		began := time.Now()
		d.Report(u)
		delays = append(delays, (<-table.wrote).Sub(began))
	}
	slices.Sort(delays)
	b.ReportMetric(float64(delays[len(delays)/2].Nanoseconds())/1000, "µs/median")
	b.ReportMetric(float64(delays[len(delays)*99/100].Nanoseconds())/1000, "µs/p99")
	b.ReportMetric(float64(heap)/10000, "B/server")
	runtime.KeepAlive(d)
}
