package guardian

import (
	"errors"
	"os"
	"runtime"
	"runtime/debug"
)

const (
	// leastProcs lets the driver's thread, those of the hosts and the collector
	// run beside each other, also on one processor, where the kernel shares it out
	// by their priorities.
	leastProcs = 4
	// gcPercent makes collections rare: there is little garbage.
	gcPercent = 400
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
	)
}
