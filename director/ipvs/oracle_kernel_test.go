package ipvs

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	moby "github.com/moby/ipvs"

	"github.com/ldirector/ldirector/internal/nettest"
)

// mobyHandle is github.com/moby/ipvs in a network namespace: the second
// opinion on what we write, for all but what it cannot express (families
// mixed in one service, weights over 65,535).
func mobyHandle(tb testing.TB, ns *nettest.Namespace) *moby.Handle {
	tb.Helper()
	h, err := moby.New(ns.Path())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(h.Close)
	return h
}

// applyMoby does a change through moby/ipvs.
func applyMoby(h *moby.Handle, c Change) error {
	switch c := c.(type) {
	case AddService:
		return h.NewService(toMoby(c.Service))
	case UpdateService:
		return h.UpdateService(toMoby(c.Service))
	case DeleteService:
		return h.DelService(toMoby(Service{Key: c.Key}))
	case AddDestination:
		return h.NewDestination(toMoby(Service{Key: c.Key}), toMobyDestination(c.Destination))
	case UpdateDestination:
		return h.UpdateDestination(toMoby(Service{Key: c.Key}), toMobyDestination(c.Destination))
	case DeleteDestination:
		return h.DelDestination(toMoby(Service{Key: c.Key}), toMobyDestination(Destination{Addr: c.Addr}))
	default:
		return fmt.Errorf("unknown change %T", c)
	}
}

func toMoby(s Service) *moby.Service {
	s = s.header()
	m := &moby.Service{
		Protocol:      uint16(s.Protocol),
		Port:          s.Port,
		FWMark:        s.FWMark,
		SchedName:     s.Scheduler,
		Flags:         uint32(s.Flags),
		Timeout:       uint32(s.Timeout / time.Second),
		AddressFamily: uint16(s.Family),
		Netmask:       uint32(s.PrefixLen),
	}
	if s.FWMark == 0 {
		m.Address = s.Addr.AsSlice()
	}
	if s.Family == INET {
		mask := net.CIDRMask(int(s.PrefixLen), 32)
		m.Netmask = uint32(mask[3])<<24 | uint32(mask[2])<<16 | uint32(mask[1])<<8 | uint32(mask[0])
	}
	return m
}

func toMobyDestination(d Destination) *moby.Destination {
	forward := map[Forward]uint32{
		NAT: moby.ConnFwdMasq, Local: moby.ConnFwdLocalNode, Tunnel: moby.ConnFwdTunnel, DR: moby.ConnFwdDirectRoute, Bypass: moby.ConnFwdBypass,
	}
	return &moby.Destination{
		Address:         d.Addr.Addr().AsSlice(),
		Port:            d.Addr.Port(),
		Weight:          int(d.Weight),
		ConnectionFlags: forward[d.Forward],
		AddressFamily:   uint16(familyOf(d.Addr.Addr())),
	}
}

// oracleTables is a walk that does every kind of change to every kind of service.
func oracleTables() [][]Service {
	var first, second []Service
	for i, scheduler := range Schedulers() {
		s := drService(fmt.Sprintf("192.0.2.%d:80", i+1), scheduler, "127.0.0.2:80", "127.0.0.3:81")
		s.Destinations[1].Forward = Forward(i % 5)
		s.Destinations[1].Weight = uint32(i)
		first = append(first, s)
		s.Destinations = slices.Clone(s.Destinations[1:])
		s.Destinations[0].Forward, s.Destinations[0].Weight = Tunnel, 65535
		s.Timeout = time.Duration(i) * time.Minute
		s.PrefixLen = uint8(32 - i)
		second = append(second, s)
	}
	v6 := drService("[2001:db8::1]:80", "wlc", "[::1]:80")
	v6.Timeout, v6.PrefixLen = time.Hour, 64
	udp := drService("192.0.2.1:53", "rr", "127.0.0.2:53")
	udp.Protocol, udp.Flags = UDP, OnePacket
	mark, mark6 := drService("192.0.2.1:80", "mh", "127.0.0.2:0"), drService("[2001:db8::1]:80", "sh", "[::1]:0")
	mark.Key, mark.Flags = NewMarkKey(7, INET), MHFallback|MHPort
	mark6.Key, mark6.Flags = NewMarkKey(7, INET6), SHFallback
	more := []Service{v6, udp, mark, mark6}
	return [][]Service{first, append(second, more...), append(slices.Clone(more), first[:3]...)}
}

// The same plan through moby/ipvs and through ours, seen by ipvsadm.
func TestKernelAgreesWithMoby(t *testing.T) {
	nettest.Require(t, nettest.Ipvsadm)
	ours, theirs := newKernelTable(t), newKernelTable(t)
	h := mobyHandle(t, theirs.ns)
	var have []Service
	for step, want := range oracleTables() {
		changes := Diff(have, want)
		if err := ours.Apply(t.Context(), changes); err != nil {
			t.Fatal(err)
		}
		for _, c := range changes {
			if err := applyMoby(h, c); err != nil {
				t.Fatalf("moby/ipvs: %s: %v", c, err)
			}
		}
		if diff := cmp.Diff(theirs.rules(), ours.rules()); diff != "" {
			t.Errorf("step %d: ipvsadm -Sn (-moby +ours):\n%s", step, diff)
		}
		if diff := cmp.Diff(theirs.read(), ours.read(), equateAddrs()); diff != "" {
			t.Errorf("step %d: table (-moby +ours):\n%s", step, diff)
		}
		have = want
	}
}

// What moby/ipvs reads is what we wrote.
func TestKernelReadByMoby(t *testing.T) {
	k := newKernelTable(t)
	h := mobyHandle(t, k.ns)
	k.program(drService("192.0.2.1:80", "wrr", "127.0.0.2:80"))
	services, err := h.GetServices()
	if err != nil || len(services) != 1 {
		t.Fatalf("%d services, error %v; want 1", len(services), err)
	}
	addr, _ := netip.AddrFromSlice(services[0].Address)
	if got := NewKey(Protocol(services[0].Protocol), netip.AddrPortFrom(addr, services[0].Port)); got != key("192.0.2.1:80") {
		t.Errorf("service %s", got)
	}
	destinations, err := h.GetDestinations(services[0])
	if err != nil || len(destinations) != 1 {
		t.Fatalf("%d destinations, error %v; want 1", len(destinations), err)
	}
	if d := destinations[0]; d.Address.String() != "127.0.0.2" || d.Port != 80 || d.ConnectionFlags != moby.ConnFwdDirectRoute || d.Weight != 1 {
		t.Errorf("destination %+v", d)
	}
}

// BenchmarkKernelApply fills an empty table with 1,000 services of 10
// destinations, each time in a new namespace: deleted destinations of the last
// time would slow the next one down.
func BenchmarkKernelApply(b *testing.B) {
	changes := Diff(nil, bigTable(1000, 10))
	for _, bb := range []struct {
		name  string
		apply func(kernelTable) error
	}{
		{"batches", func(k kernelTable) error { return k.Apply(b.Context(), changes) }},
		{"moby-one-by-one", func(k kernelTable) error {
			h := mobyHandle(b, k.ns)
			for _, c := range changes {
				if err := applyMoby(h, c); err != nil {
					return fmt.Errorf("%s: %w", c, err)
				}
			}
			return nil
		}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				k := newKernelTable(b)
				k.ns.Run("ip", "route", "add", "local", "10.0.0.0/8", "dev", "lo")
				b.StartTimer()
				if err := bb.apply(k); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(changes)), "µs/change")
		})
	}
}
