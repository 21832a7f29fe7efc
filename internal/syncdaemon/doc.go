// Package syncdaemon keeps the kernel's IPVS sync daemons running, which tell
// the other director of a pair about connections, so that these survive a
// failover.
package syncdaemon
