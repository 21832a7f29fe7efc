package main

import "runtime/debug"

// loadingGCPercent is how much garbage may pile up, in percent of what is in
// use, while a configuration is read. Most of what is allocated then lives
// until the end, so that collecting early is work for little.
const loadingGCPercent = 400

// relaxCollector makes the collector spare the processor while a configuration
// is read and put in force. settle ends that and gives the memory back to the
// system.
func relaxCollector() (settle func()) {
	usual := debug.SetGCPercent(loadingGCPercent)
	return func() {
		debug.SetGCPercent(usual)
		debug.FreeOSMemory()
	}
}
