package ipvs

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
)

// kernelTable is the IPVS table of a new network namespace.
type kernelTable struct {
	*Client
	tb testing.TB
	ns *nettest.Namespace
}

func newKernelTable(tb testing.TB) kernelTable {
	tb.Helper()
	nettest.Require(tb, nettest.NetNS, nettest.IPVS)
	k := kernelTable{tb: tb, ns: nettest.New(tb, "ipvs")}
	err := k.ns.Do(func() (err error) {
		k.Client, err = NewClient()
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { k.Close() })
	return k
}

// read returns the table.
func (k kernelTable) read() []Service {
	k.tb.Helper()
	services, err := k.Services(k.tb.Context())
	if err != nil {
		k.tb.Fatal(err)
	}
	return services
}

// program makes the table equal to want, checks that it is, and returns the plan.
func (k kernelTable) program(want ...Service) []Change {
	k.tb.Helper()
	changes := Diff(k.read(), want)
	if err := k.Apply(k.tb.Context(), changes); err != nil {
		k.tb.Fatalf("%v; plan:\n%s", err, text(changes))
	}
	if diff := cmp.Diff(filled(want), k.read(), equateAddrs()); diff != "" {
		k.tb.Fatalf("table (-want +got):\n%s", diff)
	}
	return changes
}

func TestKernelSchedulers(t *testing.T) {
	k := newKernelTable(t)
	var want []Service
	for i, name := range append(Schedulers(), SchedulerNone) {
		want = append(want, drService(fmt.Sprintf("192.0.2.%d:80", i+1), name, "127.0.0.2:80", "127.0.0.3:80"))
	}
	k.program(want...)
}

func TestKernelTables(t *testing.T) {
	k := newKernelTable(t)
	v4 := drService("192.0.2.1:80", "wrr", "127.0.0.2:80", "127.0.0.3:80")
	v6 := drService("[2001:db8::1]:80", "wlc", "[2001:db8::10]:80")
	k.ns.Run("ip", "-6", "route", "add", "local", "2001:db8::/32", "dev", "lo")
	with := func(s Service, change func(*Service)) Service {
		s.Destinations = slices.Clone(s.Destinations)
		change(&s)
		return s
	}
	forward := func(s Service, fs ...Forward) Service {
		return with(s, func(s *Service) {
			for i, f := range fs {
				d := Destination{Addr: netip.AddrPortFrom(s.Destinations[0].Addr.Addr(), uint16(8000+i)), Forward: f, Weight: uint32(i)}
				s.Destinations = append(s.Destinations, d)
			}
		})
	}
	tunnels := func(s Service, es ...Encapsulation) Service {
		return with(s, func(s *Service) {
			for i, e := range es {
				d := Destination{Addr: netip.AddrPortFrom(s.Destinations[0].Addr.Addr(), uint16(8000+i)), Forward: Tunnel, Weight: 1, Tunnel: e}
				s.Destinations = append(s.Destinations, d)
			}
		})
	}
	mixed := []Destination{{Addr: addrPort("127.0.0.2:80"), Forward: Tunnel, Weight: 1}, {Addr: addrPort("[2001:db8::10]:80"), Forward: Tunnel, Weight: 1}}
	for _, tt := range []struct {
		name     string
		services []Service
	}{
		{"IPv4", []Service{v4}},
		{"IPv6", []Service{v6}},
		{"forwarding methods", []Service{forward(v4, NAT, Local, Tunnel, DR, Bypass), forward(v6, NAT, Local, Tunnel, DR, Bypass)}},
		{"both families through tunnels", []Service{
			with(v4, func(s *Service) { s.Destinations = mixed }),
			with(v6, func(s *Service) { s.Destinations = mixed }),
			{Key: NewMarkKey(1, INET), Scheduler: "rr", Destinations: mixed},
		}},
		{"protocols on one address", []Service{
			v4,
			with(v4, func(s *Service) { s.Protocol = UDP; s.Flags = OnePacket }),
			with(v4, func(s *Service) { s.Protocol = SCTP }),
		}},
		{"marks", []Service{
			with(v4, func(s *Service) { s.Key = NewMarkKey(7, INET) }),
			with(v6, func(s *Service) { s.Key = NewMarkKey(7, INET6) }),
			with(v4, func(s *Service) { s.Key = NewMarkKey(1<<32-1, INET) }),
		}},
		{"persistence", []Service{
			with(v4, func(s *Service) { s.Timeout = 50 * time.Second }),
			with(v6, func(s *Service) { s.Timeout = 31 * 24 * time.Hour }),
			with(v4, func(s *Service) { s.Port = 0; s.Timeout = time.Second }),
		}},
		{"granularity", []Service{
			with(v4, func(s *Service) { s.Timeout = time.Minute; s.PrefixLen = 20 }),
			with(v6, func(s *Service) { s.Timeout = time.Minute; s.PrefixLen = 64 }),
		}},
		{"persistence engine", []Service{
			with(v4, func(s *Service) { s.Protocol = UDP; s.Timeout = time.Minute; s.PersistenceEngine = "sip" }),
			with(v6, func(s *Service) { s.Protocol = UDP; s.Flags = OnePacket; s.PersistenceEngine = "sip" }),
		}},
		{"no persistence engine", []Service{
			with(v4, func(s *Service) { s.Protocol = UDP; s.Timeout = time.Minute }),
			with(v6, func(s *Service) { s.Protocol = UDP; s.Flags = OnePacket }),
		}},
		{"thresholds", []Service{with(v4, func(s *Service) {
			s.Destinations[0].UpperThreshold, s.Destinations[0].LowerThreshold = 100, 50
			s.Destinations[1].UpperThreshold = 1<<31 - 1
		})}},
		{"tunnels", []Service{
			tunnels(v4, Encapsulation{}, Encapsulation{GUE, 6080, NoChecksum}, Encapsulation{GUE, 1, Checksum},
				Encapsulation{GUE, 65535, RemoteChecksum}, Encapsulation{Type: GRE}, Encapsulation{Type: GRE, Checksum: Checksum}),
			tunnels(v6, Encapsulation{GUE, 6080, RemoteChecksum}, Encapsulation{GRE, 6080, RemoteChecksum}, Encapsulation{IPIP, 6080, Checksum}),
			with(v4, func(s *Service) { s.Port = 81; s.Destinations[0].Tunnel = Encapsulation{Type: GUE} }),
		}},
		{"other tunnels", []Service{
			tunnels(v4, Encapsulation{GUE, 6080, Checksum}, Encapsulation{}, Encapsulation{Type: GRE},
				Encapsulation{GUE, 6081, RemoteChecksum}, Encapsulation{}, Encapsulation{GUE, 6080, NoChecksum}),
		}},
		{"weights", []Service{with(v4, func(s *Service) { s.Destinations[0].Weight = 100000; s.Destinations[1].Weight = 1<<31 - 1 })}},
		{"scheduler flags", []Service{
			with(v4, func(s *Service) { s.Scheduler = "mh"; s.Flags = MHFallback | MHPort }),
			with(v6, func(s *Service) { s.Scheduler = "sh"; s.Flags = SHPort | SchedFlag3 | Persistent }),
		}},
		{"empty", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k.tb = t
			k.program(tt.services...)
			if changes := k.program(tt.services...); len(changes) != 0 {
				t.Errorf("plan for what is there:\n%s", text(changes))
			}
		})
	}
}

// From table to table, with every phase of a plan.
func TestKernelWalk(t *testing.T) {
	k := newKernelTable(t)
	k.ns.Run("ip", "-6", "route", "add", "local", "2001:db8::/32", "dev", "lo")
	k.ns.Run("ip", "route", "add", "local", "192.0.2.0/24", "dev", "lo")
	a, b, c := drService("192.0.2.1:80", "mh", "192.0.2.10:80"), drService("192.0.2.1:443", "rr", "192.0.2.11:80"), drService("[2001:db8::1]:80", "sh", "[2001:db8::10]:80")
	a2 := drService("192.0.2.1:80", "wlc", "192.0.2.11:80", "192.0.2.12:80")
	b2 := drService("192.0.2.1:443", "mh", "192.0.2.11:80", "192.0.2.10:80")
	b2.Flags, b2.Timeout, b2.PrefixLen = MHFallback, time.Minute, 24
	for _, want := range [][]Service{{a, b}, {a2, c}, {b2, c, a}, {}, {c}, {a2, b2}} {
		k.program(want...)
	}
}

func TestKernelThousandServices(t *testing.T) {
	k := newKernelTable(t)
	k.ns.Run("ip", "route", "add", "local", "10.0.0.0/8", "dev", "lo")
	want := bigTable(1000, 10)
	start := time.Now()
	if err := k.Apply(t.Context(), Diff(nil, want)); err != nil {
		t.Fatal(err)
	}
	applied := time.Since(start)
	start = time.Now()
	have := k.read()
	t.Logf("11,000 changes in %v, read back in %v", applied.Round(time.Millisecond), time.Since(start).Round(time.Millisecond))
	if changes := Diff(have, want); len(changes) != 0 || len(have) != len(want) {
		t.Errorf("%d services, %d changes left", len(have), len(changes))
	}
}

// A dump that is given up does not stand in the way of the next: the kernel
// serves one at a time for each socket.
func TestKernelAbandonedDump(t *testing.T) {
	k := newKernelTable(t)
	k.program(bigTable(200, 0)...)
	enough := errors.New("enough")
	k.out.reset()
	k.out.dumpServices(k.family, k.next())
	if err := k.dump(func(message) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("dump: error %v, want %v", err, enough)
	}
	if n := len(k.read()); n != 200 {
		t.Errorf("%d services, want 200", n)
	}
}

// The connection of a client, its counters, and both over edits in place.
func TestKernelKeepsConnectionsOverEdits(t *testing.T) {
	k := newKernelTable(t)
	k.ns.Run("ip", "addr", "add", "192.0.2.1/32", "dev", "lo")
	vip, real := key("192.0.2.1:80"), addrPort("127.0.0.2:8080")
	service := Service{Key: vip, Scheduler: "rr", Destinations: []Destination{{Addr: real, Forward: NAT, Weight: 1}}}
	k.program(service)

	listener, client := net.Listener(nil), net.Conn(nil)
	err := k.ns.Do(func() (err error) {
		if listener, err = net.Listen("tcp4", real.String()); err != nil {
			return err
		}
		client, err = net.DialTimeout("tcp4", "192.0.2.1:80", 5*time.Second)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	defer client.Close()
	server, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()

	service.Scheduler, service.Flags = "mh", MHFallback
	service.Destinations[0].Weight = 0
	changes := k.program(service)
	want := "change real server 127.0.0.2:8080 NAT 0 of TCP 192.0.2.1:80\nchange virtual server TCP 192.0.2.1:80 mh (flag-1)\n"
	if got := text(changes); got != want {
		t.Errorf("plan:\n%swant:\n%s", got, want)
	}
	if _, err := client.Write([]byte("still here")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 10)
	server.SetReadDeadline(time.Now().Add(5 * time.Second))
	if n, err := server.Read(b); string(b[:n]) != "still here" {
		t.Errorf("the server read %q, error %v", b[:n], err)
	}
	nettest.Eventually(t, 20*time.Second, "the kernel has counted the connection", func() error {
		counters, err := k.Counters(t.Context())
		if err != nil {
			return err
		}
		n, s := counters[vip].Destinations[real], counters[vip].Stats
		if s.Connections != 1 || s.PacketsIn < 3 || s.BytesIn < 10 || s.PacketsOut < 2 || s.BytesOut == 0 {
			return fmt.Errorf("counters of the virtual server %+v", s)
		}
		if n.Active != 1 || n.Inactive != 0 || n.Connections != 1 || n.PacketsIn < 3 || n.BytesIn < 10 || n.PacketsOut < 2 || n.BytesOut == 0 {
			return fmt.Errorf("counters %+v", n)
		}
		return nil
	})
}

func TestKernelChangesForwardingInPlace(t *testing.T) {
	k := newKernelTable(t)
	service := drService("192.0.2.1:80", "wrr", "127.0.0.2:80")
	k.program(service)
	for _, f := range []Forward{NAT, Tunnel, Bypass, Local, DR} {
		service.Destinations[0].Forward = f
		changes := k.program(service)
		if _, ok := changes[0].(UpdateDestination); !ok || len(changes) != 1 {
			t.Errorf("plan:\n%s", text(changes))
		}
	}
}

// A service that somebody else made, with settings that we cannot express.
func TestKernelForeignService(t *testing.T) {
	nettest.Require(t, nettest.Ipvsadm)
	k := newKernelTable(t)
	k.ns.Run("ipvsadm", "-A", "-t", "192.0.2.1:80", "-s", "rr", "-p", "60", "-M", "255.0.255.0")
	k.ns.Run("ipvsadm", "-a", "-t", "192.0.2.1:80", "-r", "127.0.0.2:80", "-g", "-x", "10", "-y", "5")
	want := drService("192.0.2.1:80", "rr", "127.0.0.2:80")
	want.Timeout = time.Minute
	changes := k.program(want)
	plan := "change virtual server TCP 192.0.2.1:80 rr persistent 60\nchange real server 127.0.0.2:80 DR 1 of TCP 192.0.2.1:80\n"
	if got := text(changes); got != plan {
		t.Errorf("plan:\n%swant:\n%s", got, plan)
	}
	if rules := k.rules(); strings.ContainsAny(rules, "Mxy") {
		t.Errorf("ipvsadm still shows a netmask or thresholds:\n%s", rules)
	}
}

// rules returns the table as ipvsadm saves it, without an order.
func (k kernelTable) rules() string {
	k.tb.Helper()
	lines := strings.SplitAfter(k.ns.Run("ipvsadm", "-Sn"), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func TestKernelWithoutCapability(t *testing.T) {
	k := newKernelTable(t)
	err := k.ns.Do(func() error {
		return withoutNetAdmin(func() error {
			c, err := NewClient()
			if err == nil {
				c.Close()
			}
			return err
		})
	})
	if !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), "CAP_NET_ADMIN") {
		t.Errorf("NewClient: error %v, want one that matches os.ErrPermission and names CAP_NET_ADMIN", err)
	}
}

// withoutNetAdmin calls f with the capability taken from the calling thread.
func withoutNetAdmin(f func() error) error {
	header := &unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	if err := unix.Capget(header, &sets[0]); err != nil {
		return err
	}
	less := sets
	less[0].Effective &^= 1 << unix.CAP_NET_ADMIN
	if err := unix.Capset(header, &less[0]); err != nil {
		return err
	}
	return errors.Join(f(), unix.Capset(header, &sets[0]))
}
