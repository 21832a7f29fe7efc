package ipvs

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sys/unix"
)

// single returns the one message in w.
func single(t *testing.T, w *writer) message {
	t.Helper()
	m, rest, err := nextMessage(w.buf)
	if err != nil || len(rest) != 0 {
		t.Fatalf("messages of %d bytes: error %v, %d bytes left", len(w.buf), err, len(rest))
	}
	return m
}

func equateAddrs() cmp.Option {
	return cmp.Options{compareAddrs(), cmpopts.EquateComparable(netip.AddrPort{}), cmpopts.EquateEmpty()}
}

// The kernel describes a service with the attributes of the request that made it.
func TestDecodeService(t *testing.T) {
	for _, want := range []Service{
		{Key: key("192.0.2.1:80"), Scheduler: "rr", PrefixLen: 32},
		{Key: NewKey(SCTP, addrPort("[2001:db8::1]:1")), Scheduler: "mh", Flags: MHFallback | MHPort, PrefixLen: 128},
		{Key: NewKey(UDP, addrPort("192.0.2.1:0")), Scheduler: "wlc", Flags: Persistent | OnePacket, Timeout: time.Hour, PrefixLen: 1, PersistenceEngine: "sip"},
		{Key: NewMarkKey(1<<31, INET6), Scheduler: SchedulerNone, Flags: Persistent, Timeout: time.Second, PrefixLen: 64},
	} {
		t.Run(want.String(), func(t *testing.T) {
			var w writer
			w.change(0x1c, 1, AddService{want})
			got, err := decodeService(single(t, &w), nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, equateAddrs()); diff != "" {
				t.Errorf("service (-want +got):\n%s", diff)
			}
		})
	}
}

// What other programs write: netmasks that are no prefixes, persistence values
// without persistence, the kernel's own flags.
func TestDecodeForeignService(t *testing.T) {
	message := func(flags Flags, family Family, netmask []byte) message {
		var w writer
		w.begin(0x1c, 0, 1, cmdNewService, 1)
		start := w.open(attrService)
		w.key(NewMarkKey(7, family))
		w.string(attrServiceScheduler, "rr")
		w.bytes(attrServiceFlags, []byte{byte(flags), 0, 0, 0, 255, 255, 255, 255})
		w.uint32(attrServiceTimeout, 60)
		w.bytes(attrServiceNetmask, netmask)
		w.close(start)
		w.end()
		return single(t, &w)
	}
	const hashed = 2
	for _, tt := range []struct {
		name    string
		flags   Flags
		family  Family
		netmask []byte
		want    string
	}{
		{"not persistent", hashed, INET, []byte{255, 255, 0, 0}, "FWM 7 rr"},
		{"persistent", Persistent | hashed, INET, []byte{255, 255, 0, 0}, "FWM 7 rr persistent 60 mask 255.255.0.0"},
		{"mask 0", Persistent, INET, []byte{0, 0, 0, 0}, "FWM 7 rr persistent 60 mask odd"},
		{"holes", Persistent, INET, []byte{255, 0, 255, 0}, "FWM 7 rr persistent 60 mask odd"},
		{"IPv6 prefix over 128", Persistent, INET6, []byte{255, 0, 0, 0}, "FWM 7 IPv6 rr persistent 60 mask odd"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decodeService(message(tt.flags, tt.family, tt.netmask), nil)
			if err != nil || got.String() != tt.want {
				t.Errorf("service %s, error %v; want %s", got, err, tt.want)
			}
		})
	}
}

func TestDecodeDestination(t *testing.T) {
	want := Destination{
		Addr: addrPort("192.0.2.10:80"), Forward: Tunnel, Weight: 100000,
		Tunnel: Encapsulation{GUE, 6080, RemoteChecksum}, UpperThreshold: 1 << 30, LowerThreshold: 7,
	}
	counters := Counters{Active: 1, Inactive: 2, Persistent: 3, Stats: someStats()}
	var w writer
	w.begin(0x1c, 0, 1, cmdNewDest, 1)
	writeKernelDestination(&w, want, counters)
	w.end()
	d, n := Destination{Weight: 1}, Counters{}
	support, err := decodeDestination(single(t, &w), &d, &n)
	if err != nil || d != want || n != counters || support != tunnelsAll {
		t.Errorf("destination %v %+v, tunnels %d, error %v; want %v %+v, tunnels %d", d, n, support, err, want, counters, tunnelsAll)
	}
	if _, err := decodeDestination(single(t, &w), &d, nil); err != nil || d != want {
		t.Errorf("without counters: destination %v, error %v; want %v", d, err, want)
	}
}

// What an old kernel says, and what others write.
func TestDecodeTunnel(t *testing.T) {
	for _, tt := range []struct {
		name    string
		forward Forward
		write   func(*writer)
		want    Encapsulation
		support tunnelSupport
	}{
		{"before Linux 5.2", Tunnel, func(*writer) {}, Encapsulation{}, tunnelsIPIP},
		{"Linux 5.2", Tunnel, func(w *writer) {
			w.uint8(attrDestTunnelType, 1)
			w.port(attrDestTunnelPort, 6080)
		}, Encapsulation{GUE, 6080, NoChecksum}, tunnelsGUE},
		{"unused settings", DR, func(w *writer) {
			w.uint8(attrDestTunnelType, 1)
			w.port(attrDestTunnelPort, 6080)
			w.uint16(attrDestTunnelFlags, 1)
		}, Encapsulation{}, tunnelsAll},
		{"flags that we do not know", Tunnel, func(w *writer) {
			w.uint8(attrDestTunnelType, 1)
			w.uint16(attrDestTunnelFlags, 1<<8)
		}, Encapsulation{GUE, 0, 255}, tunnelsAll},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var w writer
			w.begin(0x1c, 0, 1, cmdNewDest, 1)
			start := w.open(attrDest)
			w.destinationAddr(addrPort("192.0.2.10:80"))
			w.uint32(attrDestForward, uint32(tt.forward))
			tt.write(&w)
			w.close(start)
			w.end()
			var d Destination
			support, err := decodeDestination(single(t, &w), &d, nil)
			if err != nil || d.Tunnel != tt.want || support != tt.support {
				t.Errorf("%v, tunnels %d, error %v; want %v, tunnels %d", d.Tunnel, support, err, tt.want, tt.support)
			}
		})
	}
}

// writeKernelDestination writes the attributes of a destination as the kernel
// does in a dump (ip_vs_genl_fill_dest): 16 bytes for every address.
func writeKernelDestination(w *writer, d Destination, n Counters) {
	start := w.open(attrDest)
	raw := make([]byte, 16)
	copy(raw, d.Addr.Addr().AsSlice())
	w.bytes(attrDestAddr, raw)
	w.port(attrDestPort, d.Addr.Port())
	w.uint32(attrDestForward, uint32(d.Forward))
	w.uint32(attrDestWeight, d.Weight)
	w.uint8(attrDestTunnelType, uint8(d.Tunnel.Type))
	w.port(attrDestTunnelPort, d.Tunnel.Port)
	w.uint16(attrDestTunnelFlags, uint16(d.Tunnel.Checksum))
	w.uint32(attrDestUpperThreshold, d.UpperThreshold)
	w.uint32(attrDestLowerThreshold, d.LowerThreshold)
	w.uint32(attrDestActive, n.Active)
	w.uint32(attrDestInactive, n.Inactive)
	w.uint32(attrDestPersistent, n.Persistent)
	w.uint16(attrDestFamily, uint16(familyOf(d.Addr.Addr())))
	writeKernelStats(w, attrDestStats64, n.Stats)
	w.close(start)
}

// writeKernelStats writes the attributes of ip_vs_genl_fill_stats64, and one that
// no kernel has yet.
func writeKernelStats(w *writer, typ uint16, s Stats) {
	start := w.open(typ)
	for i, v := range []uint64{
		s.Connections, s.PacketsIn, s.PacketsOut, s.BytesIn, s.BytesOut,
		s.ConnectionRate, s.PacketRateIn, s.PacketRateOut, s.ByteRateIn, s.ByteRateOut, 99,
	} {
		w.bytes(uint16(i+1), binary.NativeEndian.AppendUint64(nil, v))
	}
	w.close(start)
}

// someStats are different in each field.
func someStats() Stats {
	return Stats{
		Connections: 1 << 40, PacketsIn: 5, PacketsOut: 6, BytesIn: 7, BytesOut: 8,
		ConnectionRate: 9, PacketRateIn: 10, PacketRateOut: 11, ByteRateIn: 12, ByteRateOut: 13,
	}
}

func TestAddStats(t *testing.T) {
	sum := someStats()
	sum.Add(&Stats{
		Connections: 1, PacketsIn: 2, PacketsOut: 3, BytesIn: 4, BytesOut: 5,
		ConnectionRate: 6, PacketRateIn: 7, PacketRateOut: 8, ByteRateIn: 9, ByteRateOut: 10,
	})
	want := Stats{
		Connections: 1<<40 + 1, PacketsIn: 7, PacketsOut: 9, BytesIn: 11, BytesOut: 13,
		ConnectionRate: 15, PacketRateIn: 17, PacketRateOut: 19, ByteRateIn: 21, ByteRateOut: 23,
	}
	if sum != want {
		t.Errorf("sum is %+v, want %+v", sum, want)
	}
}

func TestDecodeFamily(t *testing.T) {
	var w writer
	w.begin(unix.GENL_ID_CTRL, 0, 1, unix.CTRL_CMD_NEWFAMILY, 2)
	w.string(unix.CTRL_ATTR_FAMILY_NAME, familyName)
	w.uint16(unix.CTRL_ATTR_FAMILY_ID, 0x25)
	w.end()
	if id, err := decodeFamily(single(t, &w)); id != 0x25 || err != nil {
		t.Errorf("family %#x, error %v; want 0x25", id, err)
	}
}

// No part of a message is taken for a whole one.
func TestDecodeTruncated(t *testing.T) {
	var service, destination writer
	service.change(0x1c, 1, AddService{drService("[2001:db8::1]:80", "wlc")})
	destination.begin(0x1c, 0, 1, cmdNewDest, 1)
	writeKernelDestination(&destination, Destination{Addr: addrPort("[2001:db8::1]:80")}, Counters{})
	destination.end()

	payload := single(t, &service).payload
	for n := range payload {
		if s, err := decodeService(message{payload: payload[:n]}, &Stats{}); err == nil {
			t.Errorf("%d of %d bytes are taken for the service %s", n, len(payload), s)
		}
	}
	payload = single(t, &destination).payload
	for n := range payload {
		var d Destination
		if _, err := decodeDestination(message{payload: payload[:n]}, &d, &Counters{}); err == nil {
			t.Errorf("%d of %d bytes are taken for the destination %s", n, len(payload), d)
		}
	}
	if id, err := decodeFamily(message{payload: []byte{1, 1, 0, 0}}); err == nil {
		t.Errorf("an empty message is taken for the family %d", id)
	}
}

// An entry without its address is an error, not the zero address.
func TestDecodeWithoutAddress(t *testing.T) {
	var w writer
	w.change(0x1c, 1, AddService{Service{Key: Key{Protocol: TCP, Port: 80}}})
	if s, err := decodeService(single(t, &w), nil); err == nil {
		t.Errorf("service %s", s)
	}
	w.reset()
	w.change(0x1c, 1, AddDestination{key("192.0.2.1:80"), Destination{}})
	var d Destination
	if _, err := decodeDestination(single(t, &w), &d, nil); err == nil {
		t.Errorf("destination %s", d)
	}
}
