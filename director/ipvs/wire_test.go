package ipvs

import (
	"bytes"
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

// Two messages are built back to back, each padded to 4 bytes.
func TestWriter(t *testing.T) {
	var w writer
	w.begin(0x1c, unix.NLM_F_DUMP, 7, 4, 1)
	w.end()
	w.begin(0x1c, 0, 8, 5, 1)
	outer := w.open(1)
	w.uint16(1, 2)
	w.port(4, 80)
	w.uint32(8, 50)
	w.string(6, "rr")
	w.close(outer)
	w.bytes(9, []byte{255, 255, 255})
	w.end()
	w.requestAck()

	want := littleEndian(t, `
		14000000 1c00 0103 07000000 00000000 04 01 0000
		40000000 1c00 0500 08000000 00000000 05 01 0000
			2400 0100
				0600 0100 0200 0000
				0600 0400 0050 0000
				0800 0800 32000000
				0700 0600 727200 00
			0700 0900 ffffff 00
	`)
	if !bytes.Equal(w.buf, want) {
		t.Errorf("wrote %x, want %x", w.buf, want)
	}
	w.reset()
	if len(w.buf) != 0 {
		t.Errorf("%d bytes after reset", len(w.buf))
	}
}

func TestNextMessage(t *testing.T) {
	var w writer
	w.begin(3, 0, 7, 1, 1)
	w.string(6, "rr")
	w.end()
	first := len(w.buf)
	w.begin(4, 0, 8, 2, 1)
	w.end()

	m, rest, err := nextMessage(w.buf)
	if err != nil || m.typ != 3 || m.seq != 7 || len(m.payload) != first-messageHeaderLen {
		t.Fatalf("first message %+v, error %v", m, err)
	}
	m, rest, err = nextMessage(rest)
	if err != nil || m.typ != 4 || m.seq != 8 || len(m.payload) != genericHeaderLen || len(rest) != 0 {
		t.Fatalf("second message %+v, error %v, then %x", m, err, rest)
	}
	for n := range first {
		if _, _, err := nextMessage(w.buf[:n:n]); !errors.Is(err, errTruncated) {
			t.Errorf("%d of %d bytes: error %v, want %v", n, first, err, errTruncated)
		}
	}
	w.buf[0] = messageHeaderLen - 1
	if _, _, err := nextMessage(w.buf); !errors.Is(err, errTruncated) {
		t.Errorf("length below the header's: error %v, want %v", err, errTruncated)
	}
}

func TestMessageErrno(t *testing.T) {
	m := message{payload: littleEndian(t, "feffffff")}
	if errno, err := m.errno(); errno != unix.ENOENT || err != nil {
		t.Errorf("errno() = %v, %v; want ENOENT", errno, err)
	}
	m.payload = m.payload[:3]
	if _, err := m.errno(); !errors.Is(err, errTruncated) {
		t.Errorf("errno() of 3 bytes: error %v, want %v", err, errTruncated)
	}
}

func TestAttributesRefuseShortValues(t *testing.T) {
	for _, tt := range []struct {
		name string
		read func(*attributes)
	}{
		{"uint16", func(a *attributes) { a.uint16() }},
		{"uint32", func(a *attributes) { a.uint32() }},
		{"uint64", func(a *attributes) { a.uint64() }},
		{"port", func(a *attributes) { a.port() }},
	} {
		var w writer
		w.bytes(5, []byte{1})
		w.bytes(6, nil)
		a := attributes{rest: w.buf}
		if !a.next() {
			t.Fatalf("%s: no attribute: %v", tt.name, a.err)
		}
		tt.read(&a)
		if a.err == nil || a.next() {
			t.Errorf("%s: a value of 1 byte is taken", tt.name)
		}
	}
}

func TestAttributesRefuseBadLengths(t *testing.T) {
	for _, raw := range []string{"05", "0500 01", "0300 0100", "0000 0000", "0900 0100 00000000"} {
		a := attributes{rest: littleEndian(t, raw)}
		for a.next() {
		}
		if !errors.Is(a.err, errTruncated) {
			t.Errorf("attributes %s: error %v, want %v", raw, a.err, errTruncated)
		}
	}
	if a := (message{payload: []byte{1, 1, 0}}).attributes(); a.next() || !errors.Is(a.err, errTruncated) {
		t.Errorf("message without generic header: error %v, want %v", a.err, errTruncated)
	}
}

func TestAttributesIgnoreFlagsOfTypes(t *testing.T) {
	a := attributes{rest: littleEndian(t, "0600 01c0 4142 0000 0500 0200 43")}
	if !a.next() || a.typ != 1 || a.string() != "AB" {
		t.Errorf("attribute %d %q, error %v", a.typ, a.value, a.err)
	}
	if !a.next() || a.typ != 2 || a.string() != "C" || a.next() || a.err != nil {
		t.Errorf("unpadded last attribute %d %q, error %v", a.typ, a.value, a.err)
	}
}

func FuzzDatagram(f *testing.F) {
	var w writer
	w.change(0x1c, 1, AddService{drService("192.0.2.1:80", "mh")})
	w.change(0x1c, 2, AddDestination{key("192.0.2.1:80"), Destination{Addr: addrPort("[2001:db8::1]:80")}})
	f.Add(w.buf)
	f.Fuzz(func(t *testing.T, b []byte) {
		for len(b) > 0 {
			m, rest, err := nextMessage(b)
			if err != nil {
				return
			}
			if len(rest) >= len(b) {
				t.Fatalf("%d of %d bytes left", len(rest), len(b))
			}
			decodeService(m, &Stats{})
			decodeDestination(m, &Destination{}, &Counters{})
			decodeTimeouts(m)
			decodeSyncDaemon(m)
			decodeFamily(m)
			m.errno()
			b = rest
		}
	})
}
