package healthcheck

// A hysteresis turns the answers of one check into its state by keepalived's
// rules: the first answer counts at once, whatever it is. An up target goes
// down after Retry+1 consecutive failures. A down one comes up after Rise
// consecutive good answers.
type hysteresis struct {
	state  State
	streak int32 // consecutive answers against state
}

// observe takes the answer of one probe and reports whether it changed the
// state.
func (h *hysteresis) observe(ok bool, t Timing) (changed bool) {
	said := Down
	if ok {
		said = Up
	}
	if said == h.state {
		h.streak = 0
		return false
	}
	h.streak++
	if int(h.streak) < h.needed(t) {
		return false
	}
	h.state, h.streak = said, 0
	return true
}

// needed returns how many answers in a row change the state.
func (h *hysteresis) needed(t Timing) int {
	switch h.state {
	case Up:
		return t.Retry + 1
	case Down:
		return t.Rise
	default:
		return 1
	}
}

// retrying reports whether the next attempt is a retry, which comes after
// RetryDelay. A down target gets none: it is asked once per Interval.
func (h *hysteresis) retrying() bool {
	return h.state == Up && h.streak > 0
}
