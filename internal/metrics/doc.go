// Package metrics tells Prometheus what the daemon knows: the handler of GET
// /metrics. docs/metrics.md lists every family.
//
// It works on snapshots, which a function of the daemon takes. One snapshot, and
// with it one dump of the kernel's table, serves all scrapes of a second.
//
//	read ─→ snapshot, for a second ─→ families() ─ registry of client_golang ─→ text
//	                               └→ columns of the table ────────────────────→ text
//
// What there is once for every virtual server or real server is written as text
// here, a family after the other. Through the registry, where each series is a
// few objects and is checked for consistency, 10,000 real servers with 15 series
// each take several times as long, and memory that the daemon would keep.
package metrics
