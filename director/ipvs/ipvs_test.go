package ipvs

import (
	"encoding/json"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func addrPort(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// key parses "192.0.2.1:80" as a TCP service.
func key(s string) Key { return NewKey(TCP, addrPort(s)) }

func TestKeyString(t *testing.T) {
	for _, tt := range []struct {
		key  Key
		want string
	}{
		{key("192.0.2.1:80"), "TCP 192.0.2.1:80"},
		{NewKey(UDP, addrPort("[2001:db8::1]:53")), "UDP [2001:db8::1]:53"},
		{NewKey(SCTP, addrPort("192.0.2.1:0")), "SCTP 192.0.2.1:0"},
		{NewKey(47, addrPort("192.0.2.1:1")), "protocol 47 192.0.2.1:1"},
		{NewMarkKey(7, INET), "FWM 7"},
		{NewMarkKey(7, INET6), "FWM 7 IPv6"},
	} {
		if got := tt.key.String(); got != tt.want {
			t.Errorf("String() = %q, want %q", got, tt.want)
		}
	}
}

func TestKeyCanonical(t *testing.T) {
	for _, tt := range []struct {
		name      string
		key, want Key
	}{
		{"family is filled in", Key{Addr: netip.MustParseAddr("192.0.2.1"), Port: 80, Protocol: TCP}, key("192.0.2.1:80")},
		{"wrong family", Key{Addr: netip.MustParseAddr("2001:db8::1"), Port: 80, Protocol: TCP, Family: INET}, key("[2001:db8::1]:80")},
		{"IPv4-mapped", key("[::ffff:192.0.2.1]:80"), key("192.0.2.1:80")},
		{"zone", key("[fe80::1%eth0]:80"), key("[fe80::1]:80")},
		{"mark is IPv4", Key{FWMark: 7}, NewMarkKey(7, INET)},
		{"mark has no address", Key{FWMark: 7, Family: INET6, Addr: netip.IPv6Loopback(), Port: 80, Protocol: UDP}, NewMarkKey(7, INET6)},
		{"zero", Key{}, Key{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.key.Canonical(); got != tt.want {
				t.Errorf("Canonical() = %+v, want %+v", got, tt.want)
			}
			if got := tt.want.Canonical(); got != tt.want {
				t.Errorf("Canonical() of a canonical key = %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestKeyCompare(t *testing.T) {
	want := []Key{
		key("192.0.2.1:80"),
		NewKey(UDP, addrPort("192.0.2.1:80")),
		key("192.0.2.1:443"),
		key("192.0.2.2:80"),
		key("[2001:db8::1]:80"),
		NewMarkKey(1, INET),
		NewMarkKey(1, INET6),
		NewMarkKey(2, INET),
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, Key.Compare)
	if !slices.Equal(got, want) {
		t.Errorf("sorted %v, want %v", got, want)
	}
}

func TestKeyJSON(t *testing.T) {
	want := []Key{key("192.0.2.1:80"), NewKey(UDP, addrPort("[2001:db8::1]:53")), NewMarkKey(7, INET6)}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got []Key
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("read back %v from %s, want %v", got, text, want)
	}
}

func TestServiceString(t *testing.T) {
	for _, tt := range []struct {
		service Service
		want    string
	}{
		{Service{Key: key("192.0.2.1:80"), Scheduler: "wrr"}, "TCP 192.0.2.1:80 wrr"},
		{Service{Key: key("192.0.2.1:80"), Scheduler: "mh", Flags: MHFallback | MHPort}, "TCP 192.0.2.1:80 mh (flag-1,flag-2)"},
		{Service{Key: NewMarkKey(7, INET), Scheduler: "rr", Flags: OnePacket | SchedFlag3}, "FWM 7 rr (ops,flag-3)"},
		{Service{Key: key("192.0.2.1:80"), Scheduler: "wlc", Timeout: 50 * time.Second}, "TCP 192.0.2.1:80 wlc persistent 50"},
		{
			Service{Key: key("192.0.2.1:80"), Scheduler: "wlc", Timeout: time.Minute, PrefixLen: 24},
			"TCP 192.0.2.1:80 wlc persistent 60 mask 255.255.255.0",
		},
		{
			Service{Key: key("[2001:db8::1]:80"), Scheduler: "wlc", Timeout: time.Minute, PrefixLen: 64},
			"TCP [2001:db8::1]:80 wlc persistent 60 mask 64",
		},
		{
			Service{Key: NewKey(UDP, addrPort("192.0.2.1:5060")), Scheduler: "rr", Timeout: time.Minute, PersistenceEngine: "sip"},
			"UDP 192.0.2.1:5060 rr persistent 60 pe sip",
		},
	} {
		if got := tt.service.String(); got != tt.want {
			t.Errorf("String() = %q, want %q", got, tt.want)
		}
	}
}

func TestServiceHeader(t *testing.T) {
	base := Service{Key: key("192.0.2.1:80"), Scheduler: "rr", PrefixLen: 32}
	persistent := base
	persistent.Flags, persistent.Timeout = Persistent, 50*time.Second
	with := func(s Service, change func(*Service)) Service {
		change(&s)
		return s
	}
	for _, tt := range []struct {
		name      string
		got, want Service
	}{
		{"default granularity", with(base, func(s *Service) { s.PrefixLen = 0 }), base},
		{"granularity without persistence", with(base, func(s *Service) { s.PrefixLen = 24 }), base},
		{"flags of the kernel", with(base, func(s *Service) { s.Flags = 2 }), base},
		{"a timeout is persistence", with(persistent, func(s *Service) { s.Flags = 0 }), persistent},
		{"whole seconds", with(persistent, func(s *Service) { s.Timeout -= time.Millisecond }), persistent},
		{"no destinations", with(base, func(s *Service) { s.Destinations = make([]Destination, 1) }), base},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.got.header(), compareAddrs()); diff != "" {
				t.Errorf("header (-want +got):\n%s", diff)
			}
		})
	}
}

// compareAddrs lets cmp look at the values of net/netip.
func compareAddrs() cmp.Option {
	return cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
}

func TestDestinationString(t *testing.T) {
	full := Destination{
		Addr: addrPort("192.0.2.10:80"), Forward: Tunnel, Weight: 2, UpperThreshold: 100, LowerThreshold: 50,
		Tunnel: Encapsulation{GUE, 6080, Checksum},
	}
	want := "192.0.2.10:80 TUN 2 tun_type gue tun_port 6080 tun_csum csum uthreshold 100 lthreshold 50"
	if got := full.String(); got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	for _, tt := range []struct {
		forward Forward
		want    string
	}{
		{NAT, "192.0.2.10:80 NAT 1"},
		{Local, "192.0.2.10:80 LOCAL 1"},
		{Tunnel, "192.0.2.10:80 TUN 1"},
		{DR, "192.0.2.10:80 DR 1"},
		{Bypass, "192.0.2.10:80 BYPASS 1"},
		{7, "192.0.2.10:80 forwarding method 7 1"},
	} {
		d := Destination{Addr: addrPort("192.0.2.10:80"), Forward: tt.forward, Weight: 1}
		if got := d.String(); got != tt.want {
			t.Errorf("String() = %q, want %q", got, tt.want)
		}
	}
}
