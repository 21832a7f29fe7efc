package guardian

import (
	"errors"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"

	"golang.org/x/sys/unix"
)

const (
	// leastProcs lets the driver's thread, those of the hosts and the collector
	// run beside each other, also on one processor, where the kernel shares it out
	// by their priorities.
	leastProcs = 4
	// gcPercent makes collections rare: there is little garbage.
	gcPercent = 400
	// niceness lets the goroutines that add addresses and announce them go before
	// the daemon's, which probe.
	niceness = -10
	// oomScore makes the kernel kill others first when memory runs out: an address
	// whose process is gone is one that nobody hands over.
	oomScore = "-500"
	// name is what top(1) and the kernel show; it would be "exe" otherwise.
	name = "ldirector-vrrp"
)

// settleIn makes the process one that has little to do, and that in time. Without
// the privilege for a part of it the rest is done.
func settleIn() error {
	runtime.GOMAXPROCS(max(leastProcs, runtime.GOMAXPROCS(0)))
	debug.SetGCPercent(gcPercent)
	return errors.Join(
		os.WriteFile("/proc/self/comm", []byte(name), 0),
		os.WriteFile("/proc/self/oom_score_adj", []byte(oomScore), 0),
		beNice(),
	)
}

// beNice sets the niceness of all threads, which those inherit that they start.
func beNice() error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	var errs []error
	for _, t := range threads {
		if tid, err := strconv.Atoi(t.Name()); err == nil {
			errs = append(errs, unix.Setpriority(unix.PRIO_PROCESS, tid, niceness))
		}
	}
	return errors.Join(errs...)
}
