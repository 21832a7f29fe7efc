package main

import (
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/guardian"
)

// newGuardianCommand is what the daemon starts for VRRP. It is of no use to
// people.
func newGuardianCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:    guardianName,
		Short:  "Run VRRP for the daemon that has started this process",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return guardian.Main(o.stateDir, newLogger(o.stderr, "text", nil, false).Handler())
		},
	}
}

// uptime returns the time since the host was started.
func uptime() (time.Duration, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return 0, err
	}
	return time.Duration(t.Nano()), nil
}
