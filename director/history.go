package director

import "time"

// contestAfter is after how many passes that find a service changed by another
// program it is contested, and after how many quiet ones in a row no more.
const contestAfter = 3

// A history is what has happened to one service in the kernel.
type history struct {
	changed   time.Time // last change of ours
	repairs   uint64    // passes that found it changed by another program
	drifted   int       // such passes since there was peace
	quiet     int       // other passes since the last of them
	contested bool
}

// notePass takes the finding of one pass over the table and reports whether
// contested has changed.
func (h *history) notePass(drift bool) (turned bool) {
	was := h.contested
	if drift {
		h.repairs++
		h.drifted, h.quiet = h.drifted+1, 0
	} else if h.quiet++; h.quiet >= contestAfter {
		h.drifted = 0
	}
	h.contested = h.drifted >= contestAfter
	return h.contested != was
}
