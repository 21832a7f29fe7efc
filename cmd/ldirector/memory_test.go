package main

import (
	"os"
	"runtime/debug"
	"slices"
	"testing"

	"github.com/ldirector/ldirector/internal/config"
)

func TestCollectorIsRelaxedUntilSettled(t *testing.T) {
	percent := func() int {
		now := debug.SetGCPercent(100)
		debug.SetGCPercent(now)
		return now
	}
	defer debug.SetGCPercent(percent())
	start := relaxCollector()
	reload := relaxCollector() // one that comes before the start is over
	if got := percent(); got != loadingGCPercent {
		t.Errorf("while loading: %d percent, want %d", got, loadingGCPercent)
	}
	reload(&config.Config{Probes: []config.Probe{{}}})
	if got := percent(); got != workingGCPercent {
		t.Errorf("with probes that make garbage: %d percent, want %d", got, workingGCPercent)
	}
	start(&config.Config{})
	if got := percent(); got != restingGCPercent {
		t.Errorf("after loading: %d percent, want %d", got, restingGCPercent)
	}
}

func TestCodeOf(t *testing.T) {
	const maps = `00400000-00d5a000 r-xp 00000000 fe:00 123                                /usr/bin/a program
00d5a000-0170f000 r--p 0095a000 fe:00 123                                /usr/bin/a program
0170f000-01768000 rw-p 0130f000 fe:00 123                                /usr/bin/a program
7f3b5d2a1000-7f3b5d3b1000 r-xp 00000000 fe:00 77                         /usr/lib/x86_64-linux-gnu/libc.so.6
7ffe6b3f2000-7ffe6b413000 rw-p 00000000 00:00 0                          [stack]
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0
`
	if got, want := codeOf([]byte(maps), "/usr/bin/a program"), []mapping{{0x400000, 0xd5a000}}; !slices.Equal(got, want) {
		t.Errorf("got %x, want %x", got, want)
	}
	own, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if len(codeOf(own, program)) == 0 {
		t.Errorf("no code of %s in\n%s", program, own)
	}
	releaseProgram()
}
