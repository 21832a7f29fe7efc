package metrics

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/vrrp"
)

// at is when everything happened.
func at() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC) }

// everything is a snapshot in which every family has a series.
func everything() Snapshot {
	stats := func(n uint64) *ipvs.Stats {
		return &ipvs.Stats{
			Connections: n<<40 + 1, PacketsIn: n<<40 + 2, PacketsOut: n<<40 + 3, BytesIn: n<<40 + 4, BytesOut: n<<40 + 5,
			ConnectionRate: 6, PacketRateIn: 7, PacketRateOut: 8, ByteRateIn: 9, ByteRateOut: 10,
		}
	}
	return Snapshot{
		Version: "1.2.3",
		Limits:  Limits{RealServers: true, MaxSeries: 1000},
		Loaded:  at(),
		Table: &Table{Status: director.Status{
			Synced: at(), Drift: 3,
			Work: director.Work{
				Services:     director.Edits{Created: 1, Updated: 2, Deleted: 3},
				Destinations: director.Edits{Created: 4, Updated: 5, Deleted: 6},
				Failed:       7, Reads: 8, ReadsFailed: 9,
			},
			VirtualServers: []director.VirtualServerStatus{
				{
					Name: `the "web\`, Keys: []ipvs.Key{ipvs.NewKey(ipvs.TCP, netip.MustParseAddrPort("[2001:db8::1]:80"))},
					Scheduler: "wrr", Quorum: 2, LiveWeight: 3, QuorumUp: true, Repairs: 4, Stats: stats(1),
					RealServers: []director.RealServerStatus{
						{Addr: netip.MustParseAddrPort("192.0.2.1:80"), State: "up", Weight: 3, Active: 5, Inactive: 6, Stats: stats(2)},
						{Addr: netip.MustParseAddrPort("192.0.2.2:80"), State: "down"},
						{Addr: netip.MustParseAddrPort("192.0.2.3:0"), State: "unknown", Weight: 1, Active: 10, Stats: stats(3)},
					},
				},
				{
					Name: "mark", Keys: []ipvs.Key{ipvs.NewMarkKey(7, ipvs.INET)}, Scheduler: "rr", Quorum: 1,
					SorryActive: true, Suspended: true, Contested: true, Error: "no",
				},
			},
		}},
		Probes: []Probes{{
			Purpose: "real_servers",
			Stats: healthcheck.Stats{
				Checks: 4, Late: 5, LateMax: 1500 * time.Millisecond,
				Sockets: healthcheck.Load{InFlight: 1, Waiting: 2, Limit: 4096}, Workers: healthcheck.Load{Limit: 512}, Processes: healthcheck.Load{Limit: 128},
			},
			Kinds: []healthcheck.KindStats{{
				Kind: "tcp_check", Passed: 3, Failed: 2, Local: 1,
				Durations: healthcheck.Histogram{Counts: [15]uint64{0: 1, 5: 4, 14: 1}, Sum: 7 * time.Second},
			}},
		}},
		VRRP: vrrp.Report{
			Routers: []vrrp.Status{
				{Name: "VI_1", State: vrrp.Master}, // hands over to the one below
				{
					Name: "VI_1", Interface: "eth0", VRID: 51, Version: 3, State: vrrp.Backup, Priority: 100, Since: at(), Conflicts: []string{"a", "b"}, Released: true,
					Counters: vrrp.Counters{
						AdvertsSent: 1, AdvertsReceived: 2, PriorityZeroSent: 3, PriorityZeroReceived: 4, SendErrors: 5, HostErrors: 6,
						BecameMaster: 7, ChecksumMessage: 8, AddressMismatch: 9, IntervalMismatch: 10, Refused: map[vrrp.Refusal]uint64{vrrp.BadTTL: 11},
					},
				},
			},
			Groups:  []vrrp.GroupStatus{{Name: "SG", State: vrrp.Fault}},
			Foreign: []vrrp.Foreign{{}},
		},
		Sinks: []Sink{
			{Name: "commands", Delivered: 9, Dropped: 1},
			{Name: "notify_fifo", Delivered: 8, Dropped: 2, Waiting: 3, Failing: true},
		},
	}
}

// farm is a snapshot of a director with n virtual servers of ten real servers.
func farm(n int) Snapshot {
	s := everything()
	s.Limits.MaxSeries = 1 << 30
	s.Table.VirtualServers = make([]director.VirtualServerStatus, n)
	for i := range s.Table.VirtualServers {
		v := &s.Table.VirtualServers[i]
		addr := netip.AddrFrom4([4]byte{192, 168, byte(i >> 8), byte(i)})
		*v = director.VirtualServerStatus{
			Name: fmt.Sprintf("customer-%d", i), Keys: []ipvs.Key{ipvs.NewKey(ipvs.TCP, netip.AddrPortFrom(addr, 80))}, Scheduler: "wlc",
			Stats: &ipvs.Stats{Connections: 123456789, BytesIn: 12345678901234},
		}
		for j := range 10 {
			v.RealServers = append(v.RealServers, director.RealServerStatus{
				Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), byte(j)}), 8080), State: "up", Weight: 100, Active: 1234, Inactive: 99,
				Stats: &ipvs.Stats{Connections: 123456789, PacketsIn: 1234567890, BytesIn: 12345678901234, ByteRateIn: 12345},
			})
		}
	}
	return s
}
