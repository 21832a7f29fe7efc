package main

import (
	"os"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCollectorIsRelaxedUntilSettled(t *testing.T) {
	percent := func() int {
		now := debug.SetGCPercent(100)
		debug.SetGCPercent(now)
		return now
	}
	usual := percent()
	defer debug.SetGCPercent(usual)
	start := relaxCollector()
	reload := relaxCollector() // one that comes before the start is over
	if got := percent(); got != loadingGCPercent {
		t.Errorf("while loading: %d percent, want %d", got, loadingGCPercent)
	}
	reload()
	start()
	if got := percent(); got != restGCPercent {
		t.Errorf("after loading: %d percent, want %d", got, restGCPercent)
	}
	debug.SetGCPercent(10)
	relaxCollector()()
	if got := percent(); got != 10 {
		t.Errorf("after loading with GOGC=10: %d percent", got)
	}
}

const smaps = `00400000-00a76000 r-xp 00000000 08:01 393239          /usr/bin/ldirector
Size:               6616 kB
Rss:                5544 kB
Anonymous:             0 kB
00a76000-01063000 r--p 00676000 08:01 393239          /usr/bin/ldirector
Rss:                5668 kB
Anonymous:             0 kB
01063000-010ed000 rw-p 00c63000 08:01 393239          /usr/bin/ldirector
Anonymous:             0 kB
01100000-01200000 r--p 00d00000 08:01 393239          /usr/bin/ldirector
Anonymous:             8 kB
010ed000-01124000 rw-p 00000000 00:00 0 
Anonymous:            12 kB
VmFlags: rd wr mr mw me ac sd nh 
7f0000000000-7f0000001000 r-xp 00000000 08:01 77      /usr/lib/other (deleted)
Anonymous:             0 kB
c000000000-c000400000 rw-p 00000000 00:00 0           [anon: Go: heap]
Anonymous:          4096 kB
`

func TestMappings(t *testing.T) {
	const program = "/usr/bin/ldirector"
	want := []mapping{
		{0x400000, 0xa76000, "r-xp", program, 0},
		{0xa76000, 0x1063000, "r--p", program, 0},
		{0x1063000, 0x10ed000, "rw-p", program, 0},
		{0x1100000, 0x1200000, "r--p", program, 8},
		{0x10ed000, 0x1124000, "rw-p", "", 12},
		{0x7f0000000000, 0x7f0000001000, "r-xp", "/usr/lib/other (deleted)", 0},
		{0xc000000000, 0xc000400000, "rw-p", "[anon: Go: heap]", 4096},
	}
	if diff := cmp.Diff(want, mappings([]byte(smaps)), cmp.AllowUnexported(mapping{})); diff != "" {
		t.Errorf("mappings (-want +got):\n%s", diff)
	}
}

// The test's own program lives on without its pages, and without huge ones.
func TestSettle(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	read := func() (program, plain int) {
		text, err := os.ReadFile("/proc/self/smaps")
		if err != nil {
			t.Skip(err)
		}
		for block := range strings.SplitSeq(string(text), "VmFlags:") {
			if strings.Contains(block, " nh ") {
				plain++
			}
		}
		name, err := os.Readlink("/proc/self/exe")
		if err != nil {
			t.Skip(err)
		}
		for _, m := range mappings(text) {
			if m.file == name && m.mode[1] == '-' && m.anonymous == 0 {
				program++
			}
		}
		return program, plain
	}
	if program, _ := read(); program == 0 {
		t.Error("this program has no pages of its file")
	}
	relaxCollector()()
	if _, plain := read(); plain == 0 {
		if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err == nil {
			t.Error("all of the memory may become huge pages")
		}
	}
}
