package ipvs

import "testing"

// dumpOf returns what the kernel sends for the destinations of a service.
func dumpOf(s Service) []byte {
	var w writer
	for _, d := range s.Destinations {
		w.begin(0x1c, 0, 1, cmdNewDest, familyVersion)
		writeKernelDestination(&w, d, Counters{})
		w.end()
	}
	return w.buf
}

// readDump decodes the destinations in a dump one after another.
func readDump(tb testing.TB, dump []byte, n *Counters) {
	var d Destination
	for len(dump) > 0 {
		m, rest, err := nextMessage(dump)
		if err == nil {
			_, err = decodeDestination(m, &d, n)
		}
		if err != nil {
			tb.Fatal(err)
		}
		dump = rest
	}
}

// writeBatches encodes changes as Apply does.
func writeBatches(w *writer, changes []Change) {
	for i, c := range changes {
		if i%batchSize == 0 {
			w.reset()
		}
		w.change(0x1c, uint32(i), c)
	}
}

// Neither reading nor writing a destination takes memory.
func TestWireAllocatesNothing(t *testing.T) {
	changes, dump := Diff(nil, bigTable(10, 100)), dumpOf(bigTable(1, 100)[0])
	var w writer
	var n Counters
	writeBatches(&w, changes)
	for name, f := range map[string]func(){
		"write":         func() { writeBatches(&w, changes) },
		"read":          func() { readDump(t, dump, nil) },
		"read counters": func() { readDump(t, dump, &n) },
	} {
		if n := testing.AllocsPerRun(5, f); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkWire(b *testing.B) {
	changes, dump := Diff(nil, bigTable(1000, 10)), dumpOf(bigTable(1, 10000)[0])
	var w writer
	for _, bb := range []struct {
		name string
		f    func()
	}{
		{"write", func() { writeBatches(&w, changes) }},
		{"read", func() { readDump(b, dump, nil) }},
		{"read-counters", func() { readDump(b, dump, &Counters{}) }},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bb.f()
			}
		})
	}
}
