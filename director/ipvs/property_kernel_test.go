package ipvs

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ldirector/ldirector/internal/nettest"
)

// Random tables, each written over the one before: the kernel then has what is
// wanted, and ipvsadm shows it.
func TestKernelProperties(t *testing.T) {
	nettest.Require(t, nettest.Ipvsadm)
	k := newKernelTable(t)
	k.ns.Run("ip", "-6", "route", "add", "local", "2001:db8::/32", "dev", "lo")
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfNDistinct(rapid.Custom(drawKernelService), 0, 8, func(s Service) Key { return s.Key }).Draw(t, "want")
		have, err := k.Services(k.tb.Context()) // of the table before
		if err != nil {
			t.Fatal(err)
		}
		changes := Diff(have, want)
		if err := k.Apply(k.tb.Context(), changes); err != nil {
			t.Fatalf("%v; plan:\n%s", err, text(changes))
		}
		if have, err = k.Services(k.tb.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(filled(want), have, equateAddrs()); diff != "" {
			t.Fatalf("table (-want +got):\n%s\nplan:\n%s", diff, text(changes))
		}
		if again := Diff(have, want); len(again) != 0 {
			t.Fatalf("plan for what is there:\n%s", text(again))
		}
		if diff := cmp.Diff(strings.Split(savedRules(want), "\n"), strings.Split(k.rules(), "\n")); diff != "" {
			t.Fatalf("ipvsadm -Sn (-want +got):\n%s", diff)
		}
	})
}

// drawKernelService draws a service with a canonical key out of few, so that
// two tables have much in common.
func drawKernelService(t *rapid.T) Service {
	var keys []Key
	for _, addr := range []string{"192.0.2.1:80", "192.0.2.2:5060", "[2001:db8::1]:80"} {
		for _, p := range []Protocol{TCP, UDP, SCTP} {
			keys = append(keys, NewKey(p, addrPort(addr)))
		}
	}
	keys = append(keys, NewMarkKey(1, INET), NewMarkKey(1, INET6), NewMarkKey(math.MaxUint32, INET))
	flags := rapid.SampledFrom([]Flags{0, OnePacket, SchedFlag1, SchedFlag2, SchedFlag3, Persistent})
	s := Service{
		Key:       rapid.SampledFrom(keys).Draw(t, "key"),
		Scheduler: rapid.SampledFrom(append(Schedulers(), SchedulerNone)).Draw(t, "scheduler"),
		Flags:     flags.Draw(t, "flag"),
	}
	s.Flags |= flags.Draw(t, "flag")
	if rapid.Bool().Draw(t, "persistent") {
		s.Timeout = time.Duration(rapid.SampledFrom([]int{1, 50, 31 * 24 * 3600}).Draw(t, "timeout")) * time.Second
		s.PrefixLen = uint8(rapid.IntRange(0, int(addressBits(s.Family))).Draw(t, "prefix length"))
	}
	if s.Protocol == UDP && rapid.Bool().Draw(t, "sip") {
		s.PersistenceEngine = "sip"
	}
	s.Destinations = rapid.SliceOfNDistinct(rapid.Custom(s.drawDestination), 0, 8, func(d Destination) netip.AddrPort {
		return d.Addr
	}).Draw(t, "destinations")
	return s
}

// drawDestination draws a destination that the kernel takes for s.
func (s Service) drawDestination(t *rapid.T) Destination {
	addrs := []string{"127.0.0.2:80", "127.0.0.2:81", "127.0.0.3:0", "127.0.0.4:5060", "[2001:db8::10]:80", "[2001:db8::10]:0", "[2001:db8::11]:80"}
	d := Destination{
		Addr:           addrPort(rapid.SampledFrom(addrs).Draw(t, "address")),
		Forward:        rapid.SampledFrom([]Forward{NAT, DR, Tunnel}).Draw(t, "forward"),
		Weight:         rapid.SampledFrom([]uint32{0, 1, 2, 100, math.MaxUint16, 70000, math.MaxInt32}).Draw(t, "weight"),
		UpperThreshold: rapid.SampledFrom([]uint32{0, 0, 1, 100, math.MaxInt32}).Draw(t, "upper threshold"),
	}
	d.LowerThreshold = rapid.Uint32Range(0, d.UpperThreshold).Draw(t, "lower threshold")
	if familyOf(d.Addr.Addr()) != s.Family {
		d.Forward = Tunnel
	}
	d.Tunnel = Encapsulation{
		Type:     TunnelType(rapid.IntRange(0, 2).Draw(t, "tunnel type")),
		Port:     uint16(rapid.IntRange(1, math.MaxUint16).Draw(t, "tunnel port")),
		Checksum: TunnelChecksum(rapid.IntRange(0, 2).Draw(t, "checksum")),
	}
	return d
}

// savedRules is what ipvsadm -Sn prints for a table, in the order of
// kernelTable.rules. It does not print thresholds.
func savedRules(services []Service) string {
	var lines []string
	for _, s := range services {
		at := savedKey(s.Key)
		lines = append(lines, "-A "+at+savedSettings(s)+"\n")
		for _, d := range s.Destinations {
			lines = append(lines, fmt.Sprintf("-a %s -r %s -%s -w %d%s\n", at, d.Addr,
				map[Forward]string{NAT: "m", DR: "g", Tunnel: "i"}[d.Forward], d.Weight, savedTunnel(d)))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// savedKey knows that ipvsadm takes marks for signed numbers.
func savedKey(k Key) string {
	switch {
	case k.FWMark != 0 && k.Family == INET6:
		return fmt.Sprintf("-f %d -6", int32(k.FWMark))
	case k.FWMark != 0:
		return fmt.Sprintf("-f %d", int32(k.FWMark))
	default:
		return map[Protocol]string{TCP: "-t", UDP: "-u", SCTP: "--sctp-service"}[k.Protocol] + " " + netip.AddrPortFrom(k.Addr, k.Port).String()
	}
}

func savedSettings(s Service) string {
	line := " -s " + s.Scheduler
	if s.Timeout > 0 || s.Flags&Persistent != 0 {
		line += fmt.Sprintf(" -p %d", s.Timeout/time.Second)
		switch {
		case s.PrefixLen == 0 || s.PrefixLen == addressBits(s.Family):
		case s.Family == INET6:
			line += fmt.Sprintf(" -M %d", s.PrefixLen)
		default:
			line += " -M " + net.IP(net.CIDRMask(int(s.PrefixLen), 32)).String()
		}
	}
	if s.PersistenceEngine != "" {
		line += " --pe " + s.PersistenceEngine
	}
	if s.Flags&OnePacket != 0 {
		line += " -o"
	}
	names := []string{"flag-1", "flag-2", "flag-3"}
	if s.Scheduler == "sh" || s.Scheduler == "mh" {
		names = []string{s.Scheduler + "-fallback", s.Scheduler + "-port"} // it forgets the third
	}
	var set []string
	for i, name := range names {
		if s.Flags&(SchedFlag1<<i) != 0 {
			set = append(set, name)
		}
	}
	if s.Flags&(SchedFlag1|SchedFlag2|SchedFlag3) != 0 {
		line += " -b " + strings.Join(set, ",")
	}
	return line
}

func savedTunnel(d Destination) string {
	if d.Forward != Tunnel {
		return ""
	}
	switch d.Tunnel.Type {
	case GUE:
		return fmt.Sprintf(" --tun-type gue --tun-port %d", d.Tunnel.Port) +
			map[TunnelChecksum]string{NoChecksum: " --tun-nocsum", Checksum: " --tun-csum", RemoteChecksum: " --tun-remcsum"}[d.Tunnel.Checksum]
	case GRE:
		if d.Tunnel.Checksum == Checksum {
			return " --tun-type gre --tun-csum"
		}
		return " --tun-type gre --tun-nocsum"
	default:
		return " --tun-type ipip"
	}
}
