package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"golang.org/x/sys/unix"
)

// How much garbage may pile up, in percent of what is in use.
const (
	// loadingGCPercent is for while a configuration is read. Most of what is
	// allocated then lives until the end, so that collecting early is work for
	// little.
	loadingGCPercent = 400

	// restGCPercent is for the rest of the time, in which there is little
	// garbage. GOGC in the environment can only make it less.
	restGCPercent = 25
)

// relaxCollector makes the collector spare the processor while a configuration
// is read and put in force. settle ends that and gives the memory back to the
// system, also that of the parts of the program that only this needs.
func relaxCollector() (settle func()) {
	usual := debug.SetGCPercent(loadingGCPercent)
	return func() {
		debug.SetGCPercent(min(usual, restGCPercent))
		smaps, err := os.ReadFile("/proc/self/smaps")
		if err == nil {
			refuseHugePages(smaps)
		}
		debug.FreeOSMemory()
		if err == nil {
			releaseProgram(smaps)
		}
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
