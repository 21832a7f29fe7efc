package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime/debug"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/config"
)

// How much garbage may pile up, in percent of what is in use.
const (
	// loadingGCPercent is for while a configuration is read. Most of what is
	// allocated then lives until the end, so that collecting early is work for
	// little.
	loadingGCPercent = 400

	// workingGCPercent is for probes that read answers, which makes garbage.
	workingGCPercent = 100

	// restingGCPercent is for a director whose probes are all asked by the engine
	// itself, without garbage: next to everything in use is the configuration.
	restingGCPercent = 20
)

// relaxCollector makes the collector spare the processor while a configuration
// is read and put in force. settle ends that and gives the memory back to the
// system, also that of the parts of the program that only this needs.
func relaxCollector() (settle func(*config.Config)) {
	debug.SetGCPercent(loadingGCPercent)
	return func(cfg *config.Config) {
		if len(cfg.Probes) > 0 {
			debug.SetGCPercent(workingGCPercent)
		} else {
			debug.SetGCPercent(restingGCPercent)
		}
		debug.FreeOSMemory()
		releaseProgram()
	}
}

// keepPagesSmall tells the kernel to give this process memory page by page. Two
// megabytes at a time, it would soon give again what the collector has given
// back. An old kernel that knows no such wish does as before.
func keepPagesSmall() {
	_ = unix.Prctl(unix.PR_SET_THP_DISABLE, 1, 0, 0, 0)
}

// releaseProgram takes the program's code out of the memory of this process: most
// of it is for reading configurations. What is needed comes back from the
// system's cache of files.
func releaseProgram() {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return // nothing is lost but memory
	}
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	for _, m := range codeOf(maps, program) {
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, m.from, m.to-m.from, unix.MADV_DONTNEED)
	}
}

// A mapping is a range of addresses.
type mapping struct{ from, to uintptr }

// codeOf returns from a text as in /proc/PID/maps where the code of a file is.
// Nothing is ever written there, unlike to what only cannot be written any more.
func codeOf(maps []byte, file string) (all []mapping) {
	for line := range bytes.Lines(maps) {
		fields := bytes.Fields(line)
		if len(fields) < 6 || string(fields[1]) != "r-xp" || string(bytes.Join(fields[5:], []byte(" "))) != file {
			continue
		}
		var m mapping
		if n, _ := fmt.Sscanf(string(fields[0]), "%x-%x", &m.from, &m.to); n == 2 {
			all = append(all, m)
		}
	}
	return all
}
