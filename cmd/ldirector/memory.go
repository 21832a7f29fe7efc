package main

import (
	"bytes"
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
		debug.FreeOSMemory()
		releaseProgram()
	}
}

// releaseProgram takes the pages of the program's file out of its memory. Those
// that are needed come back, a few at a time, from the system's file cache. It
// is of no account if that fails.
func releaseProgram() {
	name, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		return
	}
	for _, m := range cleanMappings(smaps, name) {
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, m.from, m.to-m.from, unix.MADV_DONTNEED)
	}
}

// A mapping is a range of addresses.
type mapping struct{ from, to uintptr }

// cleanMappings returns from a text as in /proc/PID/smaps where the file is
// mapped so that nothing can be, or has been, written there: that would be lost.
func cleanMappings(smaps []byte, file string) []mapping {
	var all []mapping
	var current mapping
	for line := range bytes.Lines(smaps) {
		var m mapping
		var mode string
		switch n, _ := fmt.Sscanf(string(line), "%x-%x %4s", &m.from, &m.to, &mode); {
		case n == 3:
			current = mapping{}
			if mode[1] == '-' && strings.HasSuffix(string(line), " "+file+"\n") {
				current = m
			}
		case current != mapping{} && bytes.HasPrefix(line, []byte("Anonymous:")):
			if strings.Fields(string(line))[1] == "0" {
				all = append(all, current)
			}
		}
	}
	return all
}
