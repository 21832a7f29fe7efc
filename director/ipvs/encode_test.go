package ipvs

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// littleEndian turns hexadecimal digits with white space into bytes. The
// golden messages are those of a little-endian machine; on others the test is
// skipped.
func littleEndian(t *testing.T, digits string) []byte {
	t.Helper()
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("needs a little-endian machine")
	}
	b, err := hex.DecodeString(strings.Join(strings.Fields(digits), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The bytes of every change: header, generic header, then the attributes as
// include/uapi/linux/ip_vs.h numbers them.
func TestWriteChange(t *testing.T) {
	v4, v6, mark := key("192.0.2.1:80"), key("[2001:db8::1]:443"), NewMarkKey(7, INET6)
	for _, tt := range []struct {
		name   string
		change Change
		want   string
	}{
		{
			"IPv4 service",
			AddService{Service{Key: v4, Scheduler: "rr", Flags: MHFallback | 2}},
			`5c000000 1c00 0100 07000000 00000000 01 01 0000
			4800 0100
				0600 0100 0200 0000
				0600 0200 0600 0000
				0800 0300 c0000201
				0600 0400 0050 0000
				0700 0600 727200 00
				0c00 0700 08000000 3d000000
				0800 0800 00000000
				0800 0900 ffffffff`,
		},
		{
			"persistent IPv6 service",
			UpdateService{Service{Key: v6, Scheduler: "wlc", Timeout: 50 * time.Second, PrefixLen: 64}},
			`68000000 1c00 0100 07000000 00000000 02 01 0000
			5400 0100
				0600 0100 0a00 0000
				0600 0200 0600 0000
				1400 0300 20010db8 00000000 00000000 00000001
				0600 0400 01bb 0000
				0800 0600 776c6300
				0c00 0700 01000000 3d000000
				0800 0800 32000000
				0800 0900 40000000`,
		},
		{
			"mark",
			DeleteService{mark},
			`28000000 1c00 0100 07000000 00000000 03 01 0000
			1400 0100
				0600 0100 0a00 0000
				0800 0500 07000000`,
		},
		{
			"IPv6 destination of a mark",
			AddDestination{mark, Destination{Addr: addrPort("[2001:db8::10]:0"), Forward: Tunnel, Weight: 100000}},
			`70000000 1c00 0100 07000000 00000000 05 01 0000
			1400 0100
				0600 0100 0a00 0000
				0800 0500 07000000
			4800 0200
				1400 0100 20010db8 00000000 00000000 00000010
				0600 0200 0000 0000
				0600 0b00 0a00 0000
				0800 0300 02000000
				0800 0400 a0860100
				0800 0500 00000000
				0800 0600 00000000`,
		},
		{
			"IPv4 destination",
			UpdateDestination{v4, Destination{Addr: addrPort("192.0.2.10:8080"), Forward: DR, Weight: 1}},
			`74000000 1c00 0100 07000000 00000000 06 01 0000
			2400 0100
				0600 0100 0200 0000
				0600 0200 0600 0000
				0800 0300 c0000201
				0600 0400 0050 0000
			3c00 0200
				0800 0100 c000020a
				0600 0200 1f90 0000
				0600 0b00 0200 0000
				0800 0300 03000000
				0800 0400 01000000
				0800 0500 00000000
				0800 0600 00000000`,
		},
		{
			"thresholds and a GUE tunnel",
			UpdateDestination{mark, Destination{
				Addr: addrPort("192.0.2.10:80"), Forward: Tunnel, Weight: 1, UpperThreshold: 256, LowerThreshold: 255,
				Tunnel: Encapsulation{GUE, 6080, RemoteChecksum},
			}},
			`7c000000 1c00 0100 07000000 00000000 06 01 0000
			1400 0100
				0600 0100 0a00 0000
				0800 0500 07000000
			5400 0200
				0800 0100 c000020a
				0600 0200 0050 0000
				0600 0b00 0200 0000
				0800 0300 02000000
				0800 0400 01000000
				0800 0500 00010000
				0800 0600 ff000000
				0500 0d00 01 000000
				0600 0e00 17c0 0000
				0600 0f00 0200 0000`,
		},
		{
			"persistence engine",
			AddService{Service{Key: mark, Scheduler: "rr", Timeout: time.Minute, PersistenceEngine: "sip"}},
			`54000000 1c00 0100 07000000 00000000 01 01 0000
			4000 0100
				0600 0100 0a00 0000
				0800 0500 07000000
				0700 0600 727200 00
				0800 0b00 73697000
				0c00 0700 01000000 3d000000
				0800 0800 3c000000
				0800 0900 80000000`,
		},
		{
			"deleted destination",
			DeleteDestination{v4, addrPort("[::ffff:192.0.2.10]:8080")},
			`54000000 1c00 0100 07000000 00000000 07 01 0000
			2400 0100
				0600 0100 0200 0000
				0600 0200 0600 0000
				0800 0300 c0000201
				0600 0400 0050 0000
			1c00 0200
				0800 0100 c000020a
				0600 0200 1f90 0000
				0600 0b00 0200 0000`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var w writer
			w.change(0x1c, 7, tt.change)
			if diff := cmp.Diff(hex.Dump(littleEndian(t, tt.want)), hex.Dump(w.buf)); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWriteDumps(t *testing.T) {
	var w writer
	w.dumpServices(0x1c, 1)
	w.dumpDestinations(0x1c, 2, NewMarkKey(7, INET))
	want := littleEndian(t, `
		14000000 1c00 0103 01000000 00000000 04 01 0000
		28000000 1c00 0103 02000000 00000000 08 01 0000
			1400 0100
				0600 0100 0200 0000
				0800 0500 07000000`)
	if diff := cmp.Diff(hex.Dump(want), hex.Dump(w.buf)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestWriteTimeouts(t *testing.T) {
	var w writer
	w.timeouts(Timeouts{TCP: 15 * time.Minute, UDP: 500 * time.Millisecond})
	want := littleEndian(t, `0800 0400 84030000  0800 0600 01000000`)
	if diff := cmp.Diff(hex.Dump(want), hex.Dump(w.buf)); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
}

func TestWriteSyncDaemon(t *testing.T) {
	for _, tt := range []struct {
		name   string
		daemon SyncDaemon
		want   string
	}{
		{
			"defaults", SyncDaemon{Role: SyncMaster, Interface: "eth0"},
			`3800 0300
				0800 0100 01000000
				0900 0200 6574683000 000000
				0800 0300 00000000
				0600 0400 0000 0000
				0600 0700 0000 0000
				0500 0800 00 000000`,
		},
		{
			"all settings", SyncDaemon{
				Role: SyncBackup, Interface: "eth0", ID: 7, MaxLen: 1400, Port: 8849, TTL: 2, Group: netip.MustParseAddr("::ffff:224.0.1.2"),
			},
			`4000 0300
				0800 0100 02000000
				0900 0200 6574683000 000000
				0800 0300 07000000
				0600 0400 7805 0000
				0800 0500 e0000102
				0600 0700 9122 0000
				0500 0800 02 000000`,
		},
		{
			"IPv6 group", SyncDaemon{Role: SyncMaster, Interface: "eth0", Group: netip.MustParseAddr("ff05::8848")},
			`4c00 0300
				0800 0100 01000000
				0900 0200 6574683000 000000
				0800 0300 00000000
				0600 0400 0000 0000
				1400 0600 ff050000 00000000 00000000 00008848
				0600 0700 0000 0000
				0500 0800 00 000000`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var w writer
			w.syncDaemon(tt.daemon)
			if diff := cmp.Diff(hex.Dump(littleEndian(t, tt.want)), hex.Dump(w.buf)); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
		})
	}
}
