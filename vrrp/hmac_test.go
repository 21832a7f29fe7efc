package vrrp

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// keyed returns the configuration of a router that authenticates with two keys.
func keyed(change func(*HMAC)) *Config {
	h := &HMAC{
		Keys:   map[uint8][]byte{1: []byte("0123456789abcdef0123456789abcdef"), 2: bytes.Repeat([]byte{0xa5}, 64)},
		Active: 1,
	}
	if change != nil {
		change(h)
	}
	return &Config{VRID: 51, Version: 3, Priority: 100, AdvertInterval: time.Second, Addresses: addrs("10.99.0.10"), HMAC: h}
}

// noon is the time of the day of these tests, a quarter of a second past a full one.
func noon() time.Time { return time.Unix(1_800_000_000, 250_000_000) }

// sealed returns a packet as another router sends it.
func sealed(t *testing.T, a *authenticator, source string, now time.Time) *Packet {
	t.Helper()
	p := &Packet{Source: addr(source), Destination: group4(), TTL: 255}
	adv := Advertisement{Version: 3, VRID: 51, Priority: 150, Interval: time.Second, Addresses: addrs("10.99.0.10")}
	if p.Source.Is6() {
		p.Destination, adv.Addresses = addr("ff02::12"), addrs("fe80::10", "fd99::10")
	}
	message, err := adv.Append(nil, p.Source, p.Destination)
	if err != nil {
		t.Fatal(err)
	}
	p.Payload = a.seal(message, p.Source, p.Destination, now)
	return p
}

// digestByHand is HMAC-SHA256 (RFC 2104) by SHA-256 alone, of what the draft says.
func digestByHand(key []byte, family byte, source netip.Addr, message, prefix []byte) []byte {
	inner, outer := bytes.Repeat([]byte{0x36}, 64), bytes.Repeat([]byte{0x5c}, 64)
	for i, b := range key {
		inner[i] ^= b
		outer[i] ^= b
	}
	header := make([]byte, 20)
	header[0], header[1], header[2] = family, message[0]>>4, message[1]
	copy(header[4:], source.AsSlice())
	covered := append([]byte(nil), message...)
	covered[6], covered[7] = 0, 0
	sum := sha256.Sum256(bytes.Join([][]byte{inner, header, covered, prefix, make([]byte, 16)}, nil))
	sum = sha256.Sum256(append(outer, sum[:]...))
	return sum[:16]
}

func TestSealAsTheDraftSays(t *testing.T) {
	for _, tt := range []struct {
		source  string
		family  byte
		message int // its length
		key     uint8
	}{
		{"10.99.0.1", 4, 12, 1},
		{"10.99.0.1", 4, 12, 2},
		{"fe80::99:ff:fe00:1", 6, 40, 1},
	} {
		cfg := keyed(func(h *HMAC) { h.Active = tt.key })
		p := sealed(t, newAuthenticator(cfg), tt.source, noon())
		// 1,800,000,000 s, a quarter of 65536, no packet before it in this moment.
		prefix := []byte{1, tt.key, 0, 0, 0x6b, 0x49, 0xd2, 0x00, 0x40, 0x00, 0x00, 0x00}
		message := p.Payload[:tt.message]
		want := append(prefix, digestByHand(cfg.HMAC.Keys[tt.key], tt.family, p.Source, message, prefix)...)
		if got := p.Payload[tt.message:]; !bytes.Equal(got, want) {
			t.Errorf("%s: trailer\n%x, want\n%x", tt.source, got, want)
		}
		if _, err := ParseAdvertisement(p.Payload, p.Source, p.Destination); err != nil {
			t.Errorf("%s: %v", tt.source, err)
		}
	}
}

// The images are those of the draft's appendix: key 00 to 1f, half a second past 0x68000000.
func TestImagesOfTheDraft(t *testing.T) {
	key := make([]byte, 32)
	for i := range key {
		key[i] = byte(i)
	}
	now := time.Unix(0x68000000, 500_000_000)
	four := Advertisement{Version: 3, VRID: 51, Priority: 200, Interval: time.Second, Addresses: addrs("192.0.2.100"), Checksum: ChecksumMessage}
	six := four
	six.Addresses, six.Checksum = addrs("fe80::100"), ChecksumPseudoHeader
	for _, tt := range []struct {
		a                   Advertisement
		source, destination string
		image               string
	}{
		{four, "198.51.100.10", "224.0.0.18", "3133c80100644402 c0000264 010100006800000080000000 1b84bc4e8e43892dc6d98448f8ee2265"},
		{six, "fe80::10", "fe80::20", "3133c8010064a2e9 fe800000000000000000000000000100 010100006800000080000000 c8c56146ebfd66ee10ec4d8186461b78"},
	} {
		cfg := keyed(func(h *HMAC) { h.Keys = map[uint8][]byte{1: key} })
		p := &Packet{Source: addr(tt.source), Destination: addr(tt.destination), Payload: unhex(tt.image)}
		if a, err := ParseAdvertisement(p.Payload, p.Source, p.Destination); err != nil || !cmp.Equal(a, tt.a, compareAddrs()) {
			t.Errorf("%s: parsed %+v, %v", tt.source, a, err)
		}
		if err := newAuthenticator(cfg).verify(p, now); err != nil {
			t.Errorf("%s: %v", tt.source, err)
		}
		message, err := tt.a.Append(nil, p.Source, p.Destination)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p.Payload, newAuthenticator(cfg).seal(message, p.Source, p.Destination, now)); diff != "" {
			t.Errorf("%s: sealed (-want +got):\n%s", tt.source, diff)
		}
	}
}

// The kernel verifies keepalived's checksum over IPv6 with everything that the packet has.
func TestChecksumOverIPv6CoversTheTrailer(t *testing.T) {
	p := sealed(t, newAuthenticator(keyed(nil)), "fe80::1", noon())
	pseudo := append(p.Source.AsSlice(), p.Destination.AsSlice()...)
	pseudo = binary.BigEndian.AppendUint32(pseudo, uint32(len(p.Payload)))
	pseudo = append(pseudo, 0, 0, 0, 112)
	var total uint32
	for b := append(pseudo, p.Payload...); len(b) > 0; b = b[2:] {
		total += uint32(binary.BigEndian.Uint16(b))
	}
	if total = total>>16 + total&0xffff; total>>16+total&0xffff != 0xffff {
		t.Errorf("sum %x", total)
	}
}

func TestVerify(t *testing.T) {
	type list []struct {
		name   string
		now    time.Duration // since noon
		change func(*Packet)
		want   error
	}
	for name, group := range map[string]struct {
		cfg   *Config
		tests list
	}{
		"enforce": {keyed(nil), list{
			{"sealed", 0, nil, nil},
			{"slower clock", -5 * time.Second, nil, nil},
			{"faster clock", 5 * time.Second, nil, nil},
			{"clock too slow", -6 * time.Second, nil, StaleHMAC},
			{"clock too fast", 6 * time.Second, nil, StaleHMAC},
			{"no trailer", 0, func(p *Packet) { p.Payload = p.Payload[:12] }, MissingHMAC},
			{"a cut one", 0, func(p *Packet) { p.Payload = p.Payload[:39] }, MissingHMAC},
			{"padding behind it", 0, func(p *Packet) { p.Payload = append(p.Payload, 0) }, MissingHMAC},
			{"another type", 0, func(p *Packet) { p.Payload[12] = 2 }, BadHMAC},
			{"unknown key", 0, func(p *Packet) { p.Payload[13] = 3 }, UnknownKey},
			{"another key", 0, func(p *Packet) { p.Payload[13] = 2 }, BadHMAC},
			{"reserved", 0, func(p *Packet) { p.Payload[15] = 1 }, BadHMAC},
			{"sequence", 0, func(p *Packet) { p.Payload[23]++ }, BadHMAC},
			{"digest", 0, func(p *Packet) { p.Payload[39]++ }, BadHMAC},
			{"message", 0, func(p *Packet) { p.Payload[2]++ }, BadHMAC},
			{"source", 0, func(p *Packet) { p.Source = addr("10.99.0.3") }, BadHMAC},
			{"destination does not count", 0, func(p *Packet) { p.Destination = addr("10.99.0.3") }, nil},
			{"checksum does not count", 0, func(p *Packet) { p.Payload[6]++ }, nil},
		}},
		"permissive": {keyed(func(h *HMAC) { h.Mode = HMACPermissive }), list{
			{"no trailer", 0, func(p *Packet) { p.Payload = p.Payload[:12] }, nil},
			{"wrong", 0, func(p *Packet) { p.Payload[39]++ }, BadHMAC},
		}},
		"receive only": {keyed(func(h *HMAC) { h.Mode = HMACReceiveOnly }), list{
			{"sealed", 0, nil, nil},
			{"no trailer", 0, func(p *Packet) { p.Payload = p.Payload[:12] }, nil},
			{"wrong", 0, func(p *Packet) { p.Payload[39]++ }, BadHMAC},
		}},
		"monotonic": {keyed(func(h *HMAC) { h.Monotonic = true }), list{
			{"other time", -time.Hour, nil, nil},
		}},
		"window": {keyed(func(h *HMAC) { h.Window = time.Minute }), list{
			{"inside", time.Minute, nil, nil},
			{"outside", 61 * time.Second, nil, StaleHMAC},
		}},
		"none": {&Config{}, list{
			{"sealed", 0, nil, nil},
		}},
	} {
		for _, tt := range group.tests {
			t.Run(name+" "+tt.name, func(t *testing.T) {
				p := sealed(t, newAuthenticator(keyed(nil)), "10.99.0.1", noon())
				if tt.change != nil {
					tt.change(p)
				}
				if err := newAuthenticator(group.cfg).verify(p, noon().Add(tt.now)); !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
			})
		}
	}
}

func TestReceiveOnlySendsNoTrailer(t *testing.T) {
	p := sealed(t, newAuthenticator(keyed(func(h *HMAC) { h.Mode = HMACReceiveOnly })), "10.99.0.1", noon())
	if len(p.Payload) != 12 {
		t.Errorf("%d bytes, want 12", len(p.Payload))
	}
}

func TestWindowFollowsTheInterval(t *testing.T) {
	for interval, want := range map[time.Duration]int32{10 * time.Millisecond: 5, 2 * time.Second: 6, 255 * time.Second: 300} {
		cfg := keyed(nil)
		cfg.AdvertInterval = interval
		if got := newAuthenticator(cfg).window; got != want {
			t.Errorf("interval %v: window %d s, want %d s", interval, got, want)
		}
	}
}

func TestReplayIsRefused(t *testing.T) {
	for _, monotonic := range []bool{false, true} {
		cfg := keyed(func(h *HMAC) { h.Monotonic = monotonic })
		left, right, hearer := newAuthenticator(cfg), newAuthenticator(cfg), newAuthenticator(cfg)
		first := sealed(t, left, "10.99.0.1", noon())
		second := sealed(t, left, "10.99.0.1", noon()) // the clock stands still
		third := sealed(t, left, "10.99.0.1", noon().Add(-time.Second))
		other := sealed(t, right, "10.99.0.2", noon())
		for i, step := range []struct {
			p    *Packet
			want error
		}{
			{first, nil}, {first, Replayed}, {second, nil}, {first, Replayed}, {other, nil}, {third, nil}, {second, Replayed},
			{other, Replayed}, {third, Replayed},
		} {
			if err := hearer.verify(step.p, noon()); !errors.Is(err, step.want) {
				t.Errorf("monotonic %v, step %d: %v, want %v", monotonic, i, err, step.want)
			}
		}
	}
}

// A sender whose clock was wrong is heard again when it has been set back, unless only the order counts.
func TestClockSetBack(t *testing.T) {
	for _, monotonic := range []bool{false, true} {
		cfg := keyed(func(h *HMAC) { h.Monotonic = monotonic })
		speaker, hearer := newAuthenticator(cfg), newAuthenticator(cfg)
		wrong := sealed(t, speaker, "10.99.0.1", noon().Add(time.Hour))
		if err := hearer.verify(wrong, noon().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		right := sealed(t, speaker, "10.99.0.1", noon())
		if err := hearer.verify(right, noon()); err != nil {
			t.Errorf("monotonic %v: %v", monotonic, err)
		}
		early := sealed(t, newAuthenticator(cfg), "10.99.0.1", noon().Add(-time.Second))
		if err := hearer.verify(early, noon()); !errors.Is(err, Replayed) {
			t.Errorf("monotonic %v: an earlier one: %v, want %v", monotonic, err, Replayed)
		}
	}
}

func TestSequencesBeyondTheEndOfTheRange(t *testing.T) {
	for _, tt := range []struct {
		a, b uint64
		want bool
	}{{2, 1, true}, {1, 2, false}, {1, 1, false}, {0, 1<<64 - 1, true}, {1<<64 - 1, 0, false}} {
		if got := follows(tt.a, tt.b); got != tt.want {
			t.Errorf("follows(%x, %x) = %v", tt.a, tt.b, got)
		}
	}
}

// More senders than there is room for push out the one that was silent longest.
func TestMarksAreBounded(t *testing.T) {
	cfg := keyed(nil)
	hearer := newAuthenticator(cfg)
	packets := make([]*Packet, mostMarks+1)
	for i := range packets {
		source := netip.AddrFrom4([4]byte{10, 99, 0, byte(i + 1)}).String()
		packets[i] = sealed(t, newAuthenticator(cfg), source, noon())
		if err := hearer.verify(packets[i], noon()); err != nil {
			t.Fatal(err)
		}
	}
	if len(hearer.marks) != mostMarks {
		t.Errorf("%d marks, want %d", len(hearer.marks), mostMarks)
	}
	for i, p := range packets[1:] {
		if err := hearer.verify(p, noon()); !errors.Is(err, Replayed) {
			t.Errorf("packet %d: %v, want %v", i+1, err, Replayed)
		}
	}
	cfg.Peers = make([]Peer, 40)
	if got := cap(newAuthenticator(cfg).marks); got != 40 {
		t.Errorf("room for %d peers, want 40", got)
	}
}

func TestAuthenticatorDoesNotAllocate(t *testing.T) {
	cfg := keyed(nil)
	speaker, hearer := newAuthenticator(cfg), newAuthenticator(cfg)
	p := sealed(t, speaker, "10.99.0.1", noon())
	if n := testing.AllocsPerRun(100, func() {
		p.Payload = speaker.seal(p.Payload[:12], p.Source, p.Destination, noon())
		if err := hearer.verify(p, noon()); err != nil {
			t.Error(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzVerify: no trailer that was not made with the key is accepted, whatever it is.
func FuzzVerify(f *testing.F) {
	f.Add(make([]byte, trailerLen), false)
	f.Add(append([]byte{1, 1, 0, 0, 0x6b, 0x49, 0xd2}, make([]byte, 21)...), true)
	f.Fuzz(func(t *testing.T, trailer []byte, v6 bool) {
		source := "10.99.0.1"
		if v6 {
			source = "fe80::1"
		}
		cfg := keyed(nil)
		p := sealed(t, newAuthenticator(cfg), source, noon())
		genuine := p.Payload[len(p.Payload)-trailerLen:]
		if bytes.Equal(trailer, genuine) {
			return
		}
		p.Payload = append(p.Payload[:len(p.Payload)-trailerLen], trailer...)
		hearer := newAuthenticator(cfg)
		if err := hearer.verify(p, noon()); err == nil || len(hearer.marks) > 0 {
			t.Errorf("trailer %x accepted", trailer)
		}
	})
}

func BenchmarkSealAndVerify(b *testing.B) {
	b.ReportAllocs()
	cfg := keyed(nil)
	speaker, hearer := newAuthenticator(cfg), newAuthenticator(cfg)
	message := unhex("31 33 96 01 0032 4339 0a63000a")
	p := Packet{Source: addr("10.99.0.1"), Destination: group4()}
	for b.Loop() {
		p.Payload = speaker.seal(message, p.Source, p.Destination, noon())
		message = p.Payload[:12]
		if err := hearer.verify(&p, noon()); err != nil {
			b.Fatal(err)
		}
	}
}
