package vrrp

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// RaisePriority puts the calling thread, which must be locked to its goroutine, before all that have no real-time
// priority (SCHED_RR, 1 to 99; sched(7)). What it starts does not inherit that. It needs CAP_SYS_NICE or a limit
// RLIMIT_RTPRIO; without them the error matches os.ErrPermission, and the thread goes on as it was [vrrp_rt_priority].
func RaisePriority(priority int) error {
	err := unix.SchedSetAttr(0, &unix.SchedAttr{
		Policy:   unix.SCHED_RR,
		Flags:    unix.SCHED_FLAG_RESET_ON_FORK,
		Priority: uint32(priority),
	}, 0)
	if err != nil {
		return fmt.Errorf("take real-time priority %d: %w", priority, os.NewSyscallError("sched_setattr", err))
	}
	return nil
}
