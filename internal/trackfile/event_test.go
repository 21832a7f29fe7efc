package trackfile

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// raw lays an event out as the kernel does, with padding after the name.
func raw(ev event, padding int) []byte {
	name := append([]byte(ev.name), make([]byte, padding)...)
	var b []byte
	for _, n := range []uint32{uint32(ev.wd), ev.mask, 0, uint32(len(name))} {
		b = binary.NativeEndian.AppendUint32(b, n)
	}
	return append(b, name...)
}

func TestParse(t *testing.T) {
	want := []event{
		{1, unix.IN_CREATE, "track"},
		{-1, unix.IN_Q_OVERFLOW, ""},
		{2, unix.IN_MOVED_TO, "a name of sixteen"},
	}
	b := bytes.Join([][]byte{raw(want[0], 11), raw(want[1], 0), raw(want[2], 1)}, nil)
	if diff := cmp.Diff(want, parse(b), cmp.AllowUnexported(event{})); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	for i := range b {
		if got := parse(b[:i]); len(got) > 2 {
			t.Errorf("%d bytes: got %+v, want less than all", i, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(raw(event{1, unix.IN_CREATE, "track"}, 11))
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, ev := range parse(b) {
			if len(ev.name) > len(b) {
				t.Errorf("name %q is longer than its input", ev.name)
			}
		}
	})
}
