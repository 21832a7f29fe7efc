package main

import (
	"os"
	"runtime/debug"
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
Anonymous:             0 kB
7f0000000000-7f0000001000 r-xp 00000000 08:01 77      /usr/lib/other
Anonymous:             0 kB
`

func TestCleanMappings(t *testing.T) {
	want := []mapping{{0x400000, 0xa76000}, {0xa76000, 0x1063000}}
	if diff := cmp.Diff(want, cleanMappings([]byte(smaps), "/usr/bin/ldirector"), cmp.AllowUnexported(mapping{})); diff != "" {
		t.Errorf("mappings (-want +got):\n%s", diff)
	}
}

// The test's own program must live on without its pages.
func TestReleaseProgram(t *testing.T) {
	before, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Skip(err)
	}
	name, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Skip(err)
	}
	if len(cleanMappings(before, name)) == 0 {
		t.Error("this program has no pages of its file")
	}
	releaseProgram()
}
