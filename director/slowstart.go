package director

import "time"

// maxSteps is in how many steps a slow start reaches the configured weight.
const maxSteps = 10

// slowStart returns the weight of a server that has been back for a time, and
// how long it stays at that; 0: for ever, the slow start is over. The weight
// begins at a tenth of the configured one, at least 1, and rises in equal
// steps, so that it is the configured one after total.
func slowStart(configured uint32, back, total time.Duration) (weight uint32, next time.Duration) {
	back = max(back, 0)
	first := max(1, configured/10)
	if first >= configured || back >= total {
		return configured, 0
	}
	rise := configured - first
	steps := time.Duration(min(maxSteps, rise))
	done := back * steps / total
	weight = first + uint32(uint64(rise)*uint64(done)/uint64(steps))
	at := (total*(done+1) + steps - 1) / steps // rounded up, so that the step is due then
	return weight, at - back
}
