// Package tuning sets what holds for all of IPVS in a network namespace, the
// timeouts (keepalived's lvs_timeouts) and the sysctls below net.ipv4.vs, and
// sysctls of interfaces that IPVS needs, and puts back what was there before.
//
// The value that a setting had is written to a file before the setting is
// changed for the first time, and stays there through restarts and crashes. So
// what is put back is never a value of ours. The file belongs on a file system
// that a reboot empties, as it does the kernel's settings: /run.
package tuning
