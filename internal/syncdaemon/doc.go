// Package syncdaemon keeps the kernel's IPVS sync daemons running, which tell
// the other director of a pair about connections, so that these survive a
// failover (keepalived's lvs_sync_daemon).
//
// [Desired] says which daemons should run, [Diff] what is to be done for that,
// and a [Controller] does it: whatever happens, it reads what runs, starts and
// stops what differs, and tries again what failed.
//
// A network namespace has one daemon of each role, and both may run at once
// (start_sync_thread in net/netfilter/ipvs/ip_vs_sync.c). So at a change of role
// the new daemon starts before the old one stops. Only other settings for the
// same role make a gap.
package syncdaemon
