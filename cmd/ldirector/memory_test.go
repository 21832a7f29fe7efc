package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// gcPercent returns what is set.
func gcPercent() int {
	now := debug.SetGCPercent(100)
	debug.SetGCPercent(now)
	return now
}

func TestCollector(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	c := newCollector()
	expect := func(when string, want int) {
		t.Helper()
		if got := gcPercent(); got != want {
			t.Errorf("%s: %d percent, want %d", when, got, want)
		}
	}
	expect("before anything", 100)
	c.relax()
	expect("while loading", loadingGCPercent)
	c.settle()
	expect("with a new configuration", workingGCPercent)
	c.review()
	expect("after a quiet time", restingGCPercent)
	for range workCollections {
		runtime.GC()
	}
	c.review()
	expect("after a busy time", workingGCPercent)
	c.relax()
	c.settle()
	expect("after a reload", workingGCPercent)
}

func TestCollectorObeysTheEnvironment(t *testing.T) {
	for _, usual := range []int{-1, 10, 50} {
		defer debug.SetGCPercent(debug.SetGCPercent(usual))
		c := newCollector()
		for _, step := range []func(){c.relax, c.settle, c.review} {
			step()
			if got := gcPercent(); got > usual {
				t.Errorf("%d percent with GOGC=%d", got, usual)
			}
		}
	}
}

func TestRestful(t *testing.T) {
	for _, tt := range []struct {
		resting bool
		cycles  uint64
		want    bool
	}{
		{false, 0, true},
		{false, restCollections, true},
		{false, restCollections + 1, false},
		{true, restCollections + 1, true},
		{true, workCollections - 1, true},
		{true, workCollections, false},
	} {
		if got := restful(tt.resting, tt.cycles); got != tt.want {
			t.Errorf("at rest: %v, %d collections: %v", tt.resting, tt.cycles, got)
		}
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
func TestGiveBack(t *testing.T) {
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
	giveBack()
	if _, plain := read(); plain == 0 {
		if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err == nil {
			t.Error("all of the memory may become huge pages")
		}
	}
}
