package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// How much garbage may pile up, in percent of what is in use. GOGC in the
// environment can only make it less.
const (
	// loadingGCPercent is for while a configuration is read. Most of what is
	// allocated then lives until the end, so that collecting early is work for
	// little.
	loadingGCPercent = 400

	workingGCPercent = 100 // while there is much garbage

	// restingGCPercent is for a director that only asks whether everything is
	// as before, which makes next to no garbage: a minute of it is less than
	// this.
	restingGCPercent = 20
)

// In the time between two reviews that many collections are work, and that many
// are rest. Five times as many make work of rest: so much more garbage may pile
// up in between then.
const (
	reviewInterval  = 30 * time.Second
	workCollections = 10
	restCollections = 1
)

// A collector adjusts Go's garbage collector to what the process does. It is
// for one goroutine.
type collector struct {
	usual   int // percent, of the environment
	resting bool
	cycles  uint64 // of collection, at the last review
}

func newCollector() *collector {
	c := &collector{usual: debug.SetGCPercent(loadingGCPercent)}
	debug.SetGCPercent(c.usual)
	return c
}

// relax makes it spare the processor while a configuration is read and put in
// force, until settle.
func (c *collector) relax() { c.set(loadingGCPercent) }

// settle gives what reading a configuration needed back to the system.
func (c *collector) settle() {
	c.resting = false
	c.set(workingGCPercent)
	giveBack()
	c.cycles = collections()
}

// review is for every reviewInterval from settle on.
func (c *collector) review() {
	now := collections()
	resting := restful(c.resting, now-c.cycles)
	c.cycles = now
	if resting == c.resting {
		return
	}
	c.resting = resting
	if !resting {
		c.set(workingGCPercent)
		return
	}
	c.set(restingGCPercent)
	giveBack()
	c.cycles = collections()
}

// restful reports whether a process with so many collections since the last
// review, at which it was at rest or not, is at rest now.
func restful(resting bool, collections uint64) bool {
	if resting {
		return collections < workCollections
	}
	return collections <= restCollections
}

// set makes it percent, or less if the environment says so; less than 0 is to
// collect nothing at all.
func (c *collector) set(percent int) {
	if c.usual != 100 { // the default
		percent = min(percent, c.usual)
	}
	debug.SetGCPercent(percent)
}

// collections returns how many there have been.
func collections() uint64 {
	samples := []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64()
}

// giveBack gives the system all memory that is not in use.
func giveBack() {
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err == nil {
		refuseHugePages(smaps)
	}
	debug.FreeOSMemory()
	if err == nil {
		releaseProgram(smaps)
	}
}

// refuseHugePages tells the kernel to give this process memory page by page. It
// gives two megabytes at a time otherwise, also where all but one page has been
// given back.
func refuseHugePages(smaps []byte) {
	for _, m := range mappings(smaps) {
		if m.mode == "rw-p" && (m.file == "" || strings.HasPrefix(m.file, "[anon:")) {
			m.advise(unix.MADV_NOHUGEPAGE)
		}
	}
}

// releaseProgram takes the pages of the program's file out of its memory. Those
// that are needed come back, a few at a time, from the system's file cache.
// Where something has been written, as the linker does, it would be lost.
func releaseProgram(smaps []byte) {
	name, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	for _, m := range mappings(smaps) {
		if m.file == name && m.mode[1] == '-' && m.anonymous == 0 {
			m.advise(unix.MADV_DONTNEED)
		}
	}
}

// A mapping is a range of addresses.
type mapping struct {
	from, to  uintptr
	mode      string // "r-xp"
	file      string // or a name in brackets, or ""
	anonymous int    // kilobytes that are no file's
}

// advise tells the kernel how to treat the memory. If it does not know, it goes
// on as before.
func (m mapping) advise(advice int) {
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, m.from, m.to-m.from, uintptr(advice))
}

// mappings reads a text as in /proc/PID/smaps.
func mappings(smaps []byte) (all []mapping) {
	for line := range strings.Lines(string(smaps)) {
		var m mapping
		fields := strings.Fields(line)
		if n, _ := fmt.Sscanf(fields[0], "%x-%x", &m.from, &m.to); n == 2 && len(fields) >= 5 {
			m.mode, m.file = fields[1], strings.Join(fields[5:], " ")
			all = append(all, m)
		} else if fields[0] == "Anonymous:" && len(all) > 0 {
			_, _ = fmt.Sscan(fields[1], &all[len(all)-1].anonymous) // 0 if it is no number
		}
	}
	return all
}
