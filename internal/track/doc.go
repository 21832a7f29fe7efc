// Package track finds out what virtual routers depend on besides links: scripts
// and other probes, numbers in files, running processes, and the quorum of
// virtual servers (keepalived: track_script, track_file, track_process).
//
// A [Tracker] only says what is the case. What that means for a priority is
// decided in package vrrp, which may run in another process.
//
// # Processes
//
// The kernel tells of each fork, exec, change of name and exit through its
// process connector (Documentation/driver-api/connector.rst), so that the end of
// a process is known at once, and nothing is done while nothing happens. /proc is
// gone through at the start, and again when messages got lost. The connector
// works in the initial network and process namespaces only. Elsewhere, as in
// most containers, /proc is gone through once a second.
package track
