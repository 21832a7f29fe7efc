package ipvs

import (
	"fmt"
	"maps"
	"math"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// mhService is a UDP service by mh, with so many real servers on this host.
func mhService(servers int) Service {
	s := Service{Key: NewKey(UDP, addrPort("192.0.2.1:53")), Scheduler: SchedulerMH, Flags: MHFallback}
	for i := range servers {
		addr := netip.AddrFrom4([4]byte{127, 0, 1, byte(i + 1)})
		s.Destinations = append(s.Destinations, Destination{Addr: netip.AddrPortFrom(addr, 5300), Forward: NAT, Weight: 1})
	}
	return s
}

func newMHTable(t *testing.T) kernelTable {
	k := newKernelTable(t)
	k.ns.Run("ip", "addr", "add", "192.0.2.1/32", "dev", "lo")
	return k
}

// choices sends a packet from each of many clients to the service and returns
// their real servers.
func (k kernelTable) choices() map[netip.Addr]netip.Addr {
	k.tb.Helper()
	chosen := map[netip.Addr]netip.Addr{}
	err := k.ns.Do(func() error {
		ports := map[netip.AddrPort]bool{} // of this call's packets
		for i := range 250 {
			client := netip.AddrFrom4([4]byte{127, 1, byte(7 * i), byte(i)})
			conn, err := net.DialUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(client, 0)), net.UDPAddrFromAddrPort(addrPort("192.0.2.1:53")))
			if err != nil {
				return err
			}
			defer conn.Close()
			if _, err := conn.Write([]byte("?")); err != nil {
				return err
			}
			ports[conn.LocalAddr().(*net.UDPAddr).AddrPort()] = true
		}
		lines, err := os.ReadFile("/proc/thread-self/net/ip_vs_conn")
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(lines)) {
			// Pro FromIP FPrt ToIP TPrt DestIP DPrt State Expires PEName PEData
			f := strings.Fields(line)
			if f[0] == "UDP" && ports[netip.AddrPortFrom(hexAddr(f[1]), uint16(hexNumber(f[2])))] {
				chosen[hexAddr(f[1])] = hexAddr(f[5])
			}
		}
		if len(chosen) != len(ports) {
			return fmt.Errorf("the kernel has the connections of %d clients, not %d", len(chosen), len(ports))
		}
		return nil
	})
	if err != nil {
		k.tb.Fatal(err)
	}
	return chosen
}

func hexNumber(s string) uint64 {
	n, err := strconv.ParseUint(s, 16, 32)
	if err != nil {
		return math.MaxUint32
	}
	return n
}

func hexAddr(s string) netip.Addr {
	n := hexNumber(s)
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

// Directors choose alike, in whatever order the configuration lists the real
// servers.
func TestKernelMHTablesAgree(t *testing.T) {
	one, other := mhService(100), mhService(100)
	slices.Reverse(other.Destinations)
	for i := range 50 {
		d := other.Destinations
		d[i], d[(i*37+11)%100] = d[(i*37+11)%100], d[i]
	}
	a, b := newMHTable(t), newMHTable(t)
	a.program(one)
	b.program(other)
	if diff := cmp.Diff(a.choices(), b.choices(), compareAddrs()); diff != "" {
		t.Errorf("choices of two directors (-one +other):\n%s", diff)
	}

	// Which is no matter of course.
	c := newMHTable(t)
	changes := Diff(nil, []Service{one})
	slices.Reverse(changes[1 : len(changes)-1])
	if err := c.Apply(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
	if maps.Equal(a.choices(), c.choices()) {
		t.Error("a director that adds real servers in another order chooses alike, too")
	}
}

// A service that becomes mh is like one that was made so.
func TestKernelMHTakesOver(t *testing.T) {
	made, became := newMHTable(t), newMHTable(t)
	want, before := mhService(20), mhService(20)
	made.program(want)
	before.Scheduler, before.Flags = "wlc", 0
	became.program(before)
	changes := became.program(want)
	if got := text(changes); got != "change virtual server UDP 192.0.2.1:53 mh (flag-1)\n" {
		t.Errorf("plan:\n%s", got)
	}
	if diff := cmp.Diff(made.choices(), became.choices(), compareAddrs()); diff != "" {
		t.Errorf("choices (-made mh +became mh):\n%s", diff)
	}
}

// While a real server has weight 0, its clients go elsewhere and nobody else
// does; when it is back, so are they.
func TestKernelMHFallback(t *testing.T) {
	k := newMHTable(t)
	service := mhService(5)
	k.program(service)
	before := k.choices()
	failed := &service.Destinations[2]
	failed.Weight = 0
	k.program(service)
	moved := 0
	for client, server := range k.choices() {
		switch {
		case server == failed.Addr.Addr():
			t.Errorf("%s went to %s, which has weight 0", client, server)
		case before[client] == failed.Addr.Addr():
			moved++
		case before[client] != server:
			t.Errorf("%s went to %s, and to %s before", client, server, before[client])
		}
	}
	if moved == 0 {
		t.Error("no client was at the server that got weight 0")
	}
	failed.Weight = 1
	k.program(service)
	if diff := cmp.Diff(before, k.choices(), compareAddrs()); diff != "" {
		t.Errorf("choices (-before +after):\n%s", diff)
	}
}

// mh has a limit that the others do not have.
func TestKernelMHTableIsFull(t *testing.T) {
	k := newKernelTable(t)
	k.ns.Run("ip", "route", "add", "local", "10.0.0.0/8", "dev", "lo")
	service := bigTable(1, 4094)[0]
	service.Scheduler = SchedulerMH
	err := k.Apply(t.Context(), Diff(nil, []Service{service}))
	want := "change virtual server TCP 10.1.0.0:80 mh: the virtual server has more real servers than the table of mh has slots " +
		"(4,093 unless CONFIG_IP_VS_MH_TAB_INDEX says otherwise) (EINVAL)"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
