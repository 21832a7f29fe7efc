package ipvs

import (
	"encoding/binary"
	"encoding/hex"
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
