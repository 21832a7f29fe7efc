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
	leastProcs = 8
	// gcPercent makes collections rare: there is little garbage.
	gcPercent = 400
	// threadPriority is that of all threads: the least real-time one, which goes
	// before all that have none. The driver waits for others here, such as one that
	// holds a lock or a processor of the runtime, so it is not enough that its own
	// thread goes ahead.
	threadPriority = 1
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
		goAhead(),
	)
}

// goAhead gives all threads a real-time priority, which those inherit that they
// start (sched(7), SCHED_RR).
func goAhead() error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	attr := unix.SchedAttr{Policy: unix.SCHED_RR, Priority: threadPriority}
	var errs []error
	for _, t := range threads {
		if tid, err := strconv.Atoi(t.Name()); err == nil {
			errs = append(errs, unix.SchedSetAttr(tid, &attr, 0))
		}
	}
	return errors.Join(errs...)
}
