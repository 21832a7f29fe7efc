package ipvs

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// drService returns a TCP service with real servers of weight 1 behind DR.
func drService(at, scheduler string, addrs ...string) Service {
	s := Service{Key: key(at), Scheduler: scheduler}
	for _, a := range addrs {
		s.Destinations = append(s.Destinations, Destination{Addr: addrPort(a), Forward: DR, Weight: 1})
	}
	return s
}

// text is a plan with one change a line.
func text(changes []Change) string {
	var b strings.Builder
	for _, c := range changes {
		fmt.Fprintln(&b, c)
	}
	return b.String()
}

func TestDiff(t *testing.T) {
	const vip, web1, web2, web3 = "192.0.2.1:80", "192.0.2.10:80", "192.0.2.11:80", "192.0.2.12:80"
	web := drService(vip, "wrr", web1, web2)
	edited := drService(vip, "wrr", web1, web2)
	edited.Destinations[1].Forward, edited.Destinations[1].Weight = Tunnel, 7
	persistent := drService(vip, "wrr", web1, web2)
	persistent.Timeout = 50 * time.Second
	sip := drService(vip, "wrr", web1, web2)
	sip.PersistenceEngine = "sip"
	limited := drService(vip, "wrr", web1, web2)
	limited.Destinations[0].UpperThreshold, limited.Destinations[0].LowerThreshold = 100, 50
	tunnel := func(e Encapsulation) Service {
		s := drService(vip, "wrr", web1)
		s.Destinations[0].Forward, s.Destinations[0].Tunnel = Tunnel, e
		return s
	}
	unused := drService(vip, "wrr", web1, web2)
	unused.Destinations[0].Tunnel = Encapsulation{Type: GUE, Port: 6080}
	for _, tt := range []struct {
		name       string
		have, want []Service
		plan       string
	}{
		{name: "nothing to do", have: []Service{web}, want: []Service{web}},
		{name: "both empty"},
		{
			name: "new service", want: []Service{drService(vip, "wrr", web2, web1)},
			plan: `
add virtual server TCP 192.0.2.1:80 wrr
add real server 192.0.2.10:80 DR 1 to TCP 192.0.2.1:80
add real server 192.0.2.11:80 DR 1 to TCP 192.0.2.1:80
`,
		},
		{
			name: "deleted service", have: []Service{web},
			plan: `
delete virtual server TCP 192.0.2.1:80
`,
		},
		{
			name: "real server replaced", have: []Service{web}, want: []Service{drService(vip, "wrr", web2, web3)},
			plan: `
add real server 192.0.2.12:80 DR 1 to TCP 192.0.2.1:80
delete real server 192.0.2.10:80 from TCP 192.0.2.1:80
`,
		},
		{
			name: "edited in place", have: []Service{web}, want: []Service{edited},
			plan: `
change real server 192.0.2.11:80 TUN 7 of TCP 192.0.2.1:80
`,
		},
		{
			name: "settings", have: []Service{web}, want: []Service{persistent},
			plan: `
change virtual server TCP 192.0.2.1:80 wrr persistent 50
`,
		},
		{
			name: "persistence engine", have: []Service{sip}, want: []Service{web},
			plan: `
change virtual server TCP 192.0.2.1:80 wrr
`,
		},
		{
			name: "thresholds", have: []Service{web}, want: []Service{limited},
			plan: `
change real server 192.0.2.10:80 DR 1 uthreshold 100 lthreshold 50 of TCP 192.0.2.1:80
`,
		},
		{
			name: "tunnel", have: []Service{tunnel(Encapsulation{})}, want: []Service{tunnel(Encapsulation{GUE, 6080, RemoteChecksum})},
			plan: `
change real server 192.0.2.10:80 TUN 1 tun_type gue tun_port 6080 tun_csum remcsum of TCP 192.0.2.1:80
`,
		},
		{name: "unused tunnel of direct routing", have: []Service{web}, want: []Service{unused}},
		{
			name: "unused port and checksum of a tunnel",
			have: []Service{tunnel(Encapsulation{Type: GRE})}, want: []Service{tunnel(Encapsulation{GRE, 6080, RemoteChecksum})},
		},
		{
			name: "mh is filled behind none", want: []Service{drService(vip, "mh", web2, web1)},
			plan: `
add virtual server TCP 192.0.2.1:80 none
add real server 192.0.2.10:80 DR 1 to TCP 192.0.2.1:80
add real server 192.0.2.11:80 DR 1 to TCP 192.0.2.1:80
change virtual server TCP 192.0.2.1:80 mh
`,
		},
		{
			name: "to mh in place", have: []Service{edited}, want: []Service{drService(vip, "mh", web2, web3)},
			plan: `
add real server 192.0.2.12:80 DR 1 to TCP 192.0.2.1:80
change real server 192.0.2.11:80 DR 1 of TCP 192.0.2.1:80
delete real server 192.0.2.10:80 from TCP 192.0.2.1:80
change virtual server TCP 192.0.2.1:80 mh
`,
		},
		{
			name: "from mh in place", have: []Service{drService(vip, "mh", web1)}, want: []Service{drService(vip, "wrr", web2)},
			plan: `
change virtual server TCP 192.0.2.1:80 wrr
add real server 192.0.2.11:80 DR 1 to TCP 192.0.2.1:80
delete real server 192.0.2.10:80 from TCP 192.0.2.1:80
`,
		},
		{
			name: "mh stays", have: []Service{drService(vip, "mh", web1)},
			want: []Service{{Key: key(vip), Scheduler: "mh", Flags: MHFallback, Destinations: drService(vip, "mh", web2).Destinations}},
			plan: `
add real server 192.0.2.11:80 DR 1 to TCP 192.0.2.1:80
change virtual server TCP 192.0.2.1:80 mh (flag-1)
delete real server 192.0.2.10:80 from TCP 192.0.2.1:80
`,
		},
		{
			name: "all phases",
			have: []Service{web, drService("192.0.2.2:80", "rr", web1), drService("192.0.2.3:80", "rr", web1)},
			want: []Service{edited, drService("192.0.2.3:80", "wlc", web3), drService("192.0.2.4:80", "sh", web3)},
			plan: `
add virtual server TCP 192.0.2.4:80 sh
add real server 192.0.2.12:80 DR 1 to TCP 192.0.2.3:80
add real server 192.0.2.12:80 DR 1 to TCP 192.0.2.4:80
change virtual server TCP 192.0.2.3:80 wlc
change real server 192.0.2.11:80 TUN 7 of TCP 192.0.2.1:80
delete real server 192.0.2.10:80 from TCP 192.0.2.3:80
delete virtual server TCP 192.0.2.2:80
`,
		},
		{
			name: "duplicates count once", have: []Service{web, web},
			want: []Service{drService(vip, "wrr", web1, web2, web1), drService(vip, "rr", web3)},
		},
		{
			name: "another mask replaces an odd one",
			have: []Service{{Key: key(vip), Scheduler: "rr", Flags: Persistent, Timeout: time.Minute, PrefixLen: oddMask}},
			want: []Service{{Key: key(vip), Scheduler: "rr", Timeout: time.Minute}},
			plan: `
change virtual server TCP 192.0.2.1:80 rr persistent 60
`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := text(Diff(tt.have, tt.want))
			if diff := cmp.Diff(strings.TrimPrefix(tt.plan, "\n"), got); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

// Of many entries with one key the first counts.
func TestDiffOfManyDuplicates(t *testing.T) {
	first := drService("192.0.2.1:80", "rr", "192.0.2.10:80")
	want := []Service{first}
	for i := range 100 {
		s := drService("192.0.2.1:80", "wrr")
		want = append(want, s, drService(fmt.Sprintf("192.0.2.%d:80", 2+i%3), "rr"))
		d := first.Destinations[0]
		d.Weight = uint32(i + 2)
		want[0].Destinations = append(want[0].Destinations, d)
	}
	have := []Service{drService("192.0.2.1:80", "rr", "192.0.2.10:80"), want[2], want[4], want[6]}
	if changes := Diff(have, want); len(changes) != 0 {
		t.Errorf("plan:\n%s", text(changes))
	}
}

func TestDiffLeavesItsArgumentsAlone(t *testing.T) {
	want := []Service{drService("192.0.2.2:80", "rr", "192.0.2.11:80", "192.0.2.10:80"), drService("[::ffff:192.0.2.1]:80", "rr")}
	before := []Service{drService("192.0.2.2:80", "rr", "192.0.2.11:80", "192.0.2.10:80"), drService("[::ffff:192.0.2.1]:80", "rr")}
	Diff(want, nil)
	Diff(nil, want)
	if diff := cmp.Diff(before, want, compareAddrs(), cmpopts.EquateComparable(netip.AddrPort{})); diff != "" {
		t.Errorf("argument was changed (-before +after):\n%s", diff)
	}
}

// drawTable draws a table over few keys and addresses, so that two tables have
// much in common. No key and no address appears twice.
func drawTable(t *rapid.T, label string) []Service {
	destination := rapid.Custom(func(t *rapid.T) Destination {
		addrs := []string{"192.0.2.10:80", "192.0.2.10:81", "192.0.2.11:80", "[2001:db8::10]:80", "[::ffff:192.0.2.12]:80"}
		return Destination{
			Addr:    addrPort(rapid.SampledFrom(addrs).Draw(t, "addr")),
			Forward: Forward(rapid.IntRange(0, 4).Draw(t, "forward")),
			Weight:  uint32(rapid.IntRange(0, 2).Draw(t, "weight")),
			Tunnel: Encapsulation{
				Type:     TunnelType(rapid.IntRange(0, 2).Draw(t, "tunnel type")),
				Port:     uint16(rapid.IntRange(0, 2).Draw(t, "tunnel port")),
				Checksum: TunnelChecksum(rapid.IntRange(0, 2).Draw(t, "tunnel checksum")),
			},
			UpperThreshold: uint32(rapid.IntRange(0, 2).Draw(t, "upper threshold")),
			LowerThreshold: uint32(rapid.IntRange(0, 1).Draw(t, "lower threshold")),
		}
	})
	service := rapid.Custom(func(t *rapid.T) Service {
		keys := []Key{
			key("192.0.2.1:80"), key("192.0.2.1:443"), NewKey(UDP, addrPort("192.0.2.1:80")), key("[2001:db8::1]:80"),
			{Addr: netip.MustParseAddr("::ffff:192.0.2.2"), Port: 80, Protocol: TCP}, {FWMark: 1}, NewMarkKey(1, INET6),
		}
		return Service{
			Key:       rapid.SampledFrom(keys).Draw(t, "key"),
			Scheduler: rapid.SampledFrom([]string{"rr", "wrr", "mh", SchedulerNone}).Draw(t, "scheduler"),
			Flags:     rapid.SampledFrom([]Flags{0, 2, OnePacket, MHFallback | 2, Persistent}).Draw(t, "flags"),
			Timeout:   time.Duration(rapid.SampledFrom([]int{0, 0, 1, 1500}).Draw(t, "timeout")) * time.Millisecond,
			PrefixLen: uint8(rapid.SampledFrom([]int{0, 24, 32}).Draw(t, "prefix length")),

			PersistenceEngine: rapid.SampledFrom([]string{"", "", "sip"}).Draw(t, "persistence engine"),
			Destinations: rapid.SliceOfNDistinct(destination, 0, 5, func(d Destination) netip.AddrPort {
				return canonicalAddr(d.Addr)
			}).Draw(t, "destinations"),
		}
	})
	return rapid.SliceOfNDistinct(service, 0, 7, func(s Service) Key { return s.Key.Canonical() }).Draw(t, label)
}

// filled returns services as the kernel would return them.
func filled(services []Service) []Service {
	t := table{}
	t.fill(services)
	return t.services()
}

// A walk over random tables: the plan of each step is right, and in order.
func TestDiffWalk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kernel := table{}
		for range rapid.IntRange(1, 4).Draw(t, "steps") {
			want := drawTable(t, "want")
			changes := Diff(kernel.services(), want)
			checkOrder(t, kernel, changes)
			for _, c := range changes {
				if errno := kernel.apply(c); errno != 0 {
					t.Fatalf("%s: %v; plan:\n%s", c, errno, text(changes))
				}
			}
			if diff := cmp.Diff(filled(want), kernel.services(), compareAddrs(), cmpopts.EquateComparable(netip.AddrPort{}), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("table (-want +got):\n%s\nplan:\n%s", diff, text(changes))
			}
			if changes := Diff(kernel.services(), want); len(changes) != 0 {
				t.Fatalf("plan for what is there:\n%s", text(changes))
			}
			if changes := Diff(want, rapid.Permutation(want).Draw(t, "same")); len(changes) != 0 {
				t.Fatalf("plan between equal tables:\n%s", text(changes))
			}
		}
	})
}

// checkOrder checks what the package comment promises.
func checkOrder(t *rapid.T, have table, changes []Change) {
	phase := 0
	filling := map[Key]netip.AddrPort{} // last destination of the services to be filled
	switched := map[Key]bool{}
	for _, c := range changes {
		p := phaseOf(have, c)
		if p < phase {
			t.Fatalf("%s: phase %d after phase %d; plan:\n%s", c, p, phase, text(changes))
		}
		phase = p
		switch c := c.(type) {
		case AddService:
			if c.Service.Scheduler == SchedulerMH {
				t.Fatalf("%s: not behind none", c)
			}
		case AddDestination:
			if last, ok := filling[c.Key]; ok && last.Compare(c.Destination.Addr) >= 0 {
				t.Fatalf("%s: after %s", c, last)
			}
			filling[c.Key] = c.Destination.Addr
		case UpdateService:
			if switched[c.Service.Key] {
				t.Fatalf("%s: changed twice", c)
			}
			switched[c.Service.Key] = true
		case UpdateDestination, DeleteDestination, DeleteService:
		}
	}
}

func phaseOf(have table, c Change) int {
	switch c := c.(type) {
	case AddService:
		return 0
	case UpdateService:
		is, mh := have[c.Service.Key], c.Service.Scheduler == SchedulerMH
		switch {
		case is == nil || mh == (is.settings.Scheduler == SchedulerMH):
			return 3
		case mh:
			return 6
		default:
			return 1
		}
	case AddDestination:
		return 2
	case UpdateDestination:
		return 4
	case DeleteDestination:
		return 5
	case DeleteService:
		return 7
	}
	return -1
}

// bigTable returns a table of services with DR destinations, sorted.
func bigTable(services, destinations int) []Service {
	table := make([]Service, services)
	for i := range table {
		vip := netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)})
		table[i] = Service{Key: NewKey(TCP, netip.AddrPortFrom(vip, 80)), Scheduler: "wrr"}
		for j := range destinations {
			addr := netip.AddrFrom4([4]byte{10, byte(2 + j>>8), byte(j), byte(1 + i%250)})
			d := Destination{Addr: netip.AddrPortFrom(addr, 80), Forward: DR, Weight: 1}
			table[i].Destinations = append(table[i].Destinations, d)
		}
	}
	return table
}

// An equal table of 10,000 real servers costs no memory.
func TestDiffOfEqualTablesAllocatesNothing(t *testing.T) {
	have, want := bigTable(1000, 10), bigTable(1000, 10)
	if n := testing.AllocsPerRun(5, func() { Diff(have, want) }); n > 0 {
		t.Errorf("Diff of equal tables: %v allocations, want 0", n)
	}
}

func BenchmarkDiff(b *testing.B) {
	want := bigTable(1000, 10)
	reversed := bigTable(1000, 10)
	slices.Reverse(reversed)
	for _, s := range reversed {
		slices.Reverse(s.Destinations)
	}
	for _, bb := range []struct {
		name       string
		have, want []Service
	}{{"equal", want, want}, {"unsorted", want, reversed}, {"create", nil, want}, {"delete", want, nil}} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Diff(bb.have, bb.want)
			}
		})
	}
}
