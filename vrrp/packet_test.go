package vrrp

import (
	"bytes"
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// compareAddrs lets cmp look at netip.Addr.
func compareAddrs() cmp.Option { return cmpopts.EquateComparable(netip.Addr{}) }

func addrs(list ...string) []netip.Addr {
	var out []netip.Addr
	for _, s := range list {
		out = append(out, netip.MustParseAddr(s))
	}
	return out
}

// unhex decodes hexadecimal digits; white space is ignored.
func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		panic(err)
	}
	return b
}

type vector struct {
	name                string
	wire                string
	source, destination string
	want                Advertisement
}

// vectors were captured from keepalived 2.2.7, but for the last two, which are computed by hand.
func vectors() []vector {
	password := [8]byte([]byte("secretpw"))
	return []vector{
		{
			name:   "version 2 with password",
			wire:   "21 33 96 01 01 01 9099  0a63000a  7365637265747077",
			source: "10.99.0.1", destination: "224.0.0.18",
			want: Advertisement{Version: 2, VRID: 51, Priority: 150, Interval: time.Second, Addresses: addrs("10.99.0.10"), AuthType: AuthPassword, AuthData: password, Checksum: ChecksumMessage},
		},
		{
			name:   "version 2 with password, leaving",
			wire:   "21 33 00 01 01 01 269a  0a63000a  7365637265747077",
			source: "10.99.0.1", destination: "224.0.0.18",
			want: Advertisement{Version: 2, VRID: 51, Priority: 0, Interval: time.Second, Addresses: addrs("10.99.0.10"), AuthType: AuthPassword, AuthData: password, Checksum: ChecksumMessage},
		},
		{
			name:   "version 3",
			wire:   "31 33 96 01 0032 4339  0a63000a",
			source: "10.99.0.1", destination: "224.0.0.18",
			want: Advertisement{Version: 3, VRID: 51, Priority: 150, Interval: 500 * time.Millisecond, Addresses: addrs("10.99.0.10")},
		},
		{
			name:   "version 3, leaving",
			wire:   "31 33 00 01 0032 d939  0a63000a",
			source: "10.99.0.1", destination: "224.0.0.18",
			want: Advertisement{Version: 3, VRID: 51, Priority: 0, Interval: 500 * time.Millisecond, Addresses: addrs("10.99.0.10")},
		},
		{
			name:   "version 3 unicast",
			wire:   "31 33 96 01 0032 18e7  0a63000a",
			source: "10.99.0.1", destination: "10.99.0.2",
			want: Advertisement{Version: 3, VRID: 51, Priority: 150, Interval: 500 * time.Millisecond, Addresses: addrs("10.99.0.10")},
		},
		{
			name:   "version 3 over IPv6",
			wire:   "31 33 96 02 0032 3dfc  fe80000000000000 0000000000990010  fd99000000000000 0000000000000010",
			source: "fe80::99:ff:fe00:1", destination: "ff02::12",
			want: Advertisement{Version: 3, VRID: 51, Priority: 150, Interval: 500 * time.Millisecond, Addresses: addrs("fe80::99:10", "fd99::10")},
		},
		{
			name:   "version 2 without authentication, two addresses",
			wire:   "21 01 64 02 00 0a f6ed  c0000201 c0000202  0000000000000000",
			source: "192.0.2.9", destination: "224.0.0.18",
			want: Advertisement{Version: 2, VRID: 1, Priority: 100, Interval: 10 * time.Second, Addresses: addrs("192.0.2.1", "192.0.2.2"), Checksum: ChecksumMessage},
		},
		{
			name:   "version 3, longest interval",
			wire:   "31 ff ff 01 0fff 5a65  c0000201",
			source: "192.0.2.9", destination: "224.0.0.18",
			want: Advertisement{Version: 3, VRID: 255, Priority: 255, Interval: 40950 * time.Millisecond, Addresses: addrs("192.0.2.1")},
		},
	}
}

func (v vector) endpoints() (source, destination netip.Addr) {
	return netip.MustParseAddr(v.source), netip.MustParseAddr(v.destination)
}

func TestVectorsDecodeAndEncode(t *testing.T) {
	for _, v := range vectors() {
		t.Run(v.name, func(t *testing.T) {
			source, destination := v.endpoints()
			got, err := ParseAdvertisement(unhex(v.wire), source, destination)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(v.want, got, compareAddrs()); diff != "" {
				t.Errorf("decoded (-want +got):\n%s", diff)
			}
			wire, err := v.want.Append([]byte("prefix"), source, destination)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(append([]byte("prefix"), unhex(v.wire)...), wire); diff != "" {
				t.Errorf("encoded (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryTruncationIsRefused(t *testing.T) {
	for _, v := range vectors() {
		source, destination := v.endpoints()
		wire := unhex(v.wire)
		for n := range wire {
			if _, err := ParseAdvertisement(wire[:n], source, destination); !errors.Is(err, Truncated) {
				t.Errorf("%s: first %d bytes: %v, want %v", v.name, n, err, Truncated)
			}
		}
	}
}

func TestBytesBehindTheMessageAreIgnored(t *testing.T) {
	for _, v := range vectors() {
		source, destination := v.endpoints()
		wire := append(unhex(v.wire), bytes.Repeat([]byte{0xaa}, 28)...)
		got, err := ParseAdvertisement(wire, source, destination)
		if diff := cmp.Diff(v.want, got, compareAddrs()); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", v.name, err, diff)
		}
	}
}

func TestEveryFlippedBitIsRefused(t *testing.T) {
	for _, v := range vectors() {
		source, destination := v.endpoints()
		for bit := range len(unhex(v.wire)) * 8 {
			wire := unhex(v.wire)
			wire[bit/8] ^= 1 << (bit % 8)
			if _, err := ParseAdvertisement(wire, source, destination); err == nil {
				t.Errorf("%s: bit %d flipped: accepted", v.name, bit)
			}
		}
	}
}

// withChecksum computes the checksum of a hand-made message.
func withChecksum(s string, form ChecksumForm, source, destination netip.Addr) []byte {
	b := unhex(s)
	b[6], b[7] = 0, 0
	a := Advertisement{Version: 3, Checksum: form} // of version 2 too: it may be a wrong one
	a.putChecksum(b, source, destination)
	return b
}

func TestParseRefuses(t *testing.T) {
	v4 := [2]netip.Addr{netip.MustParseAddr("10.99.0.1"), group4()}
	v6 := [2]netip.Addr{netip.MustParseAddr("fe80::1"), netip.MustParseAddr("ff02::12")}
	tests := []struct {
		name string
		wire string
		ends [2]netip.Addr
		form ChecksumForm
		want error
	}{
		{"version 1", "11 33 96 01 0101 0000 0a63000a 0000000000000000", v4, ChecksumMessage, BadVersion},
		{"version 4", "41 33 96 01 0101 0000 0a63000a", v4, ChecksumMessage, BadVersion},
		{"version 2 over IPv6", "21 33 96 01 0101 0000 fe800000000000000000000000000010 0000000000000000", v6, ChecksumPseudoHeader, BadVersion},
		{"type 2", "32 33 96 01 0032 0000 0a63000a", v4, ChecksumPseudoHeader, BadType},
		{"more addresses than bytes", "31 33 96 02 0032 0000 0a63000a", v4, ChecksumPseudoHeader, Truncated},
		{"version 2 without its trailer", "21 33 96 01 0001 0000 0a63000a", v4, ChecksumMessage, Truncated},
		{"version 2 with pseudo-header", "21 33 96 01 0001 0000 0a63000a 0000000000000000", v4, ChecksumPseudoHeader, BadChecksum},
		{"version 3 without addresses", "31 33 96 00 0032 0000", v4, ChecksumPseudoHeader, NoAddresses},
		{"version 3 with interval 0", "31 33 96 01 f000 0000 0a63000a", v4, ChecksumPseudoHeader, BadInterval},
		{"version 2 with interval 0", "21 33 96 01 0000 0000 0a63000a 0000000000000000", v4, ChecksumMessage, BadInterval},
		{"IPv6 without link-local address", "31 33 96 01 0032 0000 fd990000000000000000000000000010", v6, ChecksumPseudoHeader, BadAddress},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseAdvertisement(withChecksum(tt.wire, tt.form, tt.ends[0], tt.ends[1]), tt.ends[0], tt.ends[1])
			if !errors.Is(err, tt.want) {
				t.Errorf("got %+v, %v; want %v", got, err, tt.want)
			}
		})
	}
}

func TestEveryFormOfTheChecksumIsSentAndAccepted(t *testing.T) {
	tests := []struct {
		name        string
		destination string
		form        ChecksumForm
		wire        string // with the checksum computed by hand
		err         error
	}{
		{"pseudo-header", "224.0.0.18", ChecksumPseudoHeader, "31 33 96 01 0032 4339 0a63000a", nil},
		{"message", "224.0.0.18", ChecksumMessage, "31 33 96 01 0032 2e2c 0a63000a", nil},
		{"unicast, pseudo-header", "10.99.0.2", ChecksumPseudoHeader, "31 33 96 01 0032 18e7 0a63000a", nil},
		{"unicast, message", "10.99.0.2", ChecksumMessage, "31 33 96 01 0032 2e2c 0a63000a", nil},
		{"unicast, group in pseudo-header", "10.99.0.2", ChecksumGroup, "31 33 96 01 0032 4339 0a63000a", nil},
		{"other group", "224.0.0.99", ChecksumGroup, "31 33 96 01 0032 4339 0a63000a", BadChecksum},
	}
	source := addr("10.99.0.1")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, err := ParseAdvertisement(unhex(tt.wire), source, addr(tt.destination))
			if !errors.Is(err, tt.err) || err == nil && a.Checksum != tt.form {
				t.Fatalf("form %d, %v; want %d, %v", a.Checksum, err, tt.form, tt.err)
			}
			if err != nil {
				return
			}
			wire, err := a.Append(nil, source, addr(tt.destination))
			if diff := cmp.Diff(unhex(tt.wire), wire); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// The form is a choice for version 3 over IPv4 only.
func TestFormOfTheChecksumIsFixedElsewhere(t *testing.T) {
	for _, v := range vectors() {
		source, destination := v.endpoints()
		if v.want.Version == 3 && source.Is4() {
			continue
		}
		for form := range ChecksumGroup + 1 {
			a := v.want
			a.Checksum = form
			wire, err := a.Append(nil, source, destination)
			if diff := cmp.Diff(unhex(v.wire), wire); diff != "" || err != nil {
				t.Errorf("%s: %v (-want +got):\n%s", v.name, err, diff)
			}
		}
	}
}

func TestIPv6NeedsThePseudoHeader(t *testing.T) {
	source, destination := addr("fe80::1"), addr("ff02::12")
	wire := withChecksum("31 33 96 01 0032 0000 fe800000000000000000000000000010", ChecksumMessage, addr("10.99.0.1"), group4())
	if a, err := ParseAdvertisement(wire, source, destination); !errors.Is(err, BadChecksum) {
		t.Errorf("got %+v, %v; want %v", a, err, BadChecksum)
	}
}

func TestReservedBitsAreIgnored(t *testing.T) {
	source := netip.MustParseAddr("10.99.0.1")
	wire := withChecksum("31 33 96 01 f032 0000 0a63000a", ChecksumPseudoHeader, source, group4())
	a, err := ParseAdvertisement(wire, source, group4())
	if err != nil || a.Interval != 500*time.Millisecond {
		t.Errorf("interval %v, %v; want 500ms", a.Interval, err)
	}
}

func TestAppendRefusesWhatDoesNotFit(t *testing.T) {
	good := Advertisement{Version: 3, VRID: 1, Priority: 1, Interval: time.Second, Addresses: addrs("192.0.2.1")}
	source := netip.MustParseAddr("192.0.2.9")
	tests := []struct {
		name   string
		change func(*Advertisement)
	}{
		{"version", func(a *Advertisement) { a.Version = 4 }},
		{"no addresses", func(a *Advertisement) { a.Addresses = nil }},
		{"256 addresses", func(a *Advertisement) { a.Addresses = make([]netip.Addr, 256) }},
		{"other family", func(a *Advertisement) { a.Addresses = addrs("fe80::1") }},
		{"mapped address", func(a *Advertisement) { a.Addresses = addrs("::ffff:192.0.2.1") }},
		{"zero address", func(a *Advertisement) { a.Addresses = []netip.Addr{{}} }},
		{"interval 0", func(a *Advertisement) { a.Interval = 0 }},
		{"negative interval", func(a *Advertisement) { a.Interval = -time.Second }},
		{"version 3 interval too long", func(a *Advertisement) { a.Interval = 40960 * time.Millisecond }},
		{"version 3 interval too fine", func(a *Advertisement) { a.Interval = 15 * time.Millisecond }},
		{"version 2 interval too long", func(a *Advertisement) { a.Version, a.Interval = 2, 256*time.Second }},
		{"version 2 interval too fine", func(a *Advertisement) { a.Version, a.Interval = 2, 500*time.Millisecond }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := good
			tt.change(&a)
			if b, err := a.Append(nil, source, group4()); err == nil {
				t.Errorf("encoded as %x", b)
			}
		})
	}
	a := Advertisement{Version: 2, VRID: 1, Interval: time.Second}
	if _, err := a.Append(nil, netip.MustParseAddr("fe80::1"), netip.MustParseAddr("ff02::12")); err == nil {
		t.Error("version 2 over IPv6: encoded")
	}
}

func TestAdvertisementOfARouter(t *testing.T) {
	cfg := Config{Version: 3, VRID: 51, Priority: 100, AdvertInterval: time.Second, Password: "secretpw", Addresses: addrs("10.99.0.10")}
	want := Advertisement{Version: 3, VRID: 51, Priority: 0, Interval: time.Second, Addresses: addrs("10.99.0.10")}
	if diff := cmp.Diff(want, cfg.advertisement(0), compareAddrs()); diff != "" {
		t.Errorf("version 3 (-want +got):\n%s", diff)
	}
	cfg.ChecksumMessage = true
	want.Checksum = ChecksumMessage
	if diff := cmp.Diff(want, cfg.advertisement(0), compareAddrs()); diff != "" {
		t.Errorf("checksum as RFC 9568 says (-want +got):\n%s", diff)
	}
	cfg.Version = 2
	want.Version, want.AuthType, want.AuthData = 2, AuthPassword, [8]byte([]byte("secretpw"))
	if diff := cmp.Diff(want, cfg.advertisement(0), compareAddrs()); diff != "" {
		t.Errorf("version 2 (-want +got):\n%s", diff)
	}
}

// FuzzParse: whatever can be decoded can be encoded, and comes back the same.
func FuzzParse(f *testing.F) {
	for _, v := range vectors() {
		source, _ := v.endpoints()
		f.Add(unhex(v.wire), source.Is6())
	}
	f.Add([]byte{}, false)
	f.Add(unhex("31 33 96 ff 0032 4339 0a63000a"), false)
	f.Add(withChecksum("31 33 96 01 f032 0000 0a63000a", ChecksumMessage, addr("10.99.0.1"), group4()), false)
	f.Add(withChecksum("21 33 96 00 0001 0000 0000000000000000", ChecksumMessage, addr("10.99.0.1"), group4()), false)
	f.Fuzz(func(t *testing.T, b []byte, v6 bool) {
		source, destination := netip.MustParseAddr("10.99.0.1"), group4()
		if v6 {
			source, destination = netip.MustParseAddr("fe80::99:ff:fe00:1"), netip.MustParseAddr("ff02::12")
		}
		a, err := ParseAdvertisement(b, source, destination)
		if err != nil {
			if _, ok := errors.AsType[Refusal](err); !ok {
				t.Fatalf("error is no Refusal: %v", err)
			}
			return
		}
		wire, err := a.Append(nil, source, destination)
		if err != nil {
			t.Fatalf("decoded but not encoded: %v", err)
		}
		again, err := ParseAdvertisement(wire, source, destination)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(a, again, compareAddrs()); diff != "" {
			t.Fatalf("(-first +second):\n%s", diff)
		}
	})
}

// benchmarks returns an advertisement of a typical size, or of the greatest one.
func benchmarks() map[string]Advertisement {
	few := Advertisement{Version: 3, VRID: 51, Priority: 150, Interval: time.Second, Addresses: addrs("10.99.0.10", "10.99.0.11")}
	most := few
	most.Addresses = nil
	for i := range byte(maxAddresses) {
		most.Addresses = append(most.Addresses, netip.AddrFrom4([4]byte{10, 99, 1, i}))
	}
	return map[string]Advertisement{"2 addresses": few, "255 addresses": most}
}

func TestCodecDoesNotAllocate(t *testing.T) {
	source := addr("10.99.0.1")
	for name, a := range benchmarks() {
		b, err := a.Append(nil, source, group4())
		if err != nil {
			t.Fatal(err)
		}
		kept := a
		if n := testing.AllocsPerRun(100, func() {
			b, _ = a.Append(b[:0], source, group4())
			_ = kept.decode(b, source, group4())
		}); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	source := addr("10.99.0.1")
	for name, a := range benchmarks() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var buf []byte
			for b.Loop() {
				buf, _ = a.Append(buf[:0], source, group4())
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	source := addr("10.99.0.1")
	for name, a := range benchmarks() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			wire, err := a.Append(nil, source, group4())
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := a.decode(wire, source, group4()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
