package director

import "time"

// maxSteps is in how many steps a slow start reaches its weight.
const maxSteps = 10

// slowStart returns the weight of a server that has been back for a time, and
// how long it stays at that; 0: for ever, the slow start is over. The weight
// begins at a tenth of what it is to be, at least 1, and rises in equal steps,
// so that it is reached after total.
func slowStart(full uint32, back, total time.Duration) (weight uint32, next time.Duration) {
	back = max(back, 0)
	first := max(1, full/10)
	if first >= full || back >= total {
		return full, 0
	}
	rise := full - first
	steps := time.Duration(min(maxSteps, rise))
	done := back * steps / total
	weight = first + uint32(uint64(rise)*uint64(done)/uint64(steps))
	at := (total*(done+1) + steps - 1) / steps // rounded up, so that the step is due then
	return weight, at - back
}

// A ramp is a slow start that is not over.
type ramp struct {
	begin time.Time
	back  time.Duration // at the last step
	share uint32        // weight since then
	step  time.Time     // the next one
}

// climb finds the place on the ramp to a weight, which may have changed.
func (r *ramp) climb(full uint32, total time.Duration) {
	var wait time.Duration
	r.share, wait = slowStart(full, r.back, total)
	if wait == 0 { // nothing to climb, until the weight grows again
		wait = total - r.back
	}
	r.step = r.begin.Add(r.back + wait)
}
